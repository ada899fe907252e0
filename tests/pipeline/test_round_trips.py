"""From `.apr` to another format and back: every value, every field, every token, to the byte."""

from __future__ import annotations

import json
import sysconfig
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shipworthy.architecture import ArchitectureConfig
from shipworthy.checkpoint import AddedToken, TensorSource, TokenizerSpec, open_checkpoint, write_apr
from shipworthy.checkpoint.apr_format import FIELD_ORDER
from shipworthy.pipeline.base_model import base_model_path
from shipworthy.pipeline.convert import convert
from small_checkpoints import CONFIGS, random_weights
from tokenizer_cases import TEXTS, small_spec
from upstream_vocabularies import upstream_vocabularies

DOCUMENTS = 10_000

WORDS: dict[str, Any] = {
    "name": "a name: ünïcode \U0001f642",
    "description": "two\nlines",
    "author": "someone",
    "license": "cc-by-4.0",
    "data_source": "the standard library",
    "data_license": "PSF-2.0",
    "version": "1.2.3",
    "source": "https://example.org/a",
    "original_format": "safetensors",
    "total_size": 2**40 + 1,
    "quantization": {"quant_type": "none", "bits": 32, "block_size": None, "symmetric": True},
    "sharding": {"shard_count": 1, "shard_index": 0, "total_size": 7, "pattern": "a-{}"},
    "chat_format": "chatml",
    "special_tokens": {"bos_token": "<|im_start|>", "pad_token": "\u0000odd"},
    "num_experts": 0,
    "num_experts_per_tok": 0,
    "moe_intermediate_size": 0,
    "shipworthy.run_id": "ab" * 32,
    "shipworthy.producer": {"name": "shipworthy", "steps": 3, "rate": 1.0},
    "tokenizer.model_type": "bpe",
    "other.tool": [1, 1.0, True, None, {"z": 1e-300, "a": "\u2028"}],
}
"""Beside the constants: with them and the tokenizer's, every field that `.apr` knows and may be written."""


def save(
    path: Path,
    config: ArchitectureConfig,
    dtype: str = "F32",
    *,
    spec: TokenizerSpec | None = None,
    arrays: dict[str, np.ndarray] | None = None,
) -> Path:
    spec = spec or small_spec("smollm")
    metadata = {**config.to_metadata(), **spec.to_apr(), **WORDS}
    values = random_weights(config) if arrays is None else arrays
    tensors = {
        name: TensorSource(dtype, array.shape, partial(np.asarray, array)) for name, array in values.items()
    }
    write_apr(path, metadata=metadata, tensors=tensors, tokenizer=None)
    return path


def there_and_back(source: Path, by: str, **options: Any) -> Path:
    """The file that comes back from another format."""
    middle = source.parent / ("m.gguf" if by == "gguf" else "m")
    back = source.parent / f"back-from-{by}.apr"
    convert(source, middle, by)
    convert(middle, back, "apr", **options)
    return back


@pytest.mark.parametrize("by", ["gguf", "hf"])
@pytest.mark.parametrize("name", CONFIGS)
def test_the_file_that_comes_back_is_the_same_bytes(name: str, by: str, tmp_path: Path) -> None:
    source = save(tmp_path / "a.apr", CONFIGS[name])
    with open_checkpoint(source) as checkpoint:
        assert set(FIELD_ORDER) - set(checkpoint.metadata) == {"created_at"}
    assert there_and_back(source, by).read_bytes() == source.read_bytes()


@pytest.mark.parametrize("dtype", ["F16", "BF16"])
@pytest.mark.parametrize("name", CONFIGS)
def test_sixteen_bits_stay_as_they_are_in_a_directory(name: str, dtype: str, tmp_path: Path) -> None:
    source = save(tmp_path / "a.apr", CONFIGS[name], dtype)
    assert there_and_back(source, "hf").read_bytes() == source.read_bytes()


@pytest.mark.parametrize("dtype", ["F16", "BF16"])
@pytest.mark.parametrize("name", CONFIGS)
def test_sixteen_bits_stay_as_they_are_in_a_gguf(name: str, dtype: str, tmp_path: Path) -> None:
    """Its norms and biases are F32, the same values; asked for in 16 bits again, they are the same bytes."""
    source = save(tmp_path / "a.apr", CONFIGS[name], dtype)
    back = there_and_back(source, "gguf", dtype=dtype.lower())
    assert back.read_bytes() == source.read_bytes()
    with open_checkpoint(source) as before, open_checkpoint(tmp_path / "m.gguf") as middle:
        for tensor, entry in middle.tensors.items():
            assert entry.dtype == ("F32" if len(entry.shape) == 1 else dtype)
            assert np.array_equal(middle.read(tensor), before.read(tensor))


