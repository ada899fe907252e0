"""lm-evaluation-harness results: per task a score, its standard error, and how many documents were scored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ..places import pointer
from ..receipt import Fact, Receipt, Subject, number

_PASS_AT_1 = ("pass@1", "pass_at_1")


@dataclass(frozen=True)
class Score:
    """One metric of one task; `effective` of `original` documents were scored, None where that is not said.

    `counts` says that a document scores 0 or 1 and nothing between: multiple choice, or an exact match of one
    try, by the harness itself. A task with code of its own for results (truthfulqa_mc2) may score anything.
    """

    task: str
    metric: str
    value: Decimal
    stderr: Decimal | None
    original: Decimal | None
    effective: Decimal | None
    place: str
    stderr_place: str
    samples_place: str
    counts: bool


def recognises(document: Any) -> bool:
    """Whether a JSON value has the shape: `results` by task, beside `configs` or `versions`."""
    if not isinstance(document, dict) or not isinstance(document.get("results"), dict):
        return False
    tasks = document["results"].values()
    return bool({"configs", "versions", "n-samples"} & document.keys()) and all(
        isinstance(t, dict) for t in tasks
    )


def read(file: str, document: dict[str, Any]) -> Receipt:
    """Its scores; HumanEval's pass@1 as a figure in per cent."""
    facts = tuple(
        Fact("pass_at_1_percent", score.value * 100, file, score.place, "times 100")
        for score in scores(document)
        if score.metric.partition(",")[0] in _PASS_AT_1 and "humaneval" in score.task.lower()
    )
    return Receipt(file, "lm-eval", document, facts=facts, subjects=tuple(_subjects(file, document)))


def scores(document: dict[str, Any]) -> Iterator[Score]:
    """Every metric `NAME,FILTER` of every task, with the error and the counts that stand beside it."""
    counts = document.get("n-samples")
    for task, metrics in document["results"].items():
        count = counts.get(task) if isinstance(counts, dict) else None
        count = count if isinstance(count, dict) else {}
        for metric, value in metrics.items():
            name, _, how = metric.partition(",")
            if (
                name.endswith("_stderr")
                or (score := number(value)) is None
                or name in ("alias", "sample_len")
            ):
                continue
            error = f"{name}_stderr,{how}" if how else f"{name}_stderr"
            yield Score(
                task=task,
                metric=metric,
                value=score,
                stderr=number(metrics.get(error)),
                original=number(count.get("original")),
                effective=number(count.get("effective")),
                place=pointer("results", task, metric),
                stderr_place=pointer("results", task, error),
                samples_place=pointer("n-samples", task),
                counts=_counts(document, task, name),
            )


def _counts(document: dict[str, Any], task: str, metric: str) -> bool:
    configs = document.get("configs")
    config = configs.get(task) if isinstance(configs, dict) else None
    if not isinstance(config, dict) or "process_results" in config:
        return False
    if metric in ("acc", "acc_norm"):
        return config.get("output_type") == "multiple_choice"
    return metric == "exact_match" and config.get("repeats", 1) == 1


def _subjects(file: str, document: dict[str, Any]) -> Iterator[Subject]:
    config = document.get("config")
    for prefix, holder in ((("config",), config), ((), document)):
        if not isinstance(holder, dict):
            continue
        digest = holder.get("model_sha")
        for key in ("model_name", "model_args"):
            if isinstance(name := holder.get(key), str) and name:
                # A revision of 40 hex digits is what a hub has in place of a digest.
                yield Subject(name, digest if isinstance(digest, str) else "", file, pointer(*prefix, key))
                return
