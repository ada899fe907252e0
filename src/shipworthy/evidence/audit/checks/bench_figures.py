"""`apr bench`: totals, means, percentiles and the first token, computed again as far as they can be."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from ..dossier import Dossier
from ..figures import RELATIVE, agrees, shown
from ..finding import WHOLE_FILE, Finding
from ..places import objects, pointer
from ..receipt import Receipt, number

_BOUNDS = ("threshold", "bound", "min", "floor", "target", "assert", "limit", "required")
_PERCENTILES = {"p90": 10, "p95": 20, "p99": 100, "p999": 1000}
"""By nearest rank a percentile is below the greatest sample only from so many samples on."""


def figures(dossier: Dossier) -> Iterator[Finding]:
    """The rate, the mean, the spread of three samples, the order of percentiles, and the first token."""
    for receipt in dossier.of("apr-bench"):
        for name, place, stated, computed, how in _computed(receipt):
            if not agrees(stated, computed):
                what = f"{name} is {shown(stated)}, and {how} is {shown(computed)}"
                yield Finding("wrong-arithmetic", receipt.file, place, stated, computed, what)
        yield from _first_token(receipt)


def _facts(receipt: Receipt) -> dict[str, Decimal]:
    return {fact.quantity: Decimal(fact.value) for fact in receipt.facts if not isinstance(fact.value, str)}


def _computed(receipt: Receipt) -> Iterator[tuple[str, str, Decimal, Decimal, str]]:
    """Name, place, stated figure, computed figure, and how it was computed."""
    document, facts = receipt.document, _facts(receipt)
    tokens, total, count = (facts.get(name) for name in ("total_tokens", "total_time_ms", "iterations"))
    stated = {key: value for key in document if (value := number(document[key])) is not None}
    if tokens is not None and total and "tokens_per_second" in stated:
        how = "total_tokens / total_time_ms"
        yield (
            "tokens_per_second",
            "/tokens_per_second",
            stated["tokens_per_second"],
            tokens * 1000 / total,
            how,
        )
    if total is not None and count and "mean_time_ms" in stated:
        yield (
            "mean_time_ms",
            "/mean_time_ms",
            stated["mean_time_ms"],
            total / count,
            "total_time_ms / iterations",
        )
    if {"median_time_ms", "latency_p50_ms"} <= stated.keys():
        how = "the median"
        yield "latency_p50_ms", "/latency_p50_ms", stated["latency_p50_ms"], stated["median_time_ms"], how
    for lower, upper in (("latency_p50_ms", "latency_p95_ms"), ("latency_p95_ms", "latency_p99_ms")):
        if {lower, upper} <= stated.keys() and stated[lower] > stated[upper]:
            yield upper, pointer(upper), stated[upper], stated[lower], f"{lower}, which cannot be greater,"
    if (samples := three_samples(facts)) and "std_dev_ms" in stated:
        mean = sum(samples, Decimal(0)) / 3
        squares = sum(((sample - mean) ** 2 for sample in samples), Decimal(0))
        candidates = [(squares / n).sqrt() for n in (3, 2)]
        nearest = min(candidates, key=lambda value: abs(value - stated["std_dev_ms"]))
        # Samples are known to a nanosecond: of a spread that small, to a thousandth.
        if abs(nearest - stated["std_dev_ms"]) > nearest / 1000 + Decimal("1e-6"):
            how = "the deviation of the three samples that follow from total, median and maximum"
            yield "std_dev_ms", "/std_dev_ms", stated["std_dev_ms"], nearest, how


def three_samples(facts: dict[str, Decimal]) -> list[Decimal] | None:
    """The samples of three iterations: the median, the greatest (p95 = p99), and what the total leaves."""
    needed = ("total_time_ms", "median_time_ms", "latency_p95_ms", "latency_p99_ms")
    if facts.get("iterations") != 3 or any(name not in facts for name in needed):
        return None
    total, median, greatest, last = (facts[name] for name in needed)
    return [total - median - greatest, median, greatest] if greatest == last else None


def _first_token(receipt: Receipt) -> Iterator[Finding]:
    facts = _facts(receipt)
    first, tokens = facts.get("first_token_ms"), facts.get("tokens_per_iteration")
    if first is None or tokens is None or tokens <= 1:
        return
    for name in ("median_time_ms", "mean_time_ms"):
        time = facts.get(name)
        if time and abs(first * tokens - time) <= RELATIVE * time:
            what = (
                f"time_to_first_token_ms {shown(first)} is {name} {shown(time)} / {shown(tokens)} tokens: "
                "a quotient, no measurement of the first token, which comes after the prompt"
            )
            place = "/time_to_first_token_ms"
            yield Finding("first-token-not-measured", receipt.file, place, first, time / tokens, what)
            return


def bounds(dossier: Dossier) -> Iterator[Finding]:
    """A bench that says passed, and not what it had to reach."""
    for receipt in dossier.of("apr-bench"):
        document = receipt.document
        if isinstance(document.get("passed"), bool) and not any(
            word in key for key in document for word in _BOUNDS
        ):
            what = (
                f"passed is {str(document['passed']).lower()}, and the bound it was judged by is not stated"
            )
            yield Finding("bound-not-stated", receipt.file, "/passed", document["passed"], None, what)


def percentiles(dossier: Dossier) -> Iterator[Finding]:
    """Percentiles of fewer samples than it takes for them to differ from the greatest one."""
    for receipt in dossier.of("apr-bench", "summary"):
        for keys, holder in objects(receipt.document):
            count = number(holder.get("iterations"))
            for key in holder if count is not None else ():
                name = next((part for part in key.split("_") if part in _PERCENTILES), None)
                if name is None or count is None or number(holder[key]) is None:
                    continue
                needed = _PERCENTILES[name]
                if count >= needed:
                    continue
                what = f"of {shown(count)} samples {name} is no more than the greatest; it takes {needed}"
                place = pointer(*keys, key)
                yield Finding("percentile-without-information", receipt.file, place, holder[key], count, what)


def samples(dossier: Dossier) -> Iterator[Finding]:
    """A bench that keeps no samples, from which nothing can be derived again."""
    for receipt in dossier.of("apr-bench"):
        if not any(isinstance(value, list) and len(value) > 1 for value in receipt.document.values()):
            what = "states totals and percentiles, and keeps none of the samples that they are of"
            yield Finding("samples-not-kept", receipt.file, WHOLE_FILE, None, None, what)
