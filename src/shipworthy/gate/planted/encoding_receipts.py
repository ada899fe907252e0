"""Planted defects of receipts about encodings and decoding: raw samples with one thing wrong."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from .table import makes

Raw = Mapping[str, Any]
Object = dict[str, Any]


def fallback_not_listed(raw: Raw) -> Object:
    """The first fallback is not in the list."""
    return {**raw, "listed": raw["listed"][1:]}


def fallback_without_reason(raw: Raw) -> Object:
    """The first fallback has no reason."""
    first, *others = raw["listed"]
    return {**raw, "listed": [{**first, "reason": ""}, *others]}


def fallback_listed_for_nothing(raw: Raw) -> Object:
    """A tensor that is as asked is listed as a fallback."""
    matrix = next(row["name"] for row in raw["tensors"] if len(row["shape"]) > 1)
    return {**raw, "listed": [*raw["listed"], {"tensor": matrix, "stored": "f32", "reason": "too large"}]}


def tensor_not_in_the_receipt(raw: Raw) -> Object:
    """The last tensor has no row."""
    return {**raw, "tensors": raw["tensors"][:-1]}


def nothing_in_the_receipt(raw: Raw) -> Object:
    """No tensor has a row, and none is named."""
    return {**raw, "tensors": [], "names": {"checkpoint": [], "gguf": []}}


def receipt_of_another_dtype(raw: Raw, *, asked: str) -> Object:
    """The measurement was asked for another dtype."""
    return {**raw, "asked": asked}


def every_tensor_a_copy(raw: Raw) -> Object:
    """Every tensor is said to be copied, and no other quantizer gave its bytes."""
    rows = [{**row, "copied": True, "independent_sha256": None} for row in raw["tensors"]]
    return {**raw, "tensors": rows}


def cosine_not_finite(raw: Raw) -> Object:
    """One cosine of a matrix is null."""
    changed = deepcopy(dict(raw))
    next(row for row in changed["tensors"] if row["cosine"] < 1)["cosine"] = None
    return changed


def quantizer_run_once(raw: Raw) -> Object:
    """Of the runs only the first is there."""
    return {**raw, "runs": raw["runs"][:1]}


def quantizer_runs_differ(raw: Raw) -> Object:
    """The second run has another digest."""
    return {**raw, "runs": [raw["runs"][0], raw["runs"][0][::-1]]}


def prompt_dropped(raw: Raw) -> Object:
    """The last prompt has no sample."""
    return {**raw, "samples": raw["samples"][:-1]}


def prompt_repeated(raw: Raw) -> Object:
    """The first sample stands in place of the last."""
    return {**raw, "samples": [*raw["samples"][:-1], raw["samples"][0]]}


def prompt_cut_short(raw: Raw) -> Object:
    """Of the first prompt one token was decoded."""
    first, *others = raw["samples"]
    return {**raw, "samples": [{**first, "positions": 1}, *others]}


def vocabulary_of_another_model(raw: Raw) -> Object:
    """llama.cpp found one token more."""
    return {**raw, "model": {**raw["model"], "n_vocab": raw["model"]["n_vocab"] + 1}}


MADE = makes(
    "measurement",
    fallback_not_listed,
    fallback_without_reason,
    fallback_listed_for_nothing,
    tensor_not_in_the_receipt,
    nothing_in_the_receipt,
    receipt_of_another_dtype,
    every_tensor_a_copy,
    cosine_not_finite,
    quantizer_run_once,
    quantizer_runs_differ,
    prompt_dropped,
    prompt_repeated,
    prompt_cut_short,
    vocabulary_of_another_model,
)
