"""A digest that is remembered is shown; a verdict always reads the bytes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from shipworthy import digest_cache
from shipworthy.checkpoint import open_checkpoint


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHIPWORTHY_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(digest_cache, "_SETTLED_NS", 0)


def test_what_was_hashed_once_is_known(fixture_llama: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.apr"
    path.write_bytes(fixture_llama.read_bytes())
    with open_checkpoint(path) as checkpoint:
        assert checkpoint.known_digest() is None
        digest = checkpoint.digest()
        assert checkpoint.known_digest() == digest
    os.utime(path)
    with open_checkpoint(path) as checkpoint:
        assert checkpoint.known_digest() is None


def test_a_lie_in_the_cache_reaches_no_digest_that_is_computed(fixture_llama: Path, tmp_path: Path) -> None:
    with open_checkpoint(fixture_llama) as checkpoint:
        digest = checkpoint.digest()
        digest_cache.remember_sha256(fixture_llama.stat(), "0" * 64)
        assert checkpoint.known_digest() == "0" * 64
        assert checkpoint.digest() == digest
