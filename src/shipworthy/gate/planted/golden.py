"""Planted defects of golden continuations and of what is compared with them: raw samples in and out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

from .table import makes

Raw = Mapping[str, Any]
Object = dict[str, Any]

_ELSEWHERE = "0" * 64
_RAISED = 100.0


def _changed(raw: Raw, change: Callable[[list[Object]], object]) -> Object:
    copy = deepcopy(dict(raw))
    change(copy["samples"])
    return copy


def _each(raw: Raw, change: Callable[[Object], object]) -> Object:
    return _changed(raw, lambda samples: [change(sample) for sample in samples])


def _cut(raw: Raw, key: str, length: int) -> Object:
    """A list of the first sample has so many values."""
    return _changed(raw, lambda samples: samples[0].update({key: samples[0][key][:length]}))


def golden_dropped(raw: Raw) -> Object:
    """One prompt is not there."""
    return _changed(raw, lambda samples: samples.pop(len(samples) // 2))


def golden_repeated(raw: Raw) -> Object:
    """The first prompt is there twice, and the last not at all."""
    return _changed(raw, lambda samples: samples.__setitem__(-1, deepcopy(samples[0])))


def goldens_missing(raw: Raw) -> Object:
    """There is no prompt."""
    return _changed(raw, lambda samples: samples.clear())


def golden_cut_short(raw: Raw) -> Object:
    """The first continuation lacks its last token, and the margin of it."""
    return _cut(_cut(raw, "continuation", -1), "margins", -1)


def golden_margins_cut(raw: Raw) -> Object:
    """The first continuation lacks its last margin."""
    return _cut(raw, "margins", -1)


def golden_margin_missing(raw: Raw) -> Object:
    """The first margin is null."""
    return _changed(raw, lambda samples: samples[0]["margins"].__setitem__(0, None))


def golden_margins_constant(raw: Raw) -> Object:
    """Every margin is the first one."""
    first = raw["samples"][0]["margins"][0]
    return _each(raw, lambda row: row.update(margins=[first] * len(row["margins"])))


def goldens_from_elsewhere(raw: Raw) -> Object:
    """The device is another one."""
    return {**deepcopy(dict(raw)), "device": "cuda:0"}


def goldens_in_half(raw: Raw) -> Object:
    """The dtype is another one."""
    return {**deepcopy(dict(raw)), "dtype": "bfloat16"}


def output_dropped(raw: Raw) -> Object:
    """One output is not there."""
    return golden_dropped(raw)


def output_repeated(raw: Raw) -> Object:
    """The first output is there twice, and the last not at all."""
    return golden_repeated(raw)


def outputs_missing(raw: Raw) -> Object:
    """There is no output."""
    return goldens_missing(raw)


def output_cut_short(raw: Raw) -> Object:
    """Of the first prompt half of the tokens are there, golden and new."""
    length = len(raw["samples"][0]["golden"]) // 2
    return _cut(_cut(_cut(raw, "golden", length), "margins", length), "continuation", length)


def output_tokens_lost(raw: Raw) -> Object:
    """The first output has no token and no text."""
    return _changed(raw, lambda samples: samples[0].update(continuation=[], text=""))


def baseline_of_other_weights(raw: Raw) -> Object:
    """The baseline is of another checkpoint."""
    copy = deepcopy(dict(raw))
    copy["baseline"]["subject_sha256"] = _ELSEWHERE
    return copy


def output_of_another_type(raw: Raw) -> Object:
    """The file states another type."""
    return {**deepcopy(dict(raw)), "file_type": "ALL_F32"}


def export_did_not_load(raw: Raw) -> Object:
    """The receipt has an error, and its outputs."""
    return {**deepcopy(dict(raw)), "error": "llama.cpp does not load this file"}


def margin_raised(raw: Raw) -> Object:
    """The margin is one that no token reaches."""
    return {**deepcopy(dict(raw)), "margin": _RAISED}


def goldens_never_sure(raw: Raw) -> Object:
    """Every margin is zero."""
    return _each(raw, lambda row: row.update(margins=[0.0] * len(row["margins"])))


def output_parts_where_sure(raw: Raw) -> Object:
    """The first output has another token where the checkpoint preferred its own the most."""

    def part(samples: list[Object]) -> None:
        row = samples[0]
        _part(row, row["margins"].index(max(row["margins"])))

    return _changed(raw, part)


def output_parts_without_margin(raw: Raw) -> Object:
    """The first output has another token at once, where there is no margin."""

    def part(samples: list[Object]) -> None:
        _part(samples[0], 0)
        samples[0]["margins"][0] = None

    return _changed(raw, part)


def outputs_part_at_once(raw: Raw) -> Object:
    """Every output has another token at its first close call, and says what it likes behind it."""
    return _each(raw, lambda row: _part(row, _first_close(row, raw["margin"])))


def outputs_loop(raw: Raw) -> Object:
    """Every output is the golden one to its first close call, and one token behind it."""

    def loop(row: Object) -> None:
        _part(row, _first_close(row, raw["margin"]))
        at = _first_close(row, raw["margin"])
        row["continuation"][at:] = row["continuation"][at : at + 1] * (len(row["golden"]) - at)

    return _each(raw, loop)


def outputs_blank(raw: Raw) -> Object:
    """Every output is line ends."""
    return _each(raw, lambda row: row.update(text="\n" * len(row["continuation"])))


def _first_close(row: Object, margin: float) -> int:
    """The first token that was preferred by no more than the margin, else the last one."""
    close = (at for at, value in enumerate(row["margins"]) if value <= margin)
    return next(close, len(row["margins"]) - 1)


def _part(row: Object, at: int) -> None:
    """The golden output with another token at `at`."""
    row["continuation"] = list(row["golden"])
    row["continuation"][at] = row["golden"][at] + 1


MADE = makes(
    "measurement",
    golden_dropped,
    golden_repeated,
    goldens_missing,
    golden_cut_short,
    golden_margins_cut,
    golden_margin_missing,
    golden_margins_constant,
    goldens_from_elsewhere,
    goldens_in_half,
    output_dropped,
    output_repeated,
    outputs_missing,
    output_cut_short,
    output_tokens_lost,
    baseline_of_other_weights,
    output_of_another_type,
    export_did_not_load,
    margin_raised,
    goldens_never_sure,
    output_parts_where_sure,
    output_parts_without_margin,
    outputs_part_at_once,
    outputs_loop,
    outputs_blank,
)
