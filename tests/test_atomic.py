"""A write replaces a file, and nothing that is no file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from shipworthy.atomic import replacing, write_bytes
from shipworthy.errors import FileError


@pytest.fixture
def pipe(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    yield path
    path.unlink()


def refused(path: Path) -> str:
    with pytest.raises(FileError) as caught, replacing(path):
        pytest.fail("nothing may be written")
    return caught.value.code


def stopped(path: Path) -> None:
    with replacing(path) as stream:
        stream.write(b"half")
        raise KeyboardInterrupt


def test_a_pipe_stays_a_pipe_and_so_does_what_a_link_leads_to(tmp_path: Path, pipe: Path) -> None:
    # A device is the same to the check, and no test may put one at risk.
    link = tmp_path / "link"
    link.symlink_to(pipe)
    assert (refused(pipe), refused(link)) == ("unwritable", "unwritable")
    assert pipe.is_fifo()
    assert link.is_symlink()


def test_a_directory_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    assert refused(tmp_path) == "unwritable"
    assert not list(tmp_path.parent.glob(".*.partial"))


def test_a_path_without_a_name_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert [refused(Path(name)) for name in ("", ".", "..", "/")] == ["unwritable"] * 4


def test_a_file_is_replaced_whole_or_stays(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_bytes(path, b"old")
    with pytest.raises(KeyboardInterrupt):
        stopped(path)
    assert path.read_bytes() == b"old"
    write_bytes(path, b"new")
    assert path.read_bytes() == b"new"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]
