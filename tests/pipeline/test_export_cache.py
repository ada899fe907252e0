"""An export for our own use is made once, made again where it is not whole, and old ones are let go."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from shipworthy.canonical import sha256_file
from shipworthy.pipeline import export_cache
from shipworthy.pipeline.export import export_gguf
from shipworthy.pipeline.export_cache import cached_export


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SHIPWORTHY_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "exports"


def test_it_is_the_export_and_is_made_once(small_apr: Path, tmp_path: Path) -> None:
    export_gguf(small_apr, tmp_path / "plain.gguf", "f16")
    first = cached_export(small_apr, "f16")
    assert sha256_file(first) == sha256_file(tmp_path / "plain.gguf")
    made = first.stat().st_ino
    assert cached_export(small_apr, "f16").stat().st_ino == made


def test_another_dtype_and_another_checkpoint_are_other_files(small_apr: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.apr"
    shutil.copy(small_apr, other)
    assert cached_export(small_apr, "f32") == cached_export(other, "f32")
    assert cached_export(small_apr, "f32") != cached_export(small_apr, "f16")


@pytest.mark.parametrize("damage", ["cut", "empty", "record", "no record"])
def test_what_is_not_whole_is_made_again(small_apr: Path, damage: str) -> None:
    path = cached_export(small_apr, "f32")
    good, record = sha256_file(path), path.with_suffix(".json")
    if damage == "cut":
        os.truncate(path, 1000)
    elif damage == "empty":
        path.write_bytes(b"")
    elif damage == "record":
        record.write_text("{")
    else:
        record.unlink()
    assert sha256_file(cached_export(small_apr, "f32")) == good


def test_only_a_few_are_kept(small_apr: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_cache, "_KEPT", 2)
    made = [cached_export(small_apr, dtype) for dtype in ("f32", "f16", "bf16")]
    assert {path.name for path in cache.glob("*.gguf")} == {path.name for path in made[1:]}
    assert {path.stem for path in cache.glob("*.json")} == {path.stem for path in made[1:]}
