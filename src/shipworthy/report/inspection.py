"""What `inspect` prints for people: plain aligned lines; a table library costs more than the reading."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..errors import visible

_PROBLEMS = ("missing", "stated_twice", "implausible", "disagreements", "unsupported")
_INDENT = "  "


def inspection_lines(found: Mapping[str, Any]) -> Iterator[str]:
    """A checkpoint: what it is, what is wrong with what it says, and its tensors.

    `found` is what `checkpoint.summary.summarize` gives, and perhaps a `remembered_digest`. Characters that a
    terminal would obey are escaped.
    """
    content = "verified" if found["content_verified"] else "not verified"
    yield f"{visible(found['name'])}: {found['format']}, {found['size']:,} bytes (content: {content})"
    if found.get("remembered_digest"):
        yield f"sha256 {found['remembered_digest']}, as it was when the file was last read"
    facts = {**found["architecture"], "parameters": f"{found['parameters']:,}"}
    rows = [(name, "absent" if value is None else visible(str(value))) for name, value in facts.items()]
    yield from aligned([*rows, ("tokenizer", _tokenizer(found["tokenizer"]))])
    for heading in _PROBLEMS:
        for problem in found[heading]:
            yield f"{heading.replace('_', ' ')}: {visible(problem)}"
    yield f"{found['tensor_count']} tensors: name, dtype, shape, bytes"
    yield from aligned([_tensor(tensor) for tensor in found["tensors"]])


def _tokenizer(found: Mapping[str, Any] | None) -> str:
    if found is None:
        return "none embedded"
    if "broken" in found:
        return f"broken: {visible(found['broken'])}"
    return f"{found['size']:,} tokens, {found['merges']:,} merges, {visible(found['pre'])}"


def _tensor(tensor: Mapping[str, Any]) -> tuple[str, ...]:
    shape = " x ".join(str(length) for length in tensor["shape"])
    return visible(tensor["name"]), tensor["dtype"], shape, f"{tensor['bytes']:,}"


def aligned(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """Indented lines whose columns start at the same places."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield _INDENT + _INDENT.join(cells).rstrip()
