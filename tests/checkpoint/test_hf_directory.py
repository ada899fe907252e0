"""Hugging Face directories of transformers 4 and 5, whole or in shards."""

from __future__ import annotations

import json
import resource
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from shipworthy.architecture import FAMILIES, ArchitectureConfig
from shipworthy.checkpoint import TokenizerSpec, open_checkpoint
from shipworthy.errors import FileError


def restate(root: Path, **changes: Any) -> None:
    """Change keys of config.json; None takes one out."""
    config = {**json.loads((root / "config.json").read_text()), **changes}
    stated = {key: value for key, value in config.items() if value is not None}
    (root / "config.json").write_text(json.dumps(stated))


def shard(root: Path) -> None:
    """Split model.safetensors in two, with an index."""
    weights = load_file(root / "model.safetensors")
    (root / "model.safetensors").unlink()
    placed = {}
    for number, names in enumerate((sorted(weights)[::2], sorted(weights)[1::2]), 1):
        name = f"model-0000{number}-of-00002.safetensors"
        save_file({key: weights[key] for key in names}, root / name)
        placed |= dict.fromkeys(names, name)
    index = {"metadata": {"total_size": 1}, "weight_map": placed}
    (root / "model.safetensors.index.json").write_text(json.dumps(index))


def test_a_directory_of_transformers_5(
    hf_directory: Path, config: ArchitectureConfig, weights: dict[str, np.ndarray]
) -> None:
    with open_checkpoint(hf_directory) as checkpoint:
        assert checkpoint.format == "hf"
        checkpoint.verify()
        assert checkpoint.config() == config
        assert checkpoint.tokenizer() is None
        assert {name: entry.shape for name, entry in checkpoint.tensors.items()} == config.tensor_shapes()
        for name, array in weights.items():
            assert np.array_equal(checkpoint.read(name), array)


def test_a_directory_of_transformers_4(hf_directory: Path, config: ArchitectureConfig) -> None:
    restate(hf_directory, rope_parameters=None, rope_theta=10000.0, rope_scaling=None, torch_dtype="float32")
    with open_checkpoint(hf_directory) as checkpoint:
        assert checkpoint.config() == config


def test_shards_read_as_one(hf_directory: Path, weights: dict[str, np.ndarray]) -> None:
    shard(hf_directory)
    with open_checkpoint(hf_directory) as checkpoint:
        assert len({entry.file for entry in checkpoint.tensors.values()}) == 2
        for name, array in weights.items():
            assert np.array_equal(checkpoint.read(name), array)


def test_what_config_json_does_not_state_is_absent(hf_directory: Path) -> None:
    restate(hf_directory, head_dim=None, rms_norm_eps=None, rope_parameters=None)
    with open_checkpoint(hf_directory) as checkpoint:
        assert not {"head_dim", "rms_norm_eps", "rope_theta", "license"} & set(checkpoint.metadata)
        with pytest.raises(FileError, match="rope_theta") as refusal:
            checkpoint.config()
        assert refusal.value.code == "metadata-missing"


def test_a_head_dim_that_is_not_hidden_over_heads_is_kept(hf_directory: Path) -> None:
    restate(hf_directory, head_dim=8)
    with open_checkpoint(hf_directory) as checkpoint:
        assert checkpoint.config().head_dim == 8


def test_two_statements_of_one_rotary_base_may_agree(hf_directory: Path) -> None:
    restate(hf_directory, rope_theta=10000)
    with open_checkpoint(hf_directory) as checkpoint:
        assert checkpoint.config().rope_theta == 10000.0


