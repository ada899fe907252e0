"""A digest is remembered for exactly the file that it was taken of, and for no other."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from shipworthy import digest_cache
from shipworthy.canonical import sha256_bytes
from shipworthy.digest_cache import cache_directory, cached_sha256, known_sha256
from shipworthy.errors import UsageError

LONG_AGO = 10**18
"""Nanoseconds of an mtime that is settled."""


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SHIPWORTHY_CACHE", str(tmp_path / "cache"))
    # What the tests write is older than this at once; the time of the last change of status cannot be set.
    monkeypatch.setattr(digest_cache, "_SETTLED_NS", 0)
    return tmp_path / "cache" / "digests"


def written(path: Path, data: bytes = b"weights") -> Path:
    path.write_bytes(data)
    os.utime(path, ns=(LONG_AGO, LONG_AGO))
    return path


def test_the_second_time_nothing_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path / "a")
    assert cached_sha256(path) == sha256_bytes(b"weights")
    monkeypatch.setattr(digest_cache, "sha256_file", lambda path: pytest.fail("it was read again"))
    assert cached_sha256(path) == sha256_bytes(b"weights")


def test_a_file_with_the_same_size_and_mtime_but_other_bytes_is_hashed_again(tmp_path: Path) -> None:
    path = written(tmp_path / "a")
    cached_sha256(path)
    assert cached_sha256(written(path, b"WEIGHTS")) == sha256_bytes(b"WEIGHTS")


def test_another_file_in_its_place_is_hashed_again(tmp_path: Path) -> None:
    path = written(tmp_path / "a")
    cached_sha256(path)
    written(tmp_path / "b", b"WEIGHTS").replace(path)
    assert cached_sha256(path) == sha256_bytes(b"WEIGHTS")


def test_a_file_that_changed_just_now_is_not_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digest_cache, "_SETTLED_NS", 2_000_000_000)
    path = tmp_path / "a"
    path.write_bytes(b"weights")
    cached_sha256(path)
    assert known_sha256(path.stat()) is None


@pytest.mark.parametrize("entry", [b"", b"{", b"[]", b'{"file": {}}', b'{"file": {}, "sha256": 3}', b"\xff"])
def test_a_damaged_entry_is_no_entry(entry: bytes, tmp_path: Path, cache: Path) -> None:
    path = written(tmp_path / "a")
    cached_sha256(path)
    (kept,) = cache.iterdir()
    kept.write_bytes(entry)
    assert known_sha256(path.stat()) is None
    assert cached_sha256(path) == sha256_bytes(b"weights")


def test_a_cache_that_cannot_be_written_costs_nothing_but_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("SHIPWORTHY_CACHE", str(tmp_path / "file"))
    path = written(tmp_path / "a")
    assert cached_sha256(path) == sha256_bytes(b"weights")
    assert known_sha256(path.stat()) is None


def test_a_user_without_a_home_has_no_memory_and_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("SHIPWORTHY_CACHE")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", no_home)
    path = written(tmp_path / "a")
    assert cached_sha256(path) == sha256_bytes(b"weights")
    assert known_sha256(path.stat()) is None
    with pytest.raises(UsageError) as caught:
        cache_directory()
    assert caught.value.code == "no-cache-directory"
