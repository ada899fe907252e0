"""The command line in this process, which imports what it needs once for all tests, or in one of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Here = Callable[..., "subprocess.CompletedProcess[str]"]


def run_here(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str | Path
) -> subprocess.CompletedProcess[str]:
    """What a shell would see of `shipworthy ARGUMENTS`; the output is no terminal."""
    from shipworthy.cli import main

    argv = ["shipworthy", *map(str, arguments)]
    monkeypatch.setattr(sys, "argv", argv)
    try:
        main()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0
    said = capsys.readouterr()
    return subprocess.CompletedProcess(argv, code, said.out, said.err)


def shipworthy(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """A shell's own `shipworthy ARGUMENTS`."""
    return subprocess.run(
        [sys.executable, "-m", "shipworthy.cli", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env={**os.environ, "NO_COLOR": "1"},
    )
