"""Keep what reaches new code: `python fuzz/keep.py apr .fuzz/apr` copies it from there into fuzz/corpus/apr.

Smallest first; an input is kept where it takes a step from one line to another, inside the readers, that none
before it took.
"""

from __future__ import annotations

import importlib
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

CORPUS = Path(__file__).parent / "corpus"
Step = tuple[str, int, int]


def steps(one_input: Callable[[bytes], None], data: bytes) -> set[Step]:
    """The steps from line to line that an input takes."""
    taken: set[Step] = set()

    def enter(frame: FrameType, event: str, _: Any) -> Callable[..., Any] | None:
        name = frame.f_code.co_filename
        if "shipworthy/checkpoint" not in name:
            return None
        before = 0

        def step(frame: FrameType, event: str, _: Any) -> Callable[..., Any]:
            nonlocal before
            taken.add((name, before, frame.f_lineno))
            before = frame.f_lineno
            return step

        return step

    sys.settrace(enter)
    try:
        one_input(data)
    finally:
        sys.settrace(None)
    return taken


def keep(parser: str, found: Path) -> None:
    """Copy what is new; the corpus' own come first."""
    one_input = importlib.import_module(f"fuzz_{parser}").one_input
    corpus = CORPUS / parser
    corpus.mkdir(parents=True, exist_ok=True)
    known: set[Step] = set()
    for folder in (corpus, found):
        for path in sorted(folder.iterdir(), key=lambda path: path.stat().st_size):
            taken = steps(one_input, path.read_bytes())
            if folder is found and taken - known:
                shutil.copy(path, corpus / path.name[:16])
            known |= taken
    print(f"{parser}: {len(list(corpus.iterdir()))} inputs, {len(known)} steps")


if __name__ == "__main__":
    keep(sys.argv[1], Path(sys.argv[2]))
