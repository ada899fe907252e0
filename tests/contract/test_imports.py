"""Contracts are read, compiled and judged without torch, numpy or a model."""

from __future__ import annotations

import subprocess
import sys


def test_nothing_heavy_is_imported() -> None:
    code = (
        "import sys, shipworthy.contract, shipworthy.contract.probes, shipworthy.contract.defects\n"
        "print(sorted({'torch', 'numpy', 'transformers', 'llama_cpp', 'gguf'} & sys.modules.keys()))"
    )
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert child.stdout.strip() == "[]"
