"""The command line in this process, which imports what it needs once for all tests."""

from __future__ import annotations

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
