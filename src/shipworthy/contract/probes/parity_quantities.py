"""What llama_cpp_parity@2 derives from its raw samples: every position of every prompt counts."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

FLIP_MARGIN = 0.05
"""Logits by which a token leads: llama.cpp's own rounding decides no flip above it."""
VALUES = ("kl_nats", "top1_probability_difference", "margin")
CHOICES = ("argmax", "argmax_llama_cpp")

Samples = Sequence[Mapping[str, Any]]


def summarize(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Quantities over all positions; a prompt that was not compared, or comes again, is not counted."""
    everything: Samples = raw["samples"]
    samples = [sample for sample in everything if sample["kl_nats"]]
    kl = [value for sample in samples for value in sample["kl_nats"]]
    difference = [value for sample in samples for value in sample["top1_probability_difference"]]
    margins = [value for sample in samples for value in sample["margin"]]
    lengths = [len(sample["kl_nats"]) for sample in samples]
    finite = bool(samples) and all(map(_all_finite, (kl, difference, margins)))
    flips = list(_margins_of_flips(samples))
    used = raw["used"]
    return {
        "loads": raw["loads"],
        "export_dtype": _the_one(raw["matrices"]),
        "prompts": len({sample["prompt"] for sample in samples}),
        "positions": min(lengths, default=0),
        "compared": sum(lengths),
        "lengths_differ": sum(map(_lengths_differ, everything)),
        "prompts_in_float64": sum(sample["ours_in"] == "float64" for sample in samples),
        "finite": finite,
        "distinct_kl": len(set(kl) - {None}),
        "exact_zeros": kl.count(0),
        "token_ids_differ": sum(not sample["token_ids_equal"] for sample in everything),
        "texts_differ": sum(not sample["texts_equal"] for sample in everything),
        "argmax_flips": len(flips),
        "flips_above_margin": sum(margin is None or not margin <= FLIP_MARGIN for margin in flips),
        "largest_flip_margin": (_largest(flips) if flips else 0.0) if finite else None,
        "top1_probability_difference": max(difference) if finite else _largest(difference),
        "max_kl_nats": max(kl) if finite else _largest(kl),
        "least_kl_nats": min(kl) if finite else None,
        "kl_999_nats": quantile(kl, 999) if finite else None,
        "mean_kl_nats": math.fsum(kl) / len(kl) if finite else None,
        "decode": used.get("decode", ""),
        "kv_cache": used.get("kv_cache", ""),
        "flash_attention": used.get("flash_attention"),
        "device": used.get("device", ""),
        "llama_cpp_error": raw["error"] or "",
    }


def quantile(values: Sequence[float], per_mille: int) -> float:
    """The smallest value that so many of a thousand do not exceed, by nearest rank.

    999 of a thousand are all of fewer than 1,000 values, so that of them it is the largest.
    """
    rank = -(-len(values) * per_mille // 1000)
    return sorted(values)[rank - 1]


def _all_finite(values: Sequence[float | None]) -> bool:
    """Whether each is there and finite; of no values that is true."""
    return None not in values and all(map(math.isfinite, cast("Sequence[float]", values)))


def _largest(values: Sequence[float | None]) -> float | None:
    """The maximum, or None where there is no value or one that is not finite: None meets no bound."""
    return max(cast("Sequence[float]", values)) if values and _all_finite(values) else None


def _lengths_differ(sample: Mapping[str, Any]) -> bool:
    """Whether a list of a sample has not the length that was asked for."""
    return any(len(sample[key]) != sample["asked"] for key in (*VALUES, *CHOICES))


def _margins_of_flips(samples: Samples) -> Iterable[float | None]:
    """Our margin at every position where the likeliest token differs."""
    for sample in samples:
        if sample["argmax"] == sample["argmax_llama_cpp"]:
            continue
        for ours, theirs, margin in zip(
            sample["argmax"], sample["argmax_llama_cpp"], sample["margin"], strict=False
        ):
            if ours != theirs:
                yield margin


def _the_one(matrices: Mapping[str, int]) -> str:
    """The dtype that every matrix has, lower case; "mixed" of several, "" of none."""
    return "mixed" if len(matrices) > 1 else next(iter(matrices), "").lower()
