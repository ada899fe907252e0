"""Each bundle gets one line, also where a crash came between; what cannot be recorded stays and is named."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from full_disk import files_end_at
from shipworthy.canonical import sha256_file
from shipworthy.errors import FileError
from shipworthy.evidence import list_bundles, read_bundle, write_bundle
from shipworthy.evidence.ledger import (
    GENESIS,
    LEDGER,
    append,
    examine,
    interrupted,
    read_ledger,
    record_bundle,
    recover,
)
from small_ledgers import bundle_files, record


def named(root: Path) -> list[tuple[str, str]]:
    return [(entry.bundle, entry.recorded) for entry in read_ledger(root).entries]


def codes(root: Path) -> list[tuple[str, str]]:
    return [(found.code, found.name) for found in examine(root)[1]]


def test_an_entry_says_which_bundle_of_which_subject(tmp_path: Path) -> None:
    (path,) = record(tmp_path, 7)
    (entry,) = read_ledger(tmp_path).entries
    predicate = read_bundle(path).predicate
    assert entry.bundle == path.name
    assert entry.manifest_sha256 == sha256_file(path / "manifest.json")
    assert (entry.subject_sha256, entry.started) == (predicate["subject"]["sha256"], predicate["started"])
    assert (entry.number, entry.previous, entry.release, entry.recorded) == (
        1, (GENESIS,), "fixture", "dispatch",
    )  # fmt: skip
    assert codes(tmp_path) == []


def test_bundles_of_one_name_have_a_line_each(tmp_path: Path) -> None:
    paths = record(tmp_path, 1, 1, 1)
    assert named(tmp_path) == [(path.name, "dispatch") for path in paths]
    assert len({path.name for path in paths}) == 3


def test_a_bundle_without_a_line_is_found_by_the_next_dispatch(tmp_path: Path) -> None:
    record(tmp_path, 1)
    lost = [write_bundle(tmp_path, *bundle_files(number)) for number in (2, 3)]
    assert codes(tmp_path) == [("bundle-not-recorded", path.name) for path in lost]
    (last,) = record(tmp_path, 4)
    assert named(tmp_path)[1:] == [(lost[0].name, "found"), (lost[1].name, "found"), (last.name, "dispatch")]
    assert codes(tmp_path) == []


def test_append_records_a_bundle_that_lies_there_once(tmp_path: Path) -> None:
    path = write_bundle(tmp_path, *bundle_files(1))
    assert append(tmp_path, path).recorded == "dispatch"
    with pytest.raises(FileError, match="already-recorded"):
        append(tmp_path, path)
    assert len(named(tmp_path)) == 1


def test_evidence_older_than_the_ledger_is_taken_up(tmp_path: Path) -> None:
    paths = [write_bundle(tmp_path, *bundle_files(number)) for number in (2, 1)]
    assert [entry.bundle for entry in recover(tmp_path)] == [paths[1].name, paths[0].name]
    assert recover(tmp_path) == ()


def torn(root: Path, keep: int) -> bytes:
    """Cut the last line of the ledger to `keep` bytes; returns the whole of it."""
    data = (root / LEDGER).read_bytes()
    start = data.rfind(b"\n", 0, -1) + 1
    (root / LEDGER).write_bytes(data[: start + keep])
    return data[start:]


def test_a_line_torn_at_any_byte_loses_no_entry(tmp_path: Path) -> None:
    paths = record(tmp_path, 1, 2)
    whole = (tmp_path / LEDGER).read_bytes()
    length = len(torn(tmp_path, 0))
    for keep in [*range(1, length, 7), length - 2]:
        (tmp_path / LEDGER).write_bytes(whole)
        torn(tmp_path, keep)
        assert codes(tmp_path)[-1][0] == "torn-line"
        (found,) = recover(tmp_path)
        assert (found.bundle, found.recorded, found.number) == (paths[1].name, "found", 2)
        assert codes(tmp_path) == []


def test_a_line_that_lacks_only_its_newline_is_finished(tmp_path: Path) -> None:
    record(tmp_path, 1, 2)
    whole = (tmp_path / LEDGER).read_bytes()
    (tmp_path / LEDGER).write_bytes(whole[:-1])
    assert codes(tmp_path)[-1][0] == "torn-line"
    assert recover(tmp_path) == ()
    assert (tmp_path / LEDGER).read_bytes() == whole


def test_a_whole_bundle_without_its_name_is_finished_and_half_of_one_stays(tmp_path: Path) -> None:
    (path,) = record(tmp_path, 1)
    whole, half = (tmp_path / f".{name}.0123abcd.partial" for name in ("20270101T000000Z-aa", "half"))
    shutil.copytree(path, whole)
    shutil.copytree(path, half)
    (half / "manifest.json").unlink()
    assert interrupted(tmp_path) == [whole, half]
    assert codes(tmp_path) == [("bundle-not-named", whole.name), ("interrupted", half.name)]
    assert [entry.bundle for entry in recover(tmp_path)] == ["20270101T000000Z-aa"]
    assert codes(tmp_path) == [("interrupted", half.name)]
    assert (half / "statement.json").exists()
    (found,) = examine(tmp_path)[1]
    command = found.message.partition("removes it: ")[2]
    subprocess.run(command, shell=True, check=True)
    assert not half.exists()
    assert codes(tmp_path) == []


def test_what_is_gone_or_altered_is_named(tmp_path: Path) -> None:
    gone, altered, _ = record(tmp_path, 1, 2, 3)
    shutil.rmtree(gone)
    (altered / "manifest.json").write_text('{"files": {}}')
    assert codes(tmp_path) == [("bundle-gone", gone.name), ("bundle-altered", altered.name)]


def test_a_directory_that_does_not_verify_is_not_recorded(tmp_path: Path) -> None:
    path = write_bundle(tmp_path, *bundle_files(1))
    (path / "environment.json").write_text("altered")
    record(tmp_path, 2)
    assert len(named(tmp_path)) == 1
    assert codes(tmp_path) == [("bundle-not-recorded", path.name)]


def test_an_altered_ledger_takes_no_line_and_costs_no_bundle(tmp_path: Path) -> None:
    record(tmp_path, 1, 2, 3)
    data = (tmp_path / LEDGER).read_bytes().replace(b"fixture", b"another", 1)
    (tmp_path / LEDGER).write_bytes(data)
    with pytest.raises(FileError, match="ledger-altered"):
        record(tmp_path, 4)
    assert (tmp_path / LEDGER).read_bytes() == data
    assert len(list_bundles(tmp_path)) == 4


def test_a_full_disk_leaves_the_old_ledger(tmp_path: Path) -> None:
    record(tmp_path, *range(1, 6))
    before = (tmp_path / LEDGER).read_bytes()
    assert len(before) > 1500
    with files_end_at(len(before) + 20), pytest.raises(FileError, match="unwritable"):
        record(tmp_path, 6)
    assert (tmp_path / LEDGER).read_bytes() == before
    assert codes(tmp_path)[0][0] == "bundle-not-recorded"
    assert len(recover(tmp_path)) == 1


@pytest.mark.parametrize("kind", ["link", "pipe", "directory"])
def test_a_ledger_that_is_no_file_is_refused(tmp_path: Path, kind: str) -> None:
    {
        "link": lambda path: path.symlink_to(tmp_path / "elsewhere"),
        "pipe": os.mkfifo,
        "directory": lambda path: path.mkdir(),
    }[kind](tmp_path / LEDGER)
    with pytest.raises(FileError):
        record_bundle(tmp_path, *bundle_files(1))
    with pytest.raises(FileError):
        read_ledger(tmp_path)
    assert not (tmp_path / "elsewhere").exists()


def test_a_ledger_that_is_replaced_while_one_waits_for_it_is_the_one_that_is_written(tmp_path: Path) -> None:
    record(tmp_path, 1)
    new = tmp_path / "new"
    new.write_bytes((tmp_path / LEDGER).read_bytes())
    new.replace(tmp_path / LEDGER)
    record(tmp_path, 2)
    assert len(named(tmp_path)) == 2


def test_no_line_names_a_place_of_this_machine(tmp_path: Path) -> None:
    record(tmp_path, 1)
    (line,) = (tmp_path / LEDGER).read_text().splitlines()
    assert str(tmp_path) not in line
    assert not any(str(value).startswith("/") for value in json.loads(line).values())
