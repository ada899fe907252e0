"""Cut the 100 held-out prompts of contracts/data/python-prompts-100.jsonl from tools/held_out_functions.py.

    python tools/cut_prompts.py > contracts/data/python-prompts-100.jsonl

A prompt ends with its docstring's line. The functions were written for this project and are in no corpus that
a recipe trains on: `python-stdlib` is the source of the running Python, and a directory that a user names is
the user's to keep apart.
"""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path
from typing import NamedTuple

SOURCE = Path(__file__).with_name("held_out_functions.py")


class Cut(NamedTuple):
    """The beginning of a function, and one way on that is known to be right."""

    id: str
    prompt: str
    rest: str


def cuts(source: str) -> list[Cut]:
    """Every function and class of a module, cut behind its docstring, of a class behind its last method's."""
    lines = source.splitlines(keepends=True)
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    wanted = [node for node in ast.parse(source).body if isinstance(node, kinds)]
    found = []
    for number, node in enumerate(wanted, start=1):
        last = node.body[-1] if isinstance(node, ast.ClassDef) else node
        if not isinstance(last, kinds) or ast.get_docstring(last) is None:
            raise ValueError(f"{node.name} has no docstring to cut behind")
        end = last.body[0].end_lineno
        assert end is not None
        prompt, rest = lines[node.lineno - 1 : end], lines[end : node.end_lineno]
        found.append(Cut(f"held-out-{number:03d}", "".join(prompt), "".join(rest)))
    return found


def main() -> None:
    """Write one JSON object a line to standard output."""
    for cut in cuts(SOURCE.read_text(encoding="utf-8")):
        sys.stdout.write(json.dumps({"id": cut.id, "kind": "code", "text": cut.prompt}) + "\n")


if __name__ == "__main__":
    main()
