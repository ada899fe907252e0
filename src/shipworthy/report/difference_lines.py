"""What `diff` prints for people: the verdict, metadata, names, then the most different tensors."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ..checkpoint.differences import Differences, Side
from ..checkpoint.tensor_comparison import TensorComparison
from ..errors import visible
from .inspection import aligned

_WORST = 20
_LONGEST = 80


def difference_lines(found: Differences, *, everything: bool = False) -> Iterator[str]:
    """The summary first; `everything` lists all tensors that differ, not only the worst 20.

    Characters that a terminal would obey are escaped.
    """
    yield f"a: {_side(found.a)}"
    yield f"b: {_side(found.b)}"
    different = found.different()
    total = len(found.tensors)
    verdict = "identical" if found.identical else "different"
    recoded = sum(t.same and not t.identical_bytes for t in found.tensors)
    stored = f", {recoded} of them stored in other bytes" if recoded else ""
    yield f"{verdict}: {total - len(different)} of {total} common tensors have the same values{stored}"
    yield f"tokenizer: {_tokenizers(found)}"
    for word, fields in (("removed", found.removed), ("added", found.added)):
        for field, value in fields.items():
            yield f"metadata {word}: {visible(field)} = {short(value)}"
    for field, (a, b) in found.changed.items():
        yield f"metadata changed: {visible(field)} from {short(a)} to {short(b)}"
    for word, names in (("a", found.only_in_a), ("b", found.only_in_b)):
        for name in names if everything else names[:_WORST]:
            yield f"only in {word}: {visible(name)}"
        if not everything and len(names) > _WORST:
            yield f"only in {word}: {len(names) - _WORST} more; --all names them"
    for tensor in found.tensors:
        if tensor.same and any(tensor.not_finite):
            count = tensor.not_finite[0]
            yield f"not finite in both: {count} values of {visible(tensor.name)}, the same bytes"
    if different:
        yield from _table(different if everything else different[:_WORST])
    if not everything and len(different) > _WORST:
        yield f"{len(different) - _WORST} more tensors differ; --all lists them"


def _side(side: Side) -> str:
    return f"{visible(side.name)}, {side.format}, {side.size:,} bytes, sha256 {side.sha256}"


def _tokenizers(found: Differences) -> str:
    digests = [digest[:12] if digest else "none" for digest in (found.a.tokenizer, found.b.tokenizer)]
    same = found.a.tokenizer == found.b.tokenizer
    return f"the same, {digests[0]}" if same else f"{digests[0]} in a, {digests[1]} in b"


def _table(tensors: list[TensorComparison]) -> Iterator[str]:
    yield "tensor, dtypes, shape, cosine, largest difference"
    yield from aligned([_row(tensor) for tensor in tensors])


def _row(tensor: TensorComparison) -> tuple[str, ...]:
    a, b = tensor.dtypes
    shapes = dict.fromkeys(" x ".join(map(str, shape)) for shape in tensor.shapes)
    why = tensor.not_compared
    if any(tensor.not_finite):
        why = f"not finite: {tensor.not_finite[0]} in a, {tensor.not_finite[1]} in b"
    return (
        visible(tensor.name),
        a if a == b else f"{a} / {b}",
        " / ".join(shapes),
        visible(why) if tensor.cosine is None and why else _number(tensor.cosine, ".9f"),
        _number(tensor.max_abs_difference, ".3g"),
    )


def _number(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)


def short(value: Any) -> str:
    """A metadata value on one line, as JSON, cut where it is long."""
    text = json.dumps(value, ensure_ascii=False)
    return visible(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}... ({len(text)} characters)")
