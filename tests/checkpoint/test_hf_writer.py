"""A directory that we write is one that transformers loads as it is, and is there whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from full_disk import files_end_at
from shipworthy.architecture import ArchitectureConfig
from shipworthy.checkpoint import TensorSource, TokenizerSpec, open_checkpoint
from shipworthy.checkpoint.hf_writer import write_hf
from shipworthy.errors import FileError, UsageError
from small_checkpoints import CONFIGS, random_weights
from tokenizer_cases import TEXTS, small_spec


def write(
    path: Path,
    config: ArchitectureConfig,
    *,
    metadata: dict[str, Any] | None = None,
    tokenizer: TokenizerSpec | None = None,
    **options: Any,
) -> Path:
    arrays = random_weights(config)
    write_hf(
        path,
        config,
        metadata={**config.to_metadata(), **(metadata or {})},
        tensors={
            name: TensorSource("F32", array.shape, lambda array=array: array)  # type: ignore[misc]
            for name, array in arrays.items()
        },
        tokenizer=tokenizer,
        **options,
    )
    return path


def normalized(spec: TokenizerSpec) -> TokenizerSpec:
    """With the normalizer that transformers' own class of qwen2 has."""
    return replace(spec, components={**spec.components, "normalizer": {"type": "NFC"}})


@pytest.mark.slow
@pytest.mark.parametrize("name", CONFIGS)
def test_transformers_loads_it_unmodified(name: str, tmp_path: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from shipworthy.model import load_decoder

    spec = normalized(small_spec("qwen2")) if name.startswith("qwen2") else small_spec("smollm")
    path = write(tmp_path / "m", CONFIGS[name], tokenizer=spec, shard_bytes=100_000)
    assert len(list(path.glob("*.safetensors"))) > 1
    model, loading = AutoModelForCausalLM.from_pretrained(path, output_loading_info=True)
    assert not any(loading.values())
    tokenizer = AutoTokenizer.from_pretrained(path)
    built = spec.build()
    for text in TEXTS:
        assert tokenizer(text)["input_ids"] == built.encode(text).ids
    assert (tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id) == (1, 2, 2)
    assert tokenizer.chat_template == spec.chat_template
    tokens = torch.arange(60, device="cpu")[None]
    with open_checkpoint(path) as checkpoint, torch.inference_mode():
        decoder = load_decoder(checkpoint, device=torch.device("cpu"))
        torch.testing.assert_close(decoder(tokens), model(tokens).logits, rtol=1e-6, atol=1e-5)


def test_config_json_is_read_by_transformers_4_and_5(tmp_path: Path) -> None:
    path = write(tmp_path / "m", CONFIGS["qwen3"], tokenizer=small_spec())
    stated = json.loads((path / "config.json").read_text())
    assert stated["rope_theta"] == stated["rope_parameters"]["rope_theta"] == 1e6
    assert stated["dtype"] == stated["torch_dtype"] == "float32"
    assert (stated["bos_token_id"], stated["eos_token_id"]) == (1, 2)
    assert stated["head_dim"] == 32


def test_what_is_written_is_read_as_it_was(tmp_path: Path) -> None:
    config, spec = CONFIGS["qwen3-untied"], small_spec("smollm")
    path = write(tmp_path / "m", config, tokenizer=spec, metadata={"license": "apache-2.0", "own": [1, 1.0]})
    with open_checkpoint(path) as checkpoint:
        assert checkpoint.config() == config
        assert checkpoint.tokenizer() == spec
        assert checkpoint.metadata["license"] == "apache-2.0"
        assert checkpoint.metadata["own"] == [1, 1.0]
        for name, array in random_weights(config).items():
            assert np.array_equal(checkpoint.read(name), array)


def test_shards_are_indexed(tmp_path: Path) -> None:
    path = write(tmp_path / "m", CONFIGS["llama"], shard_bytes=100_000)
    index = json.loads((path / "model.safetensors.index.json").read_text())
    assert index["metadata"]["total_size"] == 4 * CONFIGS["llama"].param_count()
    assert set(index["weight_map"]) == set(CONFIGS["llama"].tensor_shapes())
    with open_checkpoint(path) as checkpoint:
        assert checkpoint.config() == CONFIGS["llama"]


def test_a_template_with_other_line_ends_is_kept_exactly(tmp_path: Path) -> None:
    spec = replace(small_spec("smollm"), chat_template="{{ a }}\r\n{{ b }}\r")
    path = write(tmp_path / "m", CONFIGS["llama"], tokenizer=spec)
    assert not (path / "chat_template.jinja").exists()
    with open_checkpoint(path) as checkpoint:
        assert checkpoint.tokenizer() == spec


def test_a_special_token_that_is_no_added_one_stays_so(tmp_path: Path) -> None:
    spec = replace(small_spec("mpt"), bos_token_id=40, unk_token_id=41)
    path = write(tmp_path / "m", CONFIGS["llama"], tokenizer=spec)
    with open_checkpoint(path) as checkpoint:
        assert checkpoint.tokenizer() == spec
    assert "bos_token" not in json.loads((path / "tokenizer_config.json").read_text())


def test_an_empty_directory_is_taken(tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    assert (write(tmp_path / "m", CONFIGS["llama"]) / "config.json").is_file()


@pytest.mark.parametrize("there", ["a file", "a full directory", "a link"])
def test_what_is_there_already_is_left_alone(there: str, tmp_path: Path) -> None:
    path = tmp_path / "m"
    if there == "a file":
        path.write_text("mine")
    elif there == "a link":
        (tmp_path / "elsewhere").mkdir()
        path.symlink_to(tmp_path / "elsewhere")
    else:
        path.mkdir()
        (path / "notes").write_text("mine")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UsageError) as caught:
        write(path, CONFIGS["llama"])
    assert caught.value.code == "bad-output"
    assert sorted(tmp_path.rglob("*")) == before


def test_a_full_disk_is_named_and_leaves_nothing(tmp_path: Path) -> None:
    with files_end_at(100_000), pytest.raises(FileError, match="File too large") as caught:
        write(tmp_path / "m", CONFIGS["llama"], tokenizer=small_spec())
    assert caught.value.code == "unwritable"
    assert caught.value.path == tmp_path / "m" / "model.safetensors"
    assert list(tmp_path.iterdir()) == []


def test_a_failure_on_the_way_leaves_nothing(tmp_path: Path) -> None:
    config = CONFIGS["llama"]

    def broken() -> Iterator[np.ndarray]:
        raise FileError("truncated", "the source is gone", path=tmp_path / "a.apr")
        yield np.zeros(1)

    tensors = {name: TensorSource("F32", shape, broken) for name, shape in config.tensor_shapes().items()}
    with pytest.raises(FileError, match="the source is gone"):
        write_hf(
            tmp_path / "deep" / "m", config, metadata=config.to_metadata(), tensors=tensors, tokenizer=None
        )
    assert list(tmp_path.iterdir()) == []
