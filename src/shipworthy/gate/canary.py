"""The texts of contracts/data: one JSON object a line, {id, kind, text}."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..canonical import strict_loads
from ..errors import FileError


@dataclass(frozen=True)
class CanaryText:
    """One text: `kind` says what it exercises (code, prose, script, chat)."""

    id: str
    kind: str
    text: str


def read_texts(path: Path) -> list[CanaryText]:
    """Read a data file. Raises FileError for a line that is no text, an id that repeats, or no text."""
    texts: list[CanaryText] = []
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        try:
            entry = strict_loads(line)
            texts.append(CanaryText(entry["id"], entry["kind"], entry["text"]))
        except (ValueError, KeyError, TypeError) as error:
            raise FileError(
                "bad-text", f"line {number} is not {{id, kind, text}}: {error}", path=path
            ) from error
    if not texts:
        raise FileError("no-texts", "holds no text", path=path)
    if len({text.id for text in texts}) != len(texts):
        raise FileError("duplicate-text", "two texts have the same id", path=path)
    return texts


def spread(texts: list[CanaryText], count: int) -> list[CanaryText]:
    """`count` texts at equal distances, or all where there are no more."""
    if count >= len(texts):
        return texts
    return [texts[index * len(texts) // count] for index in range(count)]
