"""K-quants are llama.cpp's own, the same twice, near the weights, and every other type is named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from full_disk import files_end_at
from shipworthy.architecture import ArchitectureConfig
from shipworthy.canonical import sha256_file
from shipworthy.checkpoint import open_checkpoint
from shipworthy.errors import FileError, UsageError
from shipworthy.pipeline import llama_cpp
from shipworthy.pipeline.export import export_gguf
from shipworthy.pipeline.k_quants import K_QUANTS
from small_checkpoints import CONFIGS, ROWS, random_weights, save_small

WIDE = ArchitectureConfig("llama", 256, 2, 4, 2, 64, 512, ROWS, 128, 1e4, 1e-5, True, False)
LEAST = {"Q4_K": 0.997, "Q5_K": 0.999, "Q6_K": 0.999}
"""Cosines of correct files of Gaussian weights, three seeds: 0.9974, 0.9993 and 0.9998 at the least."""


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_small(tmp_path_factory.mktemp("wide") / "wide.apr", WIDE)


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    x, y = a.reshape(-1).astype(np.float64), b.reshape(-1).astype(np.float64)
    return float(x @ y / np.sqrt((x @ x) * (y @ y)))


@pytest.mark.parametrize("dtype", K_QUANTS)
def test_every_matrix_is_near_and_llama_cpp_loads_it(dtype: str, wide: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.gguf"
    report = export_gguf(wide, out, dtype)
    assert (report.sha256, report.nbytes) == (sha256_file(out), out.stat().st_size)
    assert report.fallbacks == ()
    assert {path.name for path in tmp_path.iterdir()} == {"out.gguf"}
    with open_checkpoint(wide) as source, open_checkpoint(out) as found:
        for name, entry in found.tensors.items():
            assert entry.dtype in (K_QUANTS[dtype] if len(entry.shape) > 1 else {"F32"})
            assert cosine(source.read(name), found.read(name)) >= LEAST.get(entry.dtype, 1 - 1e-12), name
        assert sorted(report.tensor_types.values()) == sorted(e.dtype for e in found.tensors.values())
    loaded = llama_cpp.load(out, log=tmp_path / "log")
    assert loaded["loads"], loaded["error"]


@pytest.mark.parametrize("dtype", K_QUANTS)
def test_two_runs_give_the_same_bytes(dtype: str, wide: Path, tmp_path: Path) -> None:
    first, second = (export_gguf(wide, tmp_path / name, dtype) for name in ("one.gguf", "two.gguf"))
    assert first.sha256 == second.sha256


def test_rows_that_no_block_fits_are_named(tmp_path: Path) -> None:
    source = save_small(tmp_path / "narrow.apr", CONFIGS["llama"])
    report = export_gguf(source, tmp_path / "out.gguf", "q4_k_m")
    assert {one.tensor for one in report.fallbacks} == {
        name for name, shape in CONFIGS["llama"].tensor_shapes().items() if len(shape) > 1
    }
    assert {one.reason.split(" values ")[1] for one in report.fallbacks} == {"are not a multiple of 256"}


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_value_that_is_not_finite_is_refused_by_name(value: float, tmp_path: Path) -> None:
    weights = random_weights(WIDE)
    weights["model.layers.1.mlp.up_proj.weight"][3, 5] = value
    source = save_small(tmp_path / "broken.apr", WIDE, weights=weights)
    with pytest.raises(UsageError, match=r"layers\.1\.mlp\.up_proj\.weight has values") as caught:
        export_gguf(source, tmp_path / "out.gguf", "q6_k")
    assert caught.value.code == "non-finite-weight"
    assert {path.name for path in tmp_path.iterdir()} == {"broken.apr"}


def test_a_full_disk_leaves_what_was_there(wide: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.gguf"
    out.write_bytes(b"old")
    with files_end_at(1 << 20), pytest.raises(FileError) as caught:
        export_gguf(wide, out, "q4_k_m")
    assert caught.value.code == "unwritable"
    assert out.read_bytes() == b"old"
    assert {path.name for path in tmp_path.iterdir()} == {"out.gguf"}
