"""An export for our own use is made once, made again where it is not whole, and old ones are let go."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from shipworthy.canonical import sha256_file
from shipworthy.pipeline import export_cache
from shipworthy.pipeline.export import export_gguf
from shipworthy.pipeline.export_cache import cached_export

Held = Callable[[Path, str], Path]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SHIPWORTHY_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "exports"


@pytest.fixture(autouse=True)
def hold(tmp_path: Path) -> Path:
    (tmp_path / "hold").mkdir()
    return tmp_path / "hold"


@pytest.fixture
def held(hold: Path, cache: Path) -> Callable[[Path, str], Path]:
    """The export in the cache; the name that holds it is given up at once."""

    def get(checkpoint: Path, dtype: str) -> Path:
        name = cached_export(checkpoint, dtype, hold)
        name.unlink()
        return cache / name.name

    return get


def test_it_is_the_export_and_is_made_once(held: Held, small_apr: Path, tmp_path: Path) -> None:
    export_gguf(small_apr, tmp_path / "plain.gguf", "f16")
    first = held(small_apr, "f16")
    assert sha256_file(first) == sha256_file(tmp_path / "plain.gguf")
    made = first.stat()
    again = held(small_apr, "f16").stat()
    # Neither made again nor touched: its digest stays remembered.
    assert (again.st_ino, again.st_mtime_ns) == (made.st_ino, made.st_mtime_ns)


def test_another_dtype_and_another_checkpoint_are_other_files(
    held: Held, small_apr: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.apr"
    shutil.copy(small_apr, other)
    assert held(small_apr, "f32") == held(other, "f32")
    assert held(small_apr, "f32") != held(small_apr, "f16")


@pytest.mark.parametrize("damage", ["cut", "empty", "record", "no record"])
def test_what_is_not_whole_is_made_again(held: Held, small_apr: Path, damage: str) -> None:
    path = held(small_apr, "f32")
    good, record = sha256_file(path), path.with_suffix(".json")
    if damage == "cut":
        os.truncate(path, 1000)
    elif damage == "empty":
        path.write_bytes(b"")
    elif damage == "record":
        record.write_text("{")
    else:
        record.unlink()
    assert sha256_file(held(small_apr, "f32")) == good


def test_only_a_few_are_kept(
    held: Held, small_apr: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_cache, "_KEPT", 2)
    made = [held(small_apr, dtype) for dtype in ("f32", "f16", "bf16")]
    assert {path.name for path in cache.glob("*.gguf")} == {path.name for path in made[1:]}
    assert {path.stem for path in cache.glob("*.json")} == {path.stem for path in made[1:]}


def test_one_that_is_used_outlives_its_removal(
    hold: Path, held: Held, small_apr: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_cache, "_KEPT", 1)
    used = cached_export(small_apr, "f32", hold)
    digest = sha256_file(used)
    held(small_apr, "f16")
    assert sha256_file(used) == digest
    assert used.stat().st_nlink == 1


def test_what_a_crash_left_is_cleared(held: Held, small_apr: Path, cache: Path) -> None:
    cache.mkdir(parents=True)
    (cache / ".old.gguf.0badcafe.partial").write_bytes(b"half")
    held(small_apr, "f32")
    assert [path.suffix for path in cache.iterdir() if "partial" in path.name] == []
