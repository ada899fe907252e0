"""Receipts that keep samples (`llama-bench`, `shipworthy bench`), and scores (lm-eval), computed again."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from ..adapters.lm_eval import scores
from ..adapters.shipworthy_bench import benches
from ..dossier import Dossier
from ..figures import agrees, shown
from ..finding import Finding
from ..places import pointer
from ..receipt import number

_LOOSE = Decimal("1e-5")
"""llama-bench prints rates with six digits after the point and samples with as many significant ones."""


def llama_bench(dossier: Dossier) -> Iterator[Finding]:
    """Means, deviations and rates from the nanoseconds of each sample, as llama-bench computes them."""
    for receipt in dossier.of("llama-bench"):
        for index, test in enumerate(receipt.document):
            samples = _numbers(test["samples_ns"])
            if not samples or any(sample <= 0 for sample in samples):
                what = "has no samples, or one that took no time"
                place = pointer(index, "samples_ns")
                yield Finding("no-samples", receipt.file, place, test["samples_ns"], None, what)
                continue
            yield from _constant(receipt.file, pointer(index, "samples_ns"), samples)
            tokens = (number(test["n_prompt"]) or Decimal(0)) + (number(test["n_gen"]) or Decimal(0))
            rates = [tokens * 1_000_000_000 / sample for sample in samples]
            # Nanoseconds are cut off, not rounded; a deviation is had from a difference of squares.
            mean, rate = statistics.mean(samples), statistics.mean(rates)
            computed = [("avg_ns", mean, Decimal(1)), ("avg_ts", rate, rate * _LOOSE)]
            if len(samples) > 1:
                spread, of_rates = statistics.stdev(samples), statistics.stdev(rates)
                computed.append(("stddev_ns", spread, spread / 1000 + 1))
                computed.append(("stddev_ts", of_rates, of_rates / 1000 + Decimal("1e-3")))
            for key, value, slack in computed:
                stated = number(test.get(key))
                if stated is not None and abs(stated - value) > slack:
                    yield _wrong(receipt.file, pointer(index, key), key, stated, value, "from the samples")
            shown_rates = _numbers(test["samples_ts"])
            if len(shown_rates) != len(rates) or any(
                abs(a - b) > b * _LOOSE for a, b in zip(shown_rates, rates, strict=False)
            ):
                what = "samples_ts are not the tokens over samples_ns"
                place = pointer(index, "samples_ts")
                yield Finding("wrong-arithmetic", receipt.file, place, test["samples_ts"], rates, what)


def own_bench(dossier: Dossier) -> Iterator[Finding]:
    """The medians of `shipworthy bench`, and as many samples of as many tokens as it says."""
    for receipt in dossier.of("shipworthy-bench"):
        for keys, bench in benches(receipt.document):
            samples = bench["samples"] if isinstance(bench["samples"], list) else []
            rows = [
                (tokens, seconds, number(sample.get("ttft_seconds")))
                for sample in samples
                if isinstance(sample, dict)
                and (tokens := number(sample.get("tokens")))
                and (seconds := number(sample.get("seconds")))
            ]
            place = pointer(*keys, "samples")
            if not rows or len(rows) != len(samples):
                what = "has no samples, or one without tokens or seconds"
                yield Finding("no-samples", receipt.file, place, len(samples), len(rows), what)
                continue
            yield from _constant(receipt.file, place, [seconds for _, seconds, _ in rows])
            computed: list[tuple[str, Decimal, str]] = [
                ("iterations", Decimal(len(rows)), "the number of samples"),
                ("max_tokens", min(tokens for tokens, _, _ in rows), "the tokens of the shortest sample"),
                (
                    "median_tokens_per_second",
                    statistics.median(t / s for t, s, _ in rows),
                    "from the samples",
                ),
            ]
            firsts = [first for _, _, first in rows if first is not None]
            if len(firsts) == len(rows):
                computed.append(("median_ttft_seconds", statistics.median(firsts), "from the samples"))
            for key, value, how in computed:
                stated = number(bench.get(key))
                if stated is not None and not agrees(stated, value):
                    yield _wrong(receipt.file, pointer(*keys, key), key, stated, value, how)


def lm_eval(dossier: Dossier) -> Iterator[Finding]:
    """Scores outside 0..1, errors that do not follow from the count, counts that are not all or none."""
    for receipt in dossier.of("lm-eval"):
        for score in scores(receipt.document):
            name = f"{score.task} {score.metric}"
            if score.effective is not None and score.effective < 1:
                what = f"{name} is {shown(score.value)} of no documents"
                yield Finding(
                    "no-samples", receipt.file, score.samples_place, score.value, score.effective, what
                )
                continue
            if None not in (score.effective, score.original) and score.effective != score.original:
                what = f"{name} is of {score.effective} of {score.original} documents"
                place = score.samples_place
                yield Finding("not-all-scored", receipt.file, place, score.original, score.effective, what)
            if not _is_share(score.metric):
                continue
            if not 0 <= score.value <= 1:
                what = f"{name} is {shown(score.value)}, and a share lies in 0..1"
                yield Finding("wrong-arithmetic", receipt.file, score.place, score.value, None, what)
            elif score.effective is not None and score.counts:
                yield from _share(receipt.file, name, score)


def _share(file: str, name: str, score: Any) -> Iterator[Finding]:
    count = score.effective
    right = score.value * count
    if abs(right - right.to_integral_value()) > Decimal("1e-6") * count:
        what = f"{name} is {shown(score.value)}, which is no whole number of {count} documents"
        nearest = right.to_integral_value() / count
        yield Finding("wrong-arithmetic", file, score.place, score.value, nearest, what)
    elif score.stderr is not None and count > 1:
        computed = (score.value * (1 - score.value) / (count - 1)).sqrt()
        if abs(computed - score.stderr) > computed * Decimal("1e-4") + Decimal("1e-9"):
            how = f"from {shown(score.value)} of {count} documents"
            yield _wrong(file, score.stderr_place, f"the error of {name}", score.stderr, computed, how)


def _is_share(metric: str) -> bool:
    return metric.partition(",")[0] in ("acc", "acc_norm", "exact_match", "pass@1", "pass_at_1")


def _numbers(value: Any) -> list[Decimal]:
    found = [number(item) for item in value] if isinstance(value, list) else []
    return [item for item in found if item is not None] if None not in found else []


def _constant(file: str, place: str, samples: list[Decimal]) -> Iterator[Finding]:
    if len(samples) > 1 and len(set(samples)) == 1:
        what = f"all {len(samples)} samples took {shown(samples[0])}: no clock says that of real work"
        yield Finding("constant-samples", file, place, samples[0], len(samples), what)


def _wrong(file: str, place: str, name: str, stated: Decimal, computed: Decimal, how: str) -> Finding:
    what = f"{name} is {shown(stated)}, and {how} it is {shown(computed)}"
    return Finding("wrong-arithmetic", file, place, stated, computed, what)
