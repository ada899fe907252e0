"""Cut the four long texts of contracts/data/long-4.jsonl from Python's own files and from the canary texts.

    python3.11 tools/cut_long_texts.py > contracts/data/long-4.jsonl

The committed file was cut with CPython 3.11.7; the same release of Python gives the same bytes. A text ends
with a line, and is long enough for 2,048 tokens of any vocabulary that a registration has.
"""

from __future__ import annotations

import json
import sys
import sysconfig
from pathlib import Path
from pydoc_data.topics import topics

CANARIES = Path(__file__).parents[1] / "contracts" / "data" / "canary-100.jsonl"
LETTERS = 14_000
KINDS = ("script", "chat", "mixed", "prose")


def cut(text: str) -> str:
    """The first lines of a text, as many as have LETTERS letters together."""
    return text[: text.index("\n", LETTERS) + 1] if len(text) > LETTERS else text


def canaries() -> str:
    """The canary texts of every kind but code, one after the other: many scripts, and added tokens."""
    lines = [json.loads(line) for line in CANARIES.read_text(encoding="utf-8").splitlines()]
    return "\n\n".join(line["text"] for kind in KINDS for line in lines if line["kind"] == kind)


def main() -> None:
    """Write one JSON object a line to standard output."""
    library = Path(sysconfig.get_path("stdlib"))
    texts = {
        "long-code": ("code", (library / "heapq.py").read_text(encoding="utf-8")),
        "long-tests": ("code", (library / "test" / "test_grammar.py").read_text(encoding="utf-8")),
        "long-prose": ("prose", topics["specialnames"]),
        "long-mixed": ("mixed", canaries()),
    }
    for name, (kind, text) in texts.items():
        line = {"id": name, "kind": kind, "text": cut(text)}
        sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
