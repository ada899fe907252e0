"""What gates leave behind comes together: one outcome each, and no place of this machine."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from shipworthy.contract import Catalogue
from shipworthy.evidence import json_bytes
from shipworthy.gate.collect import BEGUN, read_logs, read_outcomes, without_places
from shipworthy.gate.trial import Trial, make_trial


@pytest.fixture
def trial(catalogue: Catalogue, fixture_llama: Path, tmp_path: Path) -> Trial:
    workdir = tmp_path / "a work directory"
    (workdir / "logs").mkdir(parents=True)
    return make_trial(fixture_llama, catalogue=catalogue, release="model-2", artifacts={}, workdir=workdir)


def recorded(folder: Path, name: str, *outcomes: str) -> None:
    (folder / name).mkdir(parents=True)
    for number, outcome in enumerate(outcomes):
        record: dict[str, Any] = {"outcome": outcome, "reason": None, "detail": "", "checks": [{}]}
        (folder / name / f"{number}.json").write_bytes(json_bytes(record))


def test_one_run_is_its_outcome(tmp_path: Path) -> None:
    recorded(tmp_path, "F-1", "PASS")
    recorded(tmp_path, "F-2", "FAIL")
    assert {name: found["outcome"] for name, found in read_outcomes(tmp_path).items()} == {
        "F-1": "PASS",
        "F-2": "FAIL",
    }
    assert read_outcomes(tmp_path / "nothing") == {}


@pytest.mark.parametrize("outcomes", [("PASS", "PASS"), ("FAIL", "PASS"), ("PASS", "FAIL", "PASS")])
def test_more_than_one_run_is_an_error(tmp_path: Path, outcomes: tuple[str, ...]) -> None:
    recorded(tmp_path, "F-1", *outcomes)
    found = read_outcomes(tmp_path)["F-1"]
    assert (found["outcome"], found["reason"], found["checks"]) == ("ERROR", "error", [])
    assert found["detail"] == (
        f"the gate ran {len(outcomes)} times in one dispatch, and came to {', '.join(outcomes)}"
    )


@pytest.mark.parametrize("ended", [("PASS",), ("PASS", "PASS"), ("FAIL",), ()])
def test_a_run_that_broke_is_a_run(tmp_path: Path, ended: tuple[str, ...]) -> None:
    """Another run of the same gate cannot be the answer; without one there is none."""
    recorded(tmp_path, "F-1", *ended)
    for stem in (*map(str, range(len(ended))), "broken"):
        (tmp_path / "F-1" / f"{stem}{BEGUN}").touch()
    found = {name: outcome["outcome"] for name, outcome in read_outcomes(tmp_path).items()}
    assert found == ({"F-1": "ERROR"} if ended else {})


def test_a_run_that_began_and_ended_is_one_run(tmp_path: Path) -> None:
    recorded(tmp_path, "F-1", "PASS")
    (tmp_path / "F-1" / f"0{BEGUN}").touch()
    assert read_outcomes(tmp_path)["F-1"]["outcome"] == "PASS"


def test_places_go_and_file_names_stay(trial: Trial) -> None:
    subject = trial.subject.path
    for text, expected in (
        (f"{subject}: no tokenizer [no-tokenizer]", f"<path>/{subject.name}: no tokenizer [no-tokenizer]"),
        (f"see '{trial.workdir}/logs/x.log'", "see '<path>/logs/x.log'"),
        (f"in {trial.workdir}", "in <path>"),
        (f"{Path.cwd()}/src/x.py:3", "<path>/src/x.py:3"),
        (f"{Path.home()}/.cache/model.gguf", "<path>/.cache/model.gguf"),
        (f"{tempfile.gettempdir()}/a b/c.gguf", "<path>/a b/c.gguf"),
        ("/opt/python/lib/python3.11/json/decoder.py", "<path>/decoder.py"),
    ):
        assert without_places(text, trial) == expected


@pytest.mark.parametrize(
    "text",
    [
        "found 31.4 tokens/s, expected >= 100 tokens/s",
        "https://in-toto.io/Statement/v1",
        "model.layers.0/1",
        "a / b / c",
        "contracts/c-03.yaml",
        "1/2",
    ],
)
def test_what_is_no_place_stays(trial: Trial, text: str) -> None:
    assert without_places(text, trial) == text


def test_logs_are_kept_without_places_whatever_bytes_they_hold(trial: Trial) -> None:
    place = str(trial.subject.path).encode()
    (trial.workdir / "logs" / "F-1.log").write_bytes(b"\xff loading " + place + b"\n")
    (trial.workdir / "logs" / "note.txt").write_bytes(b"no log")
    assert read_logs(trial) == {"F-1.log": b"\xff loading <path>/fixture-llama.apr\n"}


def test_an_attached_files_place_goes_too(trial: Trial, tmp_path: Path) -> None:
    attached = tmp_path / "some one's files" / "x.gguf"
    attached.parent.mkdir()
    found = replace(trial, artifacts={"gguf": attached})
    assert without_places(f"cannot load {attached}", found) == "cannot load <path>/x.gguf"
