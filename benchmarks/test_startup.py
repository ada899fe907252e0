"""What a verb costs before it does anything, beside the interpreter and beside importing torch."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

_SHIPWORTHY = [sys.executable, "-m", "shipworthy.cli"]


def _run(*argv: str) -> None:
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)


def test_help(side_by_side: Any) -> None:
    side_by_side("help", "ours", lambda: _run(*_SHIPWORTHY, "--help"), rounds=10)


def test_import_torch(side_by_side: Any) -> None:
    side_by_side("help", "peer", lambda: _run(sys.executable, "-c", "import torch"), rounds=3)


def test_inspect_apr(side_by_side: Any, base_apr: Path) -> None:
    side_by_side("inspect", "ours", lambda: _run(*_SHIPWORTHY, "inspect", str(base_apr)), rounds=10)


def test_gguf_reader_in_a_process(side_by_side: Any, base_gguf: Path) -> None:
    code = f"import gguf; gguf.GGUFReader({str(base_gguf)!r})"
    side_by_side("inspect", "peer", lambda: _run(sys.executable, "-c", code), rounds=3)
