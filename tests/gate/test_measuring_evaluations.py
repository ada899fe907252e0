"""Evaluations as gates take them: real children, completions kept word for word, or a reason why not."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from shipworthy.canonical import sha256_bytes
from shipworthy.contract import Catalogue, quantities_of
from shipworthy.contract.probes import PROBES
from shipworthy.errors import NotMeasurable
from shipworthy.evidence.baseline import Baseline, Record, write_baseline
from shipworthy.gate.collect import read_logs
from shipworthy.gate.evaluation_run import EvaluationFailed
from shipworthy.gate.measure import human_eval, human_eval_drift, measure
from shipworthy.gate.trial import make_trial
from shipworthy.pipeline.evaluation import HumanEval, evaluate

PARAMETERS = {"seed": 0, "max_tokens": 12, "engine": "torch", "device": "cpu", "dtype": "f32"}


def test_python_syntax_in_a_fresh_process(catalogue: Catalogue, fixture_llama: Path, tmp_path: Path) -> None:
    prompts = catalogue.data["python-prompts-100"].path.read_text().splitlines()[:2]
    (tmp_path / "prompts.jsonl").write_text("\n".join(prompts) + "\n")
    trial = make_trial(fixture_llama, catalogue=catalogue, release="model-2", artifacts={}, workdir=tmp_path)
    log = tmp_path / "logs" / "FALSIFY.log"
    log.parent.mkdir()
    asked = {**PARAMETERS, "prompts": tmp_path / "prompts.jsonl"}
    raw = measure("python_syntax@1", fixture_llama, {}, asked, log)
    found = quantities_of(PROBES["python_syntax@1"], raw)
    assert (found["runs"], found["prompts"], found["distinct_prompts"], found["parsed"]) == (1, 2, 2, 2)
    assert (found["engine"], found["dtype"], found["max_tokens"], found["greedy"]) == (
        "torch",
        "f32",
        12,
        True,
    )
    assert (found["device"], found["device_proven"]) == ("cpu", True)
    kept = read_logs(trial)["FALSIFY.run-1.completions.jsonl"]
    rows = [json.loads(line) for line in kept.splitlines()[1:]]
    assert [sha256_bytes(row["continuation"].encode()) for row in rows] == [
        row["continuation_sha256"] for row in raw["runs"][0]["continuations"]
    ]


def test_what_a_model_wrote_of_places_is_kept_word_for_word(
    catalogue: Catalogue, fixture_llama: Path, tmp_path: Path
) -> None:
    trial = make_trial(fixture_llama, catalogue=catalogue, release="model-2", artifacts={}, workdir=tmp_path)
    (tmp_path / "logs").mkdir()
    line = b'{"completion": "    return open(\'/home/somebody/file\')"}\n'
    for name in ("F.run-1.completions.jsonl", "F.log"):
        (tmp_path / "logs" / name).write_bytes(line)
    found = read_logs(trial)
    assert found["F.run-1.completions.jsonl"] == line
    assert b"/home/somebody" not in found["F.log"]


def test_an_attempt_as_the_receipt_has_it(fixture_llama: Path, tmp_path: Path) -> None:
    suite = HumanEval(["HumanEval/0", "HumanEval/1"])
    summary = evaluate(fixture_llama, tmp_path, suite, max_tokens=4, engine="torch")
    rows = [json.loads(line) for line in (tmp_path / "completions.jsonl").read_bytes().splitlines()[1:]]
    run = human_eval.as_run({**summary, "process": "1", "started": "2026-01-01T00:00:00+00:00"}, rows)
    found = quantities_of(PROBES["human_eval@1"], {"runs": [run]})
    assert (found["problems"], found["attempts"], found["executed"], found["isolated"]) == (2, 2, 2, True)
    assert (found["pass_at_1_percent"], found["contradictions"]) == (0, [])
    assert run["attempts"][0]["completion_sha256"] == sha256_bytes(rows[0]["completion"].encode())
    assert [row["isolated"] for row in rows] == [True, True]
    bare = human_eval.as_run({**summary, "process": "1", "started": "now", "isolated": False}, rows)
    found = quantities_of(PROBES["human_eval@1"], {"runs": [bare]})
    assert (found["isolated"], found["dated"], found["greedy"]) == (False, False, True)


def test_an_evaluation_that_breaks_is_an_error_with_its_last_line(tmp_path: Path) -> None:
    (tmp_path / "prompts.jsonl").write_text('{"id": "a", "kind": "code", "text": "def f():"}\n')
    asked: dict[str, Any] = {**PARAMETERS, "prompts": tmp_path / "prompts.jsonl"}
    with pytest.raises(EvaluationFailed, match=r"absent\.apr"):
        measure("python_syntax@1", tmp_path / "absent.apr", {}, asked, tmp_path / "log")


@pytest.mark.parametrize("probe", ["human_eval@1", "human_eval_repeats@1"])
def test_where_isolation_cannot_be_set_up_it_is_unmeasurable(
    probe: str, fixture_llama: Path, tmp_path: Path
) -> None:
    """The real kernel refuses: no namespace of users is left. The worker says what is missing."""
    own = {"runs": 2} if probe == "human_eval_repeats@1" else {"samples": 1}
    request = {
        "probe": probe,
        "subject": str(fixture_llama),
        "artifacts": {},
        "with": {**PARAMETERS, **own},
        "log": str(tmp_path / "log"),
    }
    code = "import json, sys; from shipworthy.gate.worker import answer; "
    code += "print(json.dumps(answer(json.loads(sys.argv[1]))))"
    inner = ["unshare", "--user", "--map-root-user", "sh", "-c"]
    inner += ['echo 0 > /proc/sys/user/max_user_namespaces && exec "$0" -c "$1" "$2"']
    argv = [*inner, sys.executable, code, json.dumps(request)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["missing"] == "missing_isolation"
    assert "isolation cannot be set up here" in found["error"]
    assert not (tmp_path / "log").exists()


def baseline(path: Path, found: dict[str, Any], **parameters: Any) -> Path:
    record = Record(
        "AC-SHIP1-005", "1.1.0", "c", "FALSIFY-SHIP-005", "human_eval@1", parameters, {}, found, "d", False
    )
    write_baseline(
        Baseline(
            "b",
            "m",
            "2026-01-01T00:00:00+00:00",
            "r",
            {},
            {"name": "m.apr", "sha256": "0" * 64},
            {},
            (record,),
        ),
        path,
    )
    return path


def test_a_baseline_with_other_parameters_is_no_baseline(fixture_llama: Path, tmp_path: Path) -> None:
    """Before anything is generated: a figure of other settings is another figure."""
    other = baseline(tmp_path / "baseline.json", {}, **{**PARAMETERS, "samples": 1, "max_tokens": 13})
    asked = {**PARAMETERS, "samples": 1}
    with pytest.raises(NotMeasurable) as caught:
        measure("human_eval_drift@1", fixture_llama, {"baseline": other}, asked, tmp_path / "log")
    assert caught.value.reason == "missing_artifact"
    assert not (tmp_path / "log").exists()


def test_a_rerun_is_held_against_the_baseline_of_the_same_settings(
    catalogue: Catalogue, fixture_llama: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the run itself, which takes minutes, the recorded samples."""
    recorded = json.loads(catalogue.data["fixture-human-eval"].path.read_bytes())["raw"]
    monkeypatch.setattr(human_eval_drift, "measure_once", lambda *_, **__: recorded)
    asked = {**PARAMETERS, "samples": 1}
    found = {"process": "1-first", "problems": 164, "pass_at_1_percent": 99.0}
    first = baseline(tmp_path / "baseline.json", found, **asked)
    raw = measure("human_eval_drift@1", fixture_llama, {"baseline": first}, asked, tmp_path / "log")
    found = quantities_of(PROBES["human_eval_drift@1"], raw)
    assert (found["drift_percentage_points"], found["baseline_problems"]) == (1.0, 164)
    assert (found["same_subject"], found["same_run"]) == (False, False)
    assert found["days_apart"] > 1
