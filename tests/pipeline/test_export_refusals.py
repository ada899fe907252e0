"""What is not exported, by name, with nothing left behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from full_disk import files_end_at
from shipworthy.errors import FileError, ShipworthyError
from shipworthy.pipeline.export import export_gguf
from small_checkpoints import CONFIGS, random_weights, save_small
from tokenizer_cases import small_spec

LLAMA, QWEN2 = CONFIGS["llama"], CONFIGS["qwen2"]
Weights = dict[str, np.ndarray]


def without(*names: str) -> Weights:
    return {name: array for name, array in random_weights(LLAMA).items() if name not in names}


def extra(**arrays: np.ndarray) -> Weights:
    return random_weights(LLAMA) | {name.replace("__", "."): array for name, array in arrays.items()}


def with_nan() -> Weights:
    weights = random_weights(LLAMA)
    weights["model.layers.1.mlp.up_proj.weight"][0, 0] = np.nan
    return weights


CASES: dict[str, tuple[Callable[[Path], Path], str, str]] = {
    "P0-F, an architecture nobody knows": (
        lambda path: save_small(path, LLAMA, metadata={"architecture": "Qwen9ForCausalLM"}),
        "unknown-architecture",
        "Qwen9ForCausalLM",
    ),
    "P0-H, qwen2's tensors under llama's label": (
        lambda path: save_small(path, QWEN2, metadata={"architecture": "llama"}),
        "architecture-mislabelled",
        "qwen2",
    ),
    "llama's tensors under qwen2's label": (
        lambda path: save_small(path, LLAMA, metadata={"architecture": "qwen2"}),
        "architecture-mislabelled",
        "llama",
    ),
    "a missing dimension, never written as 0": (
        lambda path: save_small(path, LLAMA, metadata={"max_position_embeddings": None}),
        "metadata-missing",
        "max_position_embeddings",
    ),
    "a missing rotary base, never a default": (
        lambda path: save_small(path, LLAMA, metadata={"rope_theta": None}),
        "metadata-missing",
        "rope_theta",
    ),
    "a missing tensor": (
        lambda path: save_small(path, LLAMA, weights=without("model.layers.1.mlp.down_proj.weight")),
        "tensor-missing",
        r"model\.layers\.1\.mlp\.down_proj\.weight",
    ),
    "a tensor too many": (
        lambda path: save_small(path, LLAMA, weights=extra(model__layers__0__extra=np.zeros(3, np.float32))),
        "tensor-unexpected",
        r"model\.layers\.0\.extra",
    ),
    "a layer too many": (
        lambda path: save_small(path, LLAMA, metadata={"num_layers": 1}),
        "tensor-unexpected",
        r"model\.layers\.1",
    ),
    "another shape": (
        lambda path: save_small(path, LLAMA, metadata={"intermediate_size": 97}),
        "tensor-shape",
        "97",
    ),
    "no tokenizer": (lambda path: save_small(path, LLAMA, tokenizer=None), "tokenizer-missing", "tokenizer"),
    "a tokenizer that llama.cpp has no name for": (
        lambda path: save_small(path, LLAMA, tokenizer=replace(small_spec(), pre="")),
        "unknown-pre-tokenizer",
        "known are",
    ),
    "more tokens than rows": (
        lambda path: save_small(path, replace(LLAMA, vocab_size=600)),
        "vocabulary-too-large",
        "600 rows",
    ),
    "a NaN to quantize": (
        lambda path: save_small(path, LLAMA, weights=with_nan()),
        "non-finite-weight",
        "up_proj",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_it_is_refused_by_name_and_leaves_nothing(case: str, tmp_path: Path) -> None:
    make, code, named = CASES[case]
    source = make(tmp_path / "a.apr")
    with pytest.raises(ShipworthyError, match=named) as caught:
        export_gguf(source, tmp_path / "a.gguf", "q8_0")
    assert caught.value.code == code
    assert caught.value.exit_code in (2, 4), "a refusal is no bug"
    assert [path.name for path in tmp_path.iterdir()] == ["a.apr"]


def test_metadata_too_large_to_carry_is_told_of_the_file_that_was_asked_for(tmp_path: Path) -> None:
    source = save_small(tmp_path / "a.apr", LLAMA, metadata={"notes": "x" * (1 << 20)})
    with pytest.raises(FileError) as caught:
        export_gguf(source, tmp_path / "a.gguf")
    assert (caught.value.code, caught.value.path) == ("metadata-size", tmp_path / "a.gguf")


@pytest.mark.parametrize(
    ("out", "dtype", "code"),
    [("a.apr", "f32", "bad-output"), (".", "f32", "bad-output"), ("a.gguf", "q4_k", "unknown-dtype")],
)
def test_what_cannot_be_asked_for(out: str, dtype: str, code: str, tmp_path: Path) -> None:
    source = save_small(tmp_path / "a.apr", LLAMA)
    before = source.read_bytes()
    with pytest.raises(ShipworthyError) as caught:
        export_gguf(source, tmp_path / out, dtype)
    assert (caught.value.code, caught.value.exit_code) == (code, 2)
    assert source.read_bytes() == before


def test_an_export_onto_a_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    source, out = save_small(tmp_path / "a.apr", LLAMA), tmp_path / "a.gguf"
    export_gguf(source, out)
    before = out.read_bytes()
    with (
        files_end_at(len(before) // 2),
        pytest.raises(FileError, match=r"a\.gguf.*\[unwritable\]; free space"),
    ):
        export_gguf(source, out, "f32")
    assert out.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.apr", "a.gguf"]


@pytest.mark.parametrize("out", ["/proc/x.gguf", "/proc/new/x.gguf", "a.apr/x.gguf", "a.apr/new/x.gguf"])
def test_a_place_that_cannot_be_written_is_refused_and_left_as_it_was(out: str, tmp_path: Path) -> None:
    source = save_small(tmp_path / "a.apr", LLAMA)
    with pytest.raises(FileError, match="choose another place") as caught:
        export_gguf(source, tmp_path / out)
    assert (caught.value.code, caught.value.exit_code) == ("unwritable", 4)
    assert [path.name for path in tmp_path.iterdir()] == ["a.apr"]


def test_directories_made_for_an_export_that_fails_do_not_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import gguf

    def full(writer: gguf.GGUFWriter) -> None:
        raise OSError(28, "No space left on device")

    source = save_small(tmp_path / "a.apr", LLAMA)
    monkeypatch.setattr(gguf.GGUFWriter, "write_header_to_file", full)
    with pytest.raises(FileError, match="No space"):
        export_gguf(source, tmp_path / "new" / "deep" / "a.gguf")
    assert [path.name for path in tmp_path.iterdir()] == ["a.apr"]
