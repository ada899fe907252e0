"""Golden continuations of a small model, and an export held against them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from shipworthy.contract import Catalogue, quantities_of
from shipworthy.contract.probes import PROBES
from shipworthy.errors import NotMeasurable
from shipworthy.evidence.baseline import read_baseline, write_baseline
from shipworthy.gate.falsify.forms import PLAIN
from shipworthy.gate.falsify.good import DEFAULT, Good
from shipworthy.gate.measure import golden_continuations, golden_output

FEW: dict[str, Any] = {"count": 3, "prompt_tokens": 8, "tokens": 6}


@pytest.fixture(scope="module")
def good(catalogue: Catalogue, tmp_path_factory: pytest.TempPathFactory) -> Good:
    """Whose contract asks for less than the real one."""
    contract = catalogue.contracts["CROSS-GOLDEN"]
    falsifiers = tuple(replace(f, parameters={**f.parameters, **FEW}) for f in contract.falsifiers)
    less = {**catalogue.contracts, contract.id: replace(contract, falsifiers=falsifiers)}
    return Good(replace(catalogue, contracts=less), tmp_path_factory.mktemp("good"))


@pytest.fixture(scope="module")
def baseline(good: Good) -> Path:
    contract = good.catalogue.contracts["CROSS-GOLDEN"]
    trial = good.trial(contract, DEFAULT, good.subject(PLAIN, DEFAULT), good.folder)
    found = good.baseline(contract, trial)
    assert found is not None
    assert found == good.baseline(contract, trial)
    return found


def test_a_prompt_among_others_is_continued_as_it_is_alone(good: Good, tmp_path: Path) -> None:
    prompts = good.catalogue.data["canary-100"].path
    subject = good.apr(DEFAULT)

    def taken(file: Path, count: int) -> list[dict[str, Any]]:
        asked = {**FEW, "count": count, "prompts": file}
        raw = golden_continuations.measure(subject, {}, log=tmp_path, **asked)
        found: list[dict[str, Any]] = raw["samples"]
        return found

    lines = prompts.read_bytes().splitlines(keepends=True)
    short = b'{"id": "short", "kind": "code", "text": "def"}\n'
    nothing = b'{"id": "nothing", "kind": "code", "text": ""}\n'
    mixed = tmp_path / "mixed.jsonl"
    mixed.write_bytes(lines[0] + short + nothing + lines[1])
    together = taken(mixed, 4)
    assert [(row["prompt"], len(row["continuation"])) for row in together] == [
        ("code-001", 6),
        ("short", 6),
        ("code-002", 6),
    ]
    assert len(together[1]["ids"]) < 8
    for row, line in zip(together, (lines[0], short, lines[1]), strict=True):
        alone = tmp_path / "alone.jsonl"
        alone.write_bytes(line)
        (found,) = taken(alone, 1)
        assert (found["ids"], found["continuation"]) == (row["ids"], row["continuation"])
        assert found["margins"] == pytest.approx(row["margins"], abs=1e-4)


def compared(good: Good, baseline: Path, folder: Path, **change: Any) -> dict[str, Any]:
    asked = {**FEW, "export": "f16", "margin": 0.5, **change}
    artifacts = {"gguf": good.export(DEFAULT, "f16"), "baseline": baseline}
    raw = golden_output.measure(good.apr(DEFAULT), artifacts, log=folder / "log", **asked)
    return quantities_of(PROBES["golden_output@1"], raw)


def test_an_export_is_held_against_what_was_recorded(good: Good, baseline: Path, tmp_path: Path) -> None:
    found = compared(good, baseline, tmp_path)
    assert (found["same_subject"], found["loads"], found["file_type"]) == (True, True, "MOSTLY_F16")
    assert (found["prompts"], found["tokens"], found["outputs_regressed"]) == (3, 6, [])
    assert found["tokens_agreeing_percent"] > 90


def test_a_record_of_other_prompts_is_no_baseline(good: Good, baseline: Path, tmp_path: Path) -> None:
    with pytest.raises(NotMeasurable, match="holds no measurement of golden_continuations@1"):
        compared(good, baseline, tmp_path, tokens=7)


def test_another_checkpoint_is_not_the_recorded_one(good: Good, baseline: Path, tmp_path: Path) -> None:
    recorded = read_baseline(baseline)
    other = tmp_path / "other.json"
    write_baseline(replace(recorded, subject={**recorded.subject, "sha256": "0" * 64}), other)
    assert compared(good, other, tmp_path)["same_subject"] is False
