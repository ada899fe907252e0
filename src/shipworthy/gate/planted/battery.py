"""Planted defects of the qa battery's samples: raw samples in, raw samples with one thing wrong out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

from . import receipts, run_statements
from .table import makes

_OF_RUNS = {**receipts.MADE, **run_statements.MADE}
_NOISE_NATS_PER_BYTE = 4.0

Raw = Mapping[str, Any]
Object = dict[str, Any]


def _each(raw: Raw, key: str, change: Callable[[Object], None]) -> Object:
    changed = deepcopy(dict(raw))
    for row in changed[key]:
        change(row)
    return changed


def _first(raw: Raw, key: str, **values: Any) -> Object:
    changed = deepcopy(dict(raw))
    changed[key][0].update(values)
    return changed


def _without_first(raw: Raw, key: str) -> Object:
    return {**deepcopy(dict(raw)), key: deepcopy(list(raw[key][1:]))}


def hostile_prompt_dropped(raw: Raw) -> Object:
    """The first prompt is not in the receipt."""
    return _without_first(raw, "samples")


def hostile_prompt_twice(raw: Raw) -> Object:
    """The second sample bears the name of the first."""
    changed = deepcopy(dict(raw))
    changed["samples"][1] = deepcopy(changed["samples"][0])
    return changed


def hostile_prompts_refused(raw: Raw) -> Object:
    """Both runtimes refused every prompt by name."""
    return _each(
        raw, "samples", lambda row: row.update(torch="refused: filtered", llama_cpp="refused: filtered")
    )


def runtime_crashed(raw: Raw) -> Object:
    """llama.cpp ended at the first prompt."""
    return _first(raw, "samples", llama_cpp="crash: LlamaCppCrash: ended by signal 11")


def logits_not_finite(raw: Raw) -> Object:
    """Our decoder gave a NaN at the last prompt."""
    changed = deepcopy(dict(raw))
    changed["samples"][-1]["torch"] = "not finite"
    return changed


def continuation_loops(raw: Raw) -> Object:
    """Every continuation repeats its first four tokens."""

    def loop(row: Object) -> None:
        row["tokens"] = (row["tokens"][:4] * len(row["tokens"]))[: len(row["tokens"])]

    return _each(raw, "continuations", loop)


def continuation_gibberish(raw: Raw) -> Object:
    """Every other character of every continuation is a replacement character."""
    return _each(raw, "continuations", lambda row: row.update(text="\ufffdx" * (len(row["text"]) // 2 + 1)))


def continuation_blank(raw: Raw) -> Object:
    """Every continuation is line ends."""
    return _each(raw, "continuations", lambda row: row.update(text="\n" * len(row["tokens"])))


def continuation_cut(raw: Raw) -> Object:
    """Every continuation lacks its second half, and no eos ended it."""
    return _each(
        raw,
        "continuations",
        lambda row: row.update(tokens=row["tokens"][: len(row["tokens"]) // 2], ended=False),
    )


def written_text_dropped(raw: Raw) -> Object:
    """The first continuation is not in the receipt."""
    return _without_first(raw, "continuations")


def loss_of_noise(raw: Raw) -> Object:
    """Every byte costs four nats."""
    return _each(raw, "texts", lambda row: row.update(nats=row["bytes"] * _NOISE_NATS_PER_BYTE))


def loss_is_nan(raw: Raw) -> Object:
    """The first loss is null."""
    return _first(raw, "texts", nats=None)


def texts_unread(raw: Raw) -> Object:
    """There is no text."""
    return {**deepcopy(dict(raw)), "texts": []}


def reference_missing(raw: Raw) -> Object:
    """There is no run on the CPU."""
    return {**deepcopy(dict(raw)), "reference": []}


def sides_exchanged(raw: Raw) -> Object:
    """Each side has the runs of the other."""
    return {**deepcopy(dict(raw)), "runs": deepcopy(raw["reference"]), "reference": deepcopy(raw["runs"])}


def reference_shorter(raw: Raw) -> Object:
    """Every iteration on the CPU has half of the tokens in half of the time."""

    def halve(run: Object) -> None:
        for sample in run["samples"]:
            sample.update(tokens=sample["tokens"] // 2, seconds=sample["seconds"] / 2)

    return _each(raw, "reference", halve)


def reference_on_the_device(raw: Raw) -> Object:
    """The runs on the CPU say cuda, and their parameters lay on the CPU."""
    return _each(raw, "reference", lambda run: run.update(device="cuda"))


def reference_spoilt(raw: Raw, by: str) -> Object:
    """The runs on the CPU have the defect that is named."""
    return {
        **deepcopy(dict(raw)),
        "reference": _OF_RUNS["measurement", by]({"runs": raw["reference"]})["runs"],
    }


MADE = makes(
    "measurement",
    reference_missing,
    sides_exchanged,
    reference_shorter,
    reference_on_the_device,
    reference_spoilt,
    hostile_prompt_dropped,
    hostile_prompt_twice,
    hostile_prompts_refused,
    runtime_crashed,
    logits_not_finite,
    continuation_loops,
    continuation_gibberish,
    continuation_blank,
    continuation_cut,
    written_text_dropped,
    loss_of_noise,
    loss_is_nan,
    texts_unread,
)
