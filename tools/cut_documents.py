"""Cut the 10,000 documents of contracts/data/documents-10000.jsonl from Python's own tests.

    python3.11 tools/cut_documents.py > contracts/data/documents-10000.jsonl

The corpus `python-stdlib` leaves out every directory called test or tests, so no run that trains on it has
seen these texts, whatever it holds out. The committed file was cut from CPython 3.11.7; the same release of
Python gives the same bytes. A document is a run of lines without a blank one between them; which are taken
follows from the texts alone.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import sysconfig
from pathlib import Path

COUNT = 10_000
SHORTEST, LONGEST = 40, 600
"""Bytes of UTF-8: enough to hold a thought, little enough that all of them stay under 4 MB."""

_BETWEEN = re.compile(r"\n[ \t\r]*\n")


def documents(root: Path) -> list[str]:
    """Every document of the tests under `root`, each once."""
    found: dict[str, None] = {}
    for path in sorted((root / "test").rglob("*.py")):
        try:
            text = path.read_bytes().decode()
        except UnicodeDecodeError:
            continue
        for block in _BETWEEN.split(text):
            if SHORTEST <= len(block.encode()) <= LONGEST:
                found[block] = None
    return list(found)


def chosen(texts: list[str]) -> list[str]:
    """Those with a character beyond ASCII, which are rare, and of the rest the ones of lowest SHA-256."""
    order = sorted(texts, key=lambda text: (text.isascii(), hashlib.sha256(text.encode()).digest()))
    return order[:COUNT]


def main() -> None:
    """Write one JSON object a line to standard output."""
    for number, text in enumerate(chosen(documents(Path(sysconfig.get_path("stdlib")))), start=1):
        line = {"id": f"document-{number:05d}", "kind": "document", "text": text}
        sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
