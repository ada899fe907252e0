"""Output that cannot be written, and a reader that leaves: named, and never a bug."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-m", "shipworthy.cli"]


@pytest.mark.parametrize("arguments", [("inspect", "FILE"), ("inspect", "FILE", "--json"), ("--help",)])
def test_a_full_disk_is_one_line_and_4(arguments: tuple[str, ...], fixture_llama: Path) -> None:
    argv = [str(fixture_llama) if argument == "FILE" else argument for argument in arguments]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([*COMMAND, *argv], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 4
    assert done.stderr == (
        "shipworthy: standard output: what was printed cannot be written: No space left on device"
        " [unwritable]; free space\n"
    )


@pytest.mark.parametrize("arguments", [("inspect", "FILE"), ("--help",)])
def test_a_reader_that_left_is_not_spoken_of(arguments: tuple[str, ...], fixture_llama: Path) -> None:
    argv = [str(fixture_llama) if argument == "FILE" else argument for argument in arguments]
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([*COMMAND, *argv], stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (1, "")
