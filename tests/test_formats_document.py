"""docs/formats.md is true: its codes are those of the readers, its caps the readers' constants."""

from __future__ import annotations

import ast
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from corpus import CORPUS

from shipworthy.checkpoint import (
    apr_format,
    gguf_header,
    gguf_values,
    hf_directory,
    safetensors_header,
    strict_json,
    tokenizer_hf,
)
from test_docs import commands

ROOT = Path(__file__).parents[1]
DOCUMENT = (ROOT / "docs" / "formats.md").read_text()
READERS = ROOT / "src" / "shipworthy" / "checkpoint"
RAISED_BY = ("FileError", "refuse", "Unsupported", "TensorProblem")
JSON_OF = ("metadata", "safetensors", "carried")
"""What `strict_json` puts before its codes."""
NOT_AT_OPENING = {"bad-magic", "changed-while-open", "closed", "no-such-tensor"}
"""Raised by other calls, and tried there: a file of another magic is `wrong-format` where it is opened."""
LATER = ("on loading", "where a decoder is built", "where one is built", "on reading the tensor")


def test_its_commands_run(fixture_llama: Path, tmp_path: Path) -> None:
    shutil.copy(fixture_llama, tmp_path / "model.apr")
    lines = commands(ROOT / "docs" / "formats.md", "shipworthy")
    assert len(lines) == 3
    for line in lines:
        argv = [sys.executable, "-m", "shipworthy.cli", *shlex.split(line)[1:]]
        done = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, ""), line


def first_arguments(path: Path) -> Iterator[str]:
    """The constant first argument of every call that makes a refusal."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in (*RAISED_BY, "_Refused"):
                yield str(node.args[0].value)


def codes_of_the_readers() -> set[str]:
    found = {"tensor-name-duplicate", "tensor-name-unsorted"}
    for path in READERS.rglob("*.py"):
        stated = {text for text in first_arguments(path) if re.fullmatch(r"[a-z-]+", text)}
        if path.name == "strict_json.py":
            stated = {f"{prefix}-{kind}" for prefix in JSON_OF for kind in (*stated, "trailing-bytes")}
        found |= stated
    return found


def table(heading: str) -> list[list[str]]:
    """The rows of the table below a heading, without its head."""
    section = DOCUMENT.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


def test_the_table_of_refusals_has_the_codes_of_the_readers_and_no_others() -> None:
    codes = [row[0].strip("`") for row in table("What is refused, by code")]
    assert sorted(set(codes)) == codes
    assert set(codes) == codes_of_the_readers()


def test_the_caps_are_the_readers_constants() -> None:
    caps = {row[0]: row[1:] for row in table("Caps")}
    numbers = {
        name: [int(cell.replace(",", "")) for cell in cells if cell[0].isdigit()]
        for name, cells in caps.items()
    }
    assert numbers == {
        "tensors": [apr_format.MAX_TENSORS, gguf_header._MAX_TENSORS],
        "bytes of metadata or header": [apr_format.MAX_METADATA, safetensors_header._MAX_HEADER],
        "bytes of a tensor's name": [apr_format.MAX_NAME, gguf_header._MAX_TENSOR_NAME],
        "dimensions": [apr_format.MAX_RANK, gguf_header._MAX_RANK, safetensors_header._MAX_RANK],
        "depth of JSON, or of arrays in arrays": [
            strict_json.MAX_DEPTH,
            gguf_values.MAX_NESTING,
            strict_json.MAX_DEPTH,
        ],
        "keys": [gguf_header._MAX_KEYS],
        "bytes of a key": [gguf_values.MAX_KEY],
        "bytes of a text": [gguf_values.MAX_STRING],
        "elements of all arrays": [gguf_values.MAX_VALUES],
        "alignment": [apr_format.ALIGNMENT, gguf_header._MAX_ALIGNMENT, 1],
    }
    assert hf_directory._MAX_JSON == tokenizer_hf._MAX_BYTES == 64_000_000
    assert "64,000,000 bytes each" in DOCUMENT


def test_every_refusal_at_opening_has_an_attack() -> None:
    rows = table("What is refused, by code")
    codes = {row[0].strip("`") for row in rows if not row[1].endswith(LATER)}
    tried = {attack.code for attack in CORPUS.values()}
    assert codes - tried - NOT_AT_OPENING == set()