@pytest.mark.parametrize("name", ["llama", "qwen2"])
def test_numbers_that_float32_cannot_tell_apart_come_back(name: str, tmp_path: Path) -> None:
    config = replace(CONFIGS[name], rope_theta=10_000.000001, rms_norm_eps=1.0000000001e-6)
    source = save(tmp_path / "a.apr", config)
    for by in ("gguf", "hf"):
        assert there_and_back(source, by).read_bytes() == source.read_bytes()


def test_through_all_three_and_back(tmp_path: Path) -> None:
    source = save(tmp_path / "a.apr", CONFIGS["qwen3"])
    convert(source, tmp_path / "m.gguf", "gguf")
    convert(tmp_path / "m.gguf", tmp_path / "m", "hf")
    convert(tmp_path / "m", tmp_path / "n.gguf", "gguf")
    assert (tmp_path / "m.gguf").read_bytes() == (tmp_path / "n.gguf").read_bytes()
    convert(tmp_path / "n.gguf", tmp_path / "b.apr", "apr")
    assert (tmp_path / "b.apr").read_bytes() == source.read_bytes()


def test_other_keys_of_a_config_come_back_to_a_directory(tmp_path: Path) -> None:
    convert(save(tmp_path / "a.apr", CONFIGS["llama"]), tmp_path / "m", "hf")
    config = json.loads((tmp_path / "m" / "config.json").read_text())
    config |= {"initializer_range": 0.02, "eos_token_id": [2, 0], "use_cache": True}
    (tmp_path / "m" / "config.json").write_text(json.dumps(config))
    convert(tmp_path / "m", tmp_path / "b.gguf", "gguf")
    convert(tmp_path / "b.gguf", tmp_path / "n", "hf")
    assert json.loads((tmp_path / "n" / "config.json").read_text()) == config


def documents() -> list[str]:
    """Consecutive pieces of 20 to 500 characters of the running Python's standard library."""
    draws = np.random.default_rng(0)
    found: list[str] = []
    for path in sorted(Path(sysconfig.get_path("stdlib")).glob("*.py")):
        text = path.read_text(encoding="utf-8")
        while text and len(found) < DOCUMENTS:
            size = int(draws.integers(20, 501))
            found.append(text[:size])
            text = text[size:]
    assert len(found) == DOCUMENTS
    return found


@cache
def base_tokenizer() -> TokenizerSpec:
    with open_checkpoint(base_model_path()) as checkpoint:
        found = checkpoint.tokenizer()
    assert found is not None
    return found


@cache
def qwen2_tokenizer() -> TokenizerSpec:
    """As Hugging Face has it: with a normalizer, and here with flags that a GGUF has no key for."""
    with open_checkpoint(upstream_vocabularies() / "ggml-vocab-qwen2.gguf") as checkpoint:
        spec = checkpoint.tokenizer()
    assert spec is not None
    first, second, *others = spec.added_tokens
    flagged: tuple[AddedToken, ...] = (
        replace(first, lstrip=True),
        replace(second, rstrip=True, normalized=True),
    )
    components = {**spec.components, "normalizer": {"type": "NFC"}}
    return replace(spec, added_tokens=(*flagged, *others), components=components)


@pytest.mark.slow
@pytest.mark.parametrize("original", [base_tokenizer, qwen2_tokenizer])
def test_tokenizers_of_each_format_encode_real_documents_alike(
    original: Callable[[], TokenizerSpec], tmp_path: Path
) -> None:
    spec = original()
    texts = [*documents(), *TEXTS, *(f"a {token.content} b" for token in spec.added_tokens)]
    expected = [one.ids for one in spec.build().encode_batch(texts)]
    config = replace(CONFIGS["qwen3"], vocab_size=len(spec.tokens) + 7, hidden_size=8, num_layers=1)
    source = save(tmp_path / "a.apr", config, spec=spec)
    for path in rebuilt(source):
        with open_checkpoint(path) as checkpoint:
            found = checkpoint.tokenizer()
        assert found == spec
        assert [one.ids for one in found.build().encode_batch(texts)] == expected


def rebuilt(source: Path) -> Iterator[Path]:
    yield source
    for by, name in (("gguf", "m.gguf"), ("hf", "m")):
        convert(source, source.parent / name, by)
        yield source.parent / name
