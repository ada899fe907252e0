"""A bundle appears whole or not at all, and nothing is ever overwritten."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shipworthy.evidence import bundle_name, bundle_order, json_bytes, list_bundles, read_bundle, write_bundle

NAME = "20260515T214435Z-0f3a9c0d1e2f"
WRITES = 5
"""Four files and the manifest."""


def test_two_bundles_of_one_name_stand_side_by_side(tmp_path: Path, files: dict[str, bytes]) -> None:
    paths = [write_bundle(tmp_path, NAME, files) for _ in range(3)]
    assert [path.name for path in paths] == [NAME, f"{NAME}-2", f"{NAME}-3"]
    assert all(read_bundle(path).path == path for path in paths)


def test_a_file_in_the_place_of_a_bundle_stays(tmp_path: Path, files: dict[str, bytes]) -> None:
    (tmp_path / NAME).write_text("mine")
    assert write_bundle(tmp_path, NAME, files).name == f"{NAME}-2"
    assert (tmp_path / NAME).read_text() == "mine"


def test_bundles_are_listed_oldest_first_also_the_tenth_of_a_second(
    tmp_path: Path, files: dict[str, bytes]
) -> None:
    names = [NAME, *(f"{NAME}-{n}" for n in range(2, 12)), "20260515T214436Z-000000000000"]
    for name in reversed(names):
        (tmp_path / name).mkdir()
        (tmp_path / name / "manifest.json").write_text("{}")
    (tmp_path / f".{NAME}.0.partial").mkdir()
    (tmp_path / "falsification").mkdir()
    (tmp_path / "notes.txt").write_text("")
    assert [path.name for path in list_bundles(tmp_path)] == names
    assert bundle_order(Path("a-name-of-its-own")) == ("a-name-of-its-own", 1, "a-name-of-its-own")


def test_a_name_is_the_start_and_the_subject() -> None:
    started = datetime(2026, 5, 15, 21, 44, 35, tzinfo=UTC)
    assert bundle_name(started, "0f3a9c0d1e2f" + "0" * 52) == NAME


@pytest.mark.parametrize("relative", ["/etc/passwd", "../up.json", "a/../../b", "", "manifest.json"])
def test_a_file_that_would_lie_elsewhere_is_refused(tmp_path: Path, relative: str) -> None:
    with pytest.raises(ValueError, match="cannot be a file of a bundle"):
        write_bundle(tmp_path, NAME, {"a.json": b"{}", relative: b""})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("write", range(1, WRITES + 1))
def test_a_write_that_fails_leaves_nothing(
    tmp_path: Path, files: dict[str, bytes], write: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = iter([None] * (write - 1))

    def full(descriptor: int) -> None:
        if next(left, full) is full:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_bundle(tmp_path, NAME, files)
    assert list(tmp_path.iterdir()) == []


KILLED = """
import os, signal, sys
from pathlib import Path
from shipworthy.evidence import write_bundle
left = int(sys.argv[2])
def fsync(descriptor):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
os.fsync = fsync
write_bundle(Path(sys.argv[1]), sys.argv[3], {"a.json": b"{}", "b/c.json": b"{}", "statement.json": b"{}"})
"""


@pytest.mark.parametrize("write", [1, 3, 4, 6])
def test_a_kill_leaves_no_bundle(tmp_path: Path, write: int) -> None:
    """Killed at the first file, at the last one, at the manifest, and at the directories after it."""
    argv = [sys.executable, "-c", KILLED, str(tmp_path), str(write), NAME]
    assert subprocess.run(argv, check=False).returncode == -signal.SIGKILL
    assert not (tmp_path / NAME).exists()
    assert list_bundles(tmp_path) == []


def test_json_is_sorted_readable_and_strict() -> None:
    assert json_bytes({"b": 1, "a": "é"}) == '{\n "a": "é",\n "b": 1\n}\n'.encode()
    with pytest.raises(ValueError, match="JSON"):
        json_bytes({"a": float("nan")})
    assert json.loads(json_bytes({"a": 2**60})) == {"a": 2**60}