@pytest.mark.parametrize(
    ("changes", "code", "named"),
    [
        ({"rope_parameters": {"rope_theta": 1e4, "rope_type": "llama3"}}, "unsupported-rope", "llama3"),
        ({"rope_scaling": {"type": "linear", "factor": 2.0}}, "unsupported-rope", "linear"),
        ({"rope_scaling": {"rope_type": "yarn", "factor": 4.0}}, "unsupported-rope", "yarn"),
        ({"rope_parameters": {"full_attention": {"rope_theta": 1e4}}}, "unsupported-rope", "rope_parameters"),
        ({"hidden_act": "gelu"}, "unsupported-activation", "gelu"),
        ({"use_sliding_window": True}, "unsupported-attention", "sliding"),
        ({"layer_types": ["full_attention", "sliding_attention"]}, "unsupported-attention", "sliding"),
        ({"quantization_config": {"bits": 4}}, "unsupported-quantization", "quantization_config"),
        ({"num_local_experts": 8}, "unsupported-experts", "experts"),
        ({"tie_word_embeddings": False}, "tied-embeddings-conflict", "lm_head.weight is not stored"),
        ({"architectures": ["GPT2LMHeadModel"]}, "unknown-architecture", "GPT2LMHeadModel"),
        ({"architectures": None}, "metadata-missing", "architecture"),
    ],
)
def test_what_the_decoder_does_not_compute_opens_and_is_refused_by_name_after(
    changes: dict[str, Any], code: str, named: str, hf_directory: Path
) -> None:
    restate(hf_directory, **changes)
    with open_checkpoint(hf_directory) as checkpoint, pytest.raises(FileError, match=named) as refusal:
        checkpoint.config()
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("card", "license_name"),
    [
        ("---\nlanguage: en\nlicense: apache-2.0\n---\n# Model\n", "apache-2.0"),
        ("---\nlicense: 'mit'\n---\n", "mit"),
        ("# Model\nlicense: mit\n", None),
        ("---\nlanguage: en\n---\nlicense: mit\n", None),
    ],
)
def test_the_licence_is_the_model_cards(card: str, license_name: str | None, hf_directory: Path) -> None:
    (hf_directory / "README.md").write_text(card)
    with open_checkpoint(hf_directory) as checkpoint:
        assert checkpoint.metadata.get("license") == license_name


def test_of_a_model_card_only_its_beginning_is_read(hf_directory: Path) -> None:
    with (hf_directory / "README.md").open("wb") as stream:
        stream.write(b"---\nlicense: mit\n---\n")
        stream.truncate(1 << 34)
    tracemalloc.start()
    try:
        with open_checkpoint(hf_directory) as checkpoint:
            assert checkpoint.metadata["license"] == "mit"
        assert tracemalloc.get_traced_memory()[1] < 1 << 23
    finally:
        tracemalloc.stop()


@contextmanager
def no_more_open_files() -> Iterator[None]:
    """Every opening within the block is refused by the kernel, whoever asks, root too."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_file_that_the_system_does_not_let_be_read_is_named(hf_directory: Path) -> None:
    (hf_directory / "tokenizer.json").write_text("{}")
    with open_checkpoint(hf_directory) as checkpoint:
        # What is imported on the way needs files, too.
        checkpoint.digest()
        with pytest.raises(FileError):
            TokenizerSpec.from_hf(hf_directory)
        for read, name in ((checkpoint.tokenizer, "tokenizer.json"), (checkpoint.digest, "config.json")):
            with no_more_open_files(), pytest.raises(FileError) as caught:
                read()
            assert (caught.value.code, caught.value.path.name) == ("unreadable", name)


def test_the_digest_is_of_what_was_opened_or_there_is_none(hf_directory: Path) -> None:
    with open_checkpoint(hf_directory) as checkpoint:
        checkpoint.digest()
        restate(hf_directory, rope_parameters=None, rope_theta=77777.0)
        with pytest.raises(FileError) as caught:
            checkpoint.digest()
    assert caught.value.code == "changed-while-open"


def test_the_digest_is_of_names_and_bytes_and_of_nothing_else(hf_directory: Path) -> None:
    def digest() -> str:
        with open_checkpoint(hf_directory) as checkpoint:
            return checkpoint.digest()

    before = digest()
    (hf_directory / "optimizer.log").write_text("not part of the model")
    assert digest() == before
    (hf_directory / "tokenizer_config.json").write_text("{}")
    with_tokenizer = digest()
    assert with_tokenizer != before
    restate(hf_directory, vocab_size=33)
    assert digest() not in (before, with_tokenizer)


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
def test_what_transformers_saves_is_read(family: str, tmp_path: Path) -> None:
    import torch
    import transformers

    sizes = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
             "intermediate_size": 24, "vocab_size": 32, "max_position_embeddings": 64}  # fmt: skip
    hf_class = FAMILIES[family].hf_class
    make_config = getattr(transformers, hf_class.replace("ForCausalLM", "Config"))
    model = getattr(transformers, hf_class)(make_config(**sizes))
    model.save_pretrained(tmp_path / "saved", max_shard_size="4KB")
    with open_checkpoint(tmp_path / "saved") as checkpoint:
        config = checkpoint.config()
        assert config.architecture == family
        assert config.attention_bias == (family == "qwen2")
        assert config.qk_norm == (family == "qwen3")
        state = model.state_dict()
        assert set(config.tensor_shapes()) == set(checkpoint.tensors)
        for name in checkpoint.tensors:
            assert torch.equal(torch.from_numpy(checkpoint.read(name)), state[name])
