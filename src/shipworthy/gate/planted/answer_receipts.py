"""Planted defects of receipts of texts, hostile prompts, loads, round trips and renderings."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from ...canonical import sha256_bytes
from .table import makes

Raw = Mapping[str, Any]
Object = dict[str, Any]

_ROWS = ("continuations", "samples", "tensors")
_GONE_WRONG: Mapping[str, Any] = {
    "text": "",
    "llama_cpp": "crash: LlamaCppCrash: ended by signal 11",
    "finite": False,
    "cosine": 0.1,
}
"""What says of a row, in one probe or another, that it went wrong."""


def _rows(raw: Raw) -> tuple[Object, list[Object]]:
    """A copy, and its rows."""
    changed = deepcopy(dict(raw))
    return changed, next(changed[key] for key in _ROWS if key in changed)


def _each(raw: Raw, key: str, **values: Any) -> Object:
    return {**raw, key: [{**row, **values} for row in raw[key]]}


def row_repeated_until_green(raw: Raw) -> Object:
    """Before the first row there is one of the same name that went wrong."""
    changed, rows = _rows(raw)
    wrong = {name: value for name, value in _GONE_WRONG.items() if name in rows[0]}
    rows.insert(0, {**rows[0], **wrong})
    return changed


def row_counted_twice(raw: Raw) -> Object:
    """The first row stands there twice."""
    changed, rows = _rows(raw)
    rows.insert(0, dict(rows[0]))
    return changed


def fewer_tokens_asked(raw: Raw) -> Object:
    """Eight tokens were asked for, and every continuation has as many."""
    cut = [{**row, "tokens": row["tokens"][:8]} for row in raw["continuations"]]
    return {**raw, "asked": 8, "continuations": cut}


def continuations_end_at_once(raw: Raw) -> Object:
    """Every continuation is its first token, and the eos token ended it."""
    cut = [{**row, "tokens": row["tokens"][:1], "ended": True} for row in raw["continuations"]]
    return {**raw, "continuations": cut}


def one_continuation_for_all(raw: Raw) -> Object:
    """Every prompt has the last one's continuation."""
    last = raw["continuations"][-1]
    return _each(raw, "continuations", tokens=last["tokens"], text=last["text"])


def one_text_for_all(raw: Raw) -> Object:
    """Every text is the first one."""
    return {**raw, "texts": [dict(raw["texts"][0]) for _ in raw["texts"]]}


def loss_of_nothing(raw: Raw) -> Object:
    """Every loss is 0."""
    return _each(raw, "texts", nats=0.0)


def written_by_another_engine(raw: Raw) -> Object:
    """The engine is llama.cpp."""
    return {**raw, "engine": "llama.cpp"}


def written_on_another_device(raw: Raw) -> Object:
    """The cache lay on another device than the weights."""
    return {**raw, "cache_on": "cuda"}


def written_in_half(raw: Raw) -> Object:
    """The weights that wrote were seen in bfloat16."""
    return {**raw, "parameters_dtype": "bfloat16"}


def answerable_refused(raw: Raw) -> Object:
    """Both runtimes refused six of the prompts that they answer."""
    changed = deepcopy(dict(raw))
    for row in [row for row in changed["samples"] if row["torch"] == "answered"][:6]:
        row.update(torch="refused: filtered", llama_cpp="refused: filtered")
    return changed


def unanswerable_answered(raw: Raw) -> Object:
    """Every prompt was answered, the empty one and those beyond the context too."""
    return _each(raw, "samples", torch="answered", llama_cpp="answered")


def prompts_without_tokens(raw: Raw) -> Object:
    """No prompt had a token."""
    return _each(raw, "samples", tokens=0)


def context_misstated(raw: Raw) -> Object:
    """The context is one position more."""
    return {**raw, "context": raw["context"] + 1}


def one_spread_for_all(raw: Raw) -> Object:
    """Every prompt has the first one's spread."""
    return _each(raw, "samples", least_spread=raw["samples"][0]["least_spread"])


def matrices_in_full(raw: Raw) -> Object:
    """Every matrix but the first is stored in F32."""
    first = next(row["name"] for row in raw["tensors"] if len(row["shape"]) > 1)
    return {
        **raw,
        "tensors": [row if row["name"] == first else {**row, "stored": "F32"} for row in raw["tensors"]],
    }


def goldens_of_its_own(raw: Raw) -> Object:
    """Every rendering is another, and so is its golden."""
    other = sha256_bytes(b"another template's rendering")
    return _each(raw, "renderings", sha256=other, golden_sha256=other)


def rendered_to_nothing(raw: Raw) -> Object:
    """Every rendering has no bytes, and the digest of its golden."""
    return _each(raw, "renderings", bytes=0)


MADE = makes(
    "measurement",
    row_repeated_until_green,
    row_counted_twice,
    fewer_tokens_asked,
    continuations_end_at_once,
    one_continuation_for_all,
    one_text_for_all,
    loss_of_nothing,
    written_by_another_engine,
    written_on_another_device,
    written_in_half,
    answerable_refused,
    unanswerable_answered,
    prompts_without_tokens,
    context_misstated,
    one_spread_for_all,
    matrices_in_full,
    goldens_of_its_own,
    rendered_to_nothing,
)
