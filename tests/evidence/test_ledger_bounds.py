"""A ledger, a witness or a recorded manifest that is a pipe, a device or a hole is refused, never awaited."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from shipworthy.errors import FileError
from shipworthy.evidence.ledger import LEDGER, examine, head_document, read_ledger, read_witnesses, recover
from small_ledgers import bundle_files, chain, record


def pipe(path: Path) -> None:
    path.unlink(missing_ok=True)
    os.mkfifo(path)


def device(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.symlink_to("/dev/zero")


def hole(path: Path) -> None:
    with path.open("ab") as stream:
        stream.truncate(300 << 30)


TRICKS = {"pipe": (pipe, "no-ledger"), "device": (device, "no-ledger"), "hole": (hole, "too-large")}


@pytest.mark.parametrize("trick", TRICKS)
def test_a_ledger_is_a_file_of_some_size(tmp_path: Path, trick: str) -> None:
    record(tmp_path, 1)
    make, code = TRICKS[trick]
    make(tmp_path / LEDGER)
    for read in (read_ledger, examine, recover):
        with pytest.raises(FileError) as caught:
            read(tmp_path)
        assert caught.value.code in (code, "unwritable")


@pytest.mark.parametrize("trick", TRICKS)
def test_a_manifest_that_was_recorded_is_not_read_for_ever(tmp_path: Path, trick: str) -> None:
    record(tmp_path, 1, 2)
    name = bundle_files(1)[0]
    TRICKS[trick][0](tmp_path / name / "manifest.json")
    _, findings = examine(tmp_path)
    assert [(f.code, f.name) for f in findings] == [("bundle-altered", name)]


@pytest.mark.parametrize("trick", TRICKS)
def test_a_witness_is_a_small_file(tmp_path: Path, trick: str) -> None:
    kept = tmp_path / "head.json"
    kept.write_bytes(head_document(chain(1)))
    TRICKS[trick][0](kept)
    with pytest.raises(FileError, match=r"not-a-file|too-large"):
        read_witnesses(kept)


def test_a_witness_through_a_link_is_read(tmp_path: Path) -> None:
    (tmp_path / "kept.json").write_bytes(head_document(chain(2)))
    (tmp_path / "head.json").symlink_to("kept.json")
    assert [w.number for w in read_witnesses(tmp_path / "head.json")] == [2]
