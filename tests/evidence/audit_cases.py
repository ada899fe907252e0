"""What is changed in honest receipts of other tools, and the finding that each change must make."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from foreign_receipts import DIGEST, LOG, Files

Change = Callable[[Files], Any]
BENCH, QA, SUMMARY, JUNIT = "bench-1.json", "qa.json", "summary.json", "junit.xml"
SHAPE = "tensor 'token_embd.weight' has wrong shape; expected 1024, 50250, got 1024, 50257"
COUNT = "wrong number of tensors; expected 291, got 219"


def put(file: str, *keys: str | int, to: Any) -> Change:
    """Set a value within a JSON receipt."""

    def change(files: Files) -> None:
        holder = files[file]
        for key in keys[:-1]:
            holder = holder[key]
        holder[keys[-1]] = to

    return change


def drop(file: str, *keys: str | int) -> Change:
    """Take a value out of a JSON receipt, or the file where no key is given."""

    def change(files: Files) -> None:
        holder: Any = files
        path = (file, *keys)
        for key in path[:-1]:
            holder = holder[key]
        del holder[path[-1]]

    return change


def text(file: str, old: str, new: str) -> Change:
    """Change a receipt that is text."""

    def change(files: Files) -> None:
        assert old in files[file]
        files[file] = files[file].replace(old, new, 1)

    return change


def add(file: str, value: Any) -> Change:
    """Add a file."""
    return lambda files: files.update({file: value})


def told(**more: Any) -> Change:
    """Add to the summary."""
    return lambda files: files[SUMMARY].update(more)


def gate(index: int, **more: Any) -> Change:
    """Change a gate of the battery."""
    return lambda files: files[QA]["gates"][index].update(more)


def log(line: str) -> Change:
    """A log of a load that was refused."""
    return add("refused.log", f"{LOG}llama_model_load: error loading model: {line}\n")


CREDIT = put(SUMMARY, "criteria", "AC-SHIP2-010", to="DISCHARGED")
CASES: list[tuple[str, str, str, list[Change]]] = [
    # What can be read, and what it is of.
    ("not-strict-json", "bench-1.json", "line 1", [add(BENCH, "loading the model\n{}"), drop(SUMMARY)]),
    ("not-plain-xml", JUNIT, "line 1", [add(JUNIT, '<!DOCTYPE a [<!ENTITY b "c">]><testsuite/>')]),
    ("no-digest", BENCH, "/model", [drop(BENCH, "model_sha256")]),
    ("no-subject", BENCH, "/model", [put(BENCH, "model", to="default")]),
    ("no-subject", QA, "", [drop(QA, "model")]),
    ("digest-differs", "SHA256SUMS", "", [add("SHA256SUMS", f"{DIGEST}  {QA}\n")]),
    ("digest-differs", SUMMARY, "/raw/sha256", [told(raw={"file": QA, "sha256": DIGEST})]),
    ("sources-not-named", SUMMARY, "", [drop(SUMMARY, "sources")]),
    ("cited-file-missing", SUMMARY, "/sources/0", [put(SUMMARY, "sources", 0, to="bench-9.json")]),
    ("device-not-stated", BENCH, "", [drop(BENCH, "device")]),
    # Numbers.
    (
        "wrong-arithmetic",
        BENCH,
        "/tokens_per_second",
        [put(BENCH, "tokens_per_second", to=160.4), drop(SUMMARY)],
    ),
    ("wrong-arithmetic", BENCH, "/mean_time_ms", [put(BENCH, "mean_time_ms", to=799.4)]),
    ("wrong-arithmetic", BENCH, "/latency_p50_ms", [put(BENCH, "latency_p50_ms", to=799.1), drop(SUMMARY)]),
    ("wrong-arithmetic", QA, "/gates_executed", [put(QA, "gates_executed", to=6), drop(SUMMARY)]),
    ("wrong-arithmetic", QA, "/total_duration_ms", [put(QA, "total_duration_ms", to=400)]),
    ("wrong-arithmetic", QA, "/gates/3/message", [gate(3, value=25.25)]),
    ("wrong-arithmetic", QA, "/gates/0/message", [gate(0, value=291.0, threshold=291.0)]),
    (
        "wrong-arithmetic",
        JUNIT,
        "line 3",
        [text(JUNIT, '<testsuite name="pytest" tests="3"', '<testsuite tests="4"')],
    ),
    ("wrong-arithmetic", "llama-bench.json", "/0/avg_ts", [put("llama-bench.json", 0, "avg_ts", to=161.0)]),
    ("wrong-arithmetic", "llama-bench.json", "/0/stddev_ns", [put("llama-bench.json", 0, "stddev_ns", to=1)]),
    (
        "wrong-arithmetic",
        "llama-bench.json",
        "/0/samples_ts",
        [put("llama-bench.json", 0, "samples_ts", 0, to=165.0)],
    ),
    (
        "wrong-arithmetic",
        "arc.json",
        "/results/arc_easy/acc,none",
        [put("arc.json", "results", "arc_easy", "acc,none", to=0.3)],
    ),
    (
        "wrong-arithmetic",
        "arc.json",
        "/results/arc_easy/acc_stderr,none",
        [put("arc.json", "results", "arc_easy", "acc_stderr,none", to=0.001)],
    ),
    (
        "wrong-arithmetic",
        SUMMARY,
        "/training/delta_vs_ceiling",
        [put(SUMMARY, "training", "delta_vs_ceiling", to=-6.9)],
    ),
    (
        "stated-twice",
        "inspect.json",
        "/metadata/num_layers",
        [put("inspect.json", "metadata", "num_layers", to=22)],
    ),
    (
        "figure-not-in-raw",
        SUMMARY,
        "/bench/tokens_per_second",
        [put(SUMMARY, "bench", "tokens_per_second", to=161.4)],
    ),
    ("figure-not-in-raw", SUMMARY, "/training/best_epoch", [put(SUMMARY, "training", "best_epoch", to=3)]),
    ("figure-not-in-raw", SUMMARY, "/qa/fails", [put(SUMMARY, "qa", "fails", to=["golden_output"])]),
    (
        "figure-unsupported",
        SUMMARY,
        "/training/steps_recorded",
        [put(SUMMARY, "training", "steps_recorded", to=40)],
    ),
    ("figure-unsupported", SUMMARY, "/error", [told(error="error: nothing of the kind")]),
    (
        "figures-disagree",
        QA,
        "/gates/3/value",
        [gate(3, value=25.25, message="25.3 tok/s >= 1 tok/s", threshold=1.0)],
    ),
    ("percentile-without-information", BENCH, "/latency_p95_ms", [put(BENCH, "latency_p95_ms", to=810.75)]),
    (
        "first-token-not-measured",
        BENCH,
        "/time_to_first_token_ms",
        [put(BENCH, "time_to_first_token_ms", to=799.0 / 128)],
    ),
    ("samples-not-kept", BENCH, "", [drop(BENCH, "samples_ms")]),
    ("no-samples", "llama-bench.json", "/0/samples_ns", [put("llama-bench.json", 0, "samples_ns", to=[])]),
    (
        "no-samples",
        "arc.json",
        "/n-samples/arc_easy",
        [put("arc.json", "n-samples", "arc_easy", "effective", to=0)],
    ),
    (
        "constant-samples",
        "llama-bench.json",
        "/0/samples_ns",
        [put("llama-bench.json", 0, "samples_ns", to=[8, 8])],
    ),
    (
        "constant-samples",
        "trajectory.tsv",
        "line 4",
        [text("trajectory.tsv", "3\t4.25\t4.0", "3\t4.125\t4.25")],
    ),
    (
        "not-all-scored",
        "arc.json",
        "/n-samples/arc_easy",
        [put("arc.json", "n-samples", "arc_easy", "original", to=2400)],
    ),
    ("estimate-not-measured", SUMMARY, "/wall_minutes_estimate", [told(wall_minutes_estimate=2)]),
    # Gates.
    ("skipped-but-passed", QA, "/gates/2/passed", [gate(2, skipped=True, message="Skipped: no prompts")]),
    ("not-applicable-but-passed", QA, "/gates/2/passed", [gate(2, message="check not applicable")]),
    (
        "passed-without-baseline",
        QA,
        "/gates/4/passed",
        [gate(4, message="First run, baseline saved", value=0.0)],
    ),
    ("bound-asks-nothing", QA, "/gates/0/threshold", [gate(0, threshold=0.0)]),
    ("bound-looser", QA, "/gates/3/threshold", [gate(3, message="160.2 tok/s >= 50 tok/s", threshold=50.0)]),
    ("bound-looser", SUMMARY, "/bar", [told(bar="PASS (4.12 < 4.7)")]),
    ("bound-not-stated", BENCH, "/passed", [drop(BENCH, "min_tokens_per_second")]),
    ("gate-failed", QA, "/gates/2", [gate(2, passed=False, message="gibberish")]),
    (
        "gate-failed",
        JUNIT,
        "line 4",
        [text(JUNIT, 'time="0.1" />', 'time="0.1"><failure message="red"/></testcase>')],
    ),
    (
        "test-skipped",
        JUNIT,
        "line 4",
        [text(JUNIT, 'time="0.1" />', 'time="0.1"><skipped message="no GPU"/></testcase>')],
    ),
    ("gate-run-twice", QA, "/gates/4", [gate(4, name="golden_output")]),
    ("no-gates", QA, "", [put(QA, "gates", to=[])]),
    ("verdict-contradicts-gates", QA, "/passed", [gate(2, passed=False)]),
    ("verdict-contradicts-gates", QA, "/summary", [put(QA, "summary", to="Failed gates: golden_output")]),
    (
        "status-contradicts-gates",
        SUMMARY,
        "/qa/status",
        [
            gate(2, passed=False),
            put(SUMMARY, "qa", "fails", to=["golden_output"]),
            put(SUMMARY, "qa", "status", to="PASS"),
        ],
    ),
    ("status-contradicts-gates", "inspect.json", "/valid", [put("inspect.json", "checksum_valid", to=False)]),
    (
        "failure-explained-away",
        SUMMARY,
        "/note",
        [gate(2, passed=False, message="gibberish"), told(note="golden_output fails as expected")],
    ),
    ("comparison-false", SUMMARY, "/note", [told(note="PASS (4.25 < 2.2)")]),
    (
        "comparison-false",
        QA,
        "/gates/3/message",
        [gate(3, message="160.2 tok/s >= 200 tok/s", threshold=200.0)],
    ),
    # What passes by falsehood.
    ("skipped-but-passed", QA, "/gates/2/passed", [gate(2, message="Skipped: no GPU")]),
    ("skipped-but-passed", QA, "/gates/2/passed", [gate(2, message="SKIPPED because no GPU")]),
    ("flag-not-boolean", QA, "/gates/2/skipped", [gate(2, skipped="true")]),
    ("flag-not-boolean", QA, "/passed", [put(QA, "passed", to="true")]),
    (
        "no-samples",
        QA,
        "/gates/2/passed",
        [gate(2, message="0 of 0 prompts matched", value=0, threshold=0.0)],
    ),
    ("no-samples", QA, "/gates/2/passed", [gate(2, message="0/0 prompts match", value=0.0, threshold=0.0)]),
    ("no-samples", QA, "/gates/0/passed", [gate(0, message="0 tensors passed every check", value=0.0)]),
    ("bound-not-met", QA, "/gates/3/value", [gate(3, message="ok", value=1.0)]),
    (
        "bound-not-met",
        QA,
        "/gates/2/value",
        [gate(2, name="logit_cosine", message="ok", value=0.5, threshold=0.99)],
    ),
    (
        "bound-not-met",
        QA,
        "/gates/2/value",
        [gate(2, name="Perplexity", message="ok", value=90.0, threshold=25.0)],
    ),
    ("bound-asks-nothing", QA, "/gates/3/threshold", [gate(3, message="ok", threshold=-5.0)]),
    ("bound-not-stated", QA, "/gates/3/passed", [gate(3, message="ok", threshold=None)]),
    # Criteria.
    ("other-parameters", BENCH, "", [drop("bench-2.json"), drop("llama-bench.json"), drop("bench-3.json")]),
    (
        "other-parameters",
        "llama-bench.json",
        "/0/n_gen",
        [put("llama-bench.json", 0, "n_gen", to=64), CREDIT],
    ),
    (
        "another-criterion",
        SUMMARY,
        "/criteria/AC-SHIP2-009",
        [put(SUMMARY, "criteria", "AC-SHIP2-009", to="PASS, 160 tok/s")],
    ),
    (
        "unknown-criterion",
        SUMMARY,
        "/criteria/AC-SHIP2-003_lenient",
        [put(SUMMARY, "criteria", "AC-SHIP2-003_lenient", to="PASS")],
    ),
    (
        "unknown-criterion",
        SUMMARY,
        "/criteria/AC-SHIP2-099",
        [put(SUMMARY, "criteria", "AC-SHIP2-099", to="PASS")],
    ),
    ("not-proven", SUMMARY, "/criteria/AC-SHIP2-010", [CREDIT]),
    ("not-proven", SUMMARY, "/note", [told(note="all loads; P0-G fix confirmed")]),
    ("not-proven", SUMMARY, "/criteria/AC-SHIP2-010", [put(SUMMARY, "criteria", "AC-SHIP2-010", to=True)]),
    (
        "not-proven",
        SUMMARY,
        "/criteria/AC-SHIP2-010/discharged",
        [put(SUMMARY, "criteria", "AC-SHIP2-010", to={"discharged": True})],
    ),
    (
        "not-proven",
        SUMMARY,
        "/criteria/AC-SHIP2-010",
        [put(SUMMARY, "criteria", "AC-SHIP2-010", to="\u2705")],
    ),
    (
        "not-the-registered-model",
        "inspect.json",
        "/hidden_size",
        [put("inspect.json", "hidden_size", to=896)],
    ),
    (
        "not-the-registered-model",
        "inspect.json",
        "/metadata/param_count",
        [put("inspect.json", "metadata", "param_count", to=494_032_768)],
    ),
    ("percentage-not-derived", SUMMARY, "/ship_pct", [told(ship_pct=79)]),
    (
        "two-bars",
        SUMMARY,
        "/training/ceiling_lt_5_36",
        [put(SUMMARY, "training", "ceiling_lt_5_36", to="MISS")],
    ),
    # The model, logs and training.
    ("label-contradicted", "load.log", "line 3", [log(f"done_getting_tensors: {COUNT}")]),
    ("label-contradicted", "inspect.json", "/architecture", [put("inspect.json", "tensor_count", to=291)]),
    (
        "size-unexplained",
        SUMMARY,
        "/export/exported_size_gib",
        [put(SUMMARY, "export", "exported_size_gib", to=2.35)],
    ),
    ("file-too-small", "inspect.json", "/size_bytes", [put("inspect.json", "size_bytes", to=1024)]),
    (
        "origin-contradicted",
        SUMMARY,
        "/note",
        [put(SUMMARY, "mode", to="finetune"), told(note="qa passes on the pretrained checkpoint")],
    ),
    (
        "refusals-in-a-wave",
        "refused.log",
        "line 5",
        [log(COUNT), add("earlier.log", f"{LOG}llama_model_load: error loading model: {SHAPE}\n")],
    ),
    (
        "refusal-left-out",
        "refused.log",
        "line 5",
        [log(COUNT), add("earlier.log", f"{LOG}llama_model_load: {SHAPE}\n"), told(error=SHAPE)],
    ),
    ("option-refused", "refused.log", "line 5", [log("--no-mmap is not supported by llama-cli")]),
    (
        "loss-not-finite",
        "trajectory.tsv",
        "line 4",
        [text("trajectory.tsv", "3\t4.25", "3\tnan"), drop(SUMMARY)],
    ),
    (
        "placeholder-loss",
        "trajectory.tsv",
        "line 4",
        [text("trajectory.tsv", "3\t4.25\t4.0", "3\t1.0\t1.0"), drop(SUMMARY)],
    ),
    ("epochs-not-in-order", "trajectory.tsv", "line 4", [text("trajectory.tsv", "3\t4.25", "4\t4.25")]),
    (
        "tokens-do-not-grow",
        "trajectory.tsv",
        "line 4",
        [text("trajectory.tsv", "163840", "122880"), drop(SUMMARY)],
    ),
    (
        "initial-loss-after-training",
        SUMMARY,
        "/training/initial_val_loss",
        [put(SUMMARY, "training", "initial_val_loss", to=5.25)],
    ),
    (
        "title-contradicted",
        SUMMARY,
        "/title",
        [put(SUMMARY, "title", to="a 500-step run"), told(steps_recorded=40)],
    ),
]
