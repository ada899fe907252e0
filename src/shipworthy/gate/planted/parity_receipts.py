"""Planted defects of comparisons with llama.cpp: raw samples in, raw samples with one thing wrong out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

from .table import makes

Raw = Mapping[str, Any]
Object = dict[str, Any]

_VALUES = ("kl_nats", "top1_probability_difference", "margin")
_LISTS = (*_VALUES, "argmax", "argmax_llama_cpp")
_GROSS_NATS = 9.2
"""What a zeroed row of the embedding comes to on SmolLM2-135M-Instruct."""
_OTHER_WAY = {"batched": "stepwise", "stepwise": "batched"}


def _changed(raw: Raw, change: Callable[[list[Object]], object]) -> Object:
    copy = deepcopy(dict(raw))
    change(copy["samples"])
    return copy


def _used(raw: Raw, **values: Any) -> Object:
    return {**raw, "used": {**raw["used"], **values}}


def comparison_dropped(raw: Raw) -> Object:
    """One prompt is not there."""
    return _changed(raw, lambda samples: samples.pop(len(samples) // 2))


def comparison_repeated(raw: Raw) -> Object:
    """The first prompt is there twice, and the last not at all."""
    return _changed(raw, lambda samples: samples.__setitem__(-1, deepcopy(samples[0])))


def comparisons_missing(raw: Raw) -> Object:
    """There is no prompt."""
    return _changed(raw, lambda samples: samples.clear())


def positions_halved(raw: Raw) -> Object:
    """Every prompt was cut to half of its positions, and says so."""

    def halve(samples: list[Object]) -> None:
        for sample in samples:
            half = sample["asked"] // 2
            sample.update({"asked": half, **{key: sample[key][:half] for key in _LISTS}})

    return _changed(raw, halve)


def values_cut_short(raw: Raw) -> Object:
    """The last values of one prompt are not there, of none of its lists."""

    def cut(samples: list[Object]) -> None:
        samples[0].update({key: samples[0][key][:-1] for key in _LISTS})

    return _changed(raw, cut)


def not_a_number_as_zero(raw: Raw) -> Object:
    """One position has no divergence and no difference at all."""
    return _changed(raw, lambda samples: _at_first(samples, 0.0))


def not_a_number(raw: Raw) -> Object:
    """One position has no value."""
    return _changed(raw, lambda samples: _at_first(samples, None))


def _at_first(samples: list[Object], value: float | None) -> None:
    for key in _VALUES[:2]:
        samples[0][key][0] = value


def divergence_of_the_first(raw: Raw) -> Object:
    """Every divergence is the first one."""

    def constant(samples: list[Object]) -> None:
        first = samples[0]["kl_nats"][0]
        for sample in samples:
            sample["kl_nats"] = [first] * len(sample["kl_nats"])

    return _changed(raw, constant)


def divergence_negated(raw: Raw) -> Object:
    """Every divergence has the other sign."""

    def negated(samples: list[Object]) -> None:
        for sample in samples:
            sample["kl_nats"] = [-value for value in sample["kl_nats"]]

    return _changed(raw, negated)


def one_position_wrong(raw: Raw) -> Object:
    """The token that led by most is another one to llama.cpp, and the divergence there is as large."""

    def wrong(samples: list[Object]) -> None:
        sample = max(samples, key=lambda one: max(one["margin"]))
        at = sample["margin"].index(max(sample["margin"]))
        sample["argmax_llama_cpp"][at] = sample["argmax"][at] + 1
        sample["kl_nats"][at] = _GROSS_NATS

    return _changed(raw, wrong)


def cache_in_f16(raw: Raw) -> Object:
    """Keys and values were kept in F16."""
    return _used(raw, kv_cache="f16")


def flash_attention_on(raw: Raw) -> Object:
    """Flash attention was on."""
    return _used(raw, flash_attention=True)


def decoded_the_other_way(raw: Raw) -> Object:
    """Batched where stepwise was asked for, or the reverse."""
    return _used(raw, decode=_OTHER_WAY[raw["used"]["decode"]])


def computed_elsewhere(raw: Raw) -> Object:
    """The device is another one."""
    return _used(raw, device="cuda")


def float64_throughout(raw: Raw) -> Object:
    """Every prompt was computed in float64."""

    def wider(samples: list[Object]) -> None:
        for sample in samples:
            sample["ours_in"] = "float64"

    return _changed(raw, wider)


MADE = makes(
    "measurement",
    comparison_dropped,
    comparison_repeated,
    comparisons_missing,
    positions_halved,
    values_cut_short,
    not_a_number_as_zero,
    not_a_number,
    divergence_of_the_first,
    divergence_negated,
    one_position_wrong,
    cache_in_f16,
    flash_attention_on,
    decoded_the_other_way,
    computed_elsewhere,
    float64_throughout,
)
