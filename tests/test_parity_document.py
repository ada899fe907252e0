"""docs/parity.md is true: its commands run, its plots are those of its figures, its table has these."""

from __future__ import annotations

import importlib
import json
import re
import shlex
import shutil
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from trial_workspace import REPOSITORY, Workspace, make_workspace, reasons

DOCUMENT = REPOSITORY / "docs" / "parity.md"
KEPT = sorted((REPOSITORY / "docs").glob("detection-power-*.json"))
LOOKS_AT = {"CROSS-GOLDEN": 100, "CROSS-QUALITY": 0}
"""What of model-2 the page speaks of, but for AC-SHIP2-009, whose gate other tests run."""


def commands(*words: str) -> list[list[str]]:
    """What stands behind these words in the page's code blocks, in the order in which it stands there."""
    blocks = re.findall(r"^```\n(.*?)^```", DOCUMENT.read_text(), re.MULTILINE | re.DOTALL)
    lines = [shlex.split(line) for block in blocks for line in block.splitlines()]
    return [line[len(words) :] for line in lines if line[: len(words)] == list(words)]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory, fixture_llama: Path) -> Workspace:
    """The small llama as model.apr, and as what model-2 asks about."""
    made = make_workspace(tmp_path_factory.mktemp("parity") / "w", LOOKS_AT)
    releases = made.contracts / "releases"
    text = (releases / "fixture.yaml").read_text()
    (releases / "model-2.yaml").write_text(text.replace("id: fixture\n", "id: model-2\n"))
    shutil.copyfile(fixture_llama, made.root / "model.apr")
    return made


@pytest.mark.slow
def test_a_first_dispatch_records_and_the_next_is_held_against_its_bundle(workspace: Workspace) -> None:
    record, compare = commands("shipworthy", "dispatch")
    first = workspace.dispatch(*record)
    assert reasons(first.bundle) == {"CROSS-GOLDEN": ["missing_artifact"], "CROSS-QUALITY": []}, first.stdout
    kept = json.loads((first.bundle.path / "measurements" / "FALSIFY-CROSS-QUALITY-F16.json").read_bytes())
    assert [len(sample["kl_nats"]) for sample in kept["raw"]["samples"]] == [64] * 20
    release = workspace.contracts / "releases" / "model-2.yaml"
    release.write_text(release.read_text().replace("  CROSS-QUALITY: 0\n", ""))  # once is enough
    second = workspace.dispatch(*[word.replace("NAME", first.bundle.path.name) for word in compare])
    assert (second.code, reasons(second.bundle)) == (0, {"CROSS-GOLDEN": []}), second.stdout
    baseline = workspace.shipworthy("baseline", "set", second.bundle.path)
    assert baseline.returncode == 0, baseline.stderr
    (written,) = (workspace.root / "baselines").iterdir()
    assert "FALSIFY-CROSS-GOLDEN-RECORD" in written.read_text()


def test_the_gates_can_be_tried_on_a_model(fixture_llama: Path) -> None:
    """On the small one, without time for a row: the rows are named, and every one is left."""
    (falsify,) = commands("shipworthy", "falsify")
    assert falsify[-2:] == ["--model", "base"]
    small = [*falsify[:-1], str(fixture_llama), "--minutes", "0", "--no-cache", "--json"]
    done = Workspace(REPOSITORY).shipworthy("falsify", *small)
    assert done.returncode == 1, done.stderr
    found = json.loads(done.stdout)
    assert (found["killed"], found["subject"]["registration"]) == (0, "fixture-llama")
    named = {line.partition(":")[0] for line in found["left"]}
    assert {"FALSIFY-SHIP-019", "FALSIFY-PARITY-LONG", "FALSIFY-CROSS-QUALITY-BF16"} <= named


@pytest.fixture
def detection_power(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(REPOSITORY / "benchmarks"))
    return importlib.import_module("detection_power")


def test_the_smallest_change_is_measured_as_the_page_says(
    detection_power: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """One change of the five, on one prompt of eight positions, bisected until it is known to a half."""
    (line,) = (found for found in commands("python", "benchmarks/detection_power.py") if "base" not in found)
    subject, out = line
    name = "one norm element"
    monkeypatch.setattr(detection_power, "CHANGES", {name: detection_power.CHANGES[name]})
    for constant, value in {"PROMPTS": 1, "POSITIONS": 8, "GRID": (1e-4, 1.0), "CLOSE": 1000.0}.items():
        monkeypatch.setattr(detection_power, constant, value)
    written = tmp_path / Path(out).name
    monkeypatch.setattr("sys.argv", ["detection_power.py", subject, str(written)])
    detection_power.main()
    found, kept = (json.loads(path.read_bytes()) for path in (written.with_suffix(".json"), as_kept(out)))
    assert found.keys() == kept.keys()
    (change,) = found["changes"].values()
    assert change["smallest_seen"] is not None
    assert (
        found["unchanged_kl_nats"]
        < found["limit_nats"]
        == kept["limit_nats"]
        < max(change["kl_nats"].values())
    )
    assert written.with_suffix(".svg").read_text().startswith("<svg ")


def as_kept(out: str) -> Path:
    return (REPOSITORY / out).with_suffix(".json")


def test_the_page_names_the_commands_of_the_plots_that_it_shows() -> None:
    outs = [as_kept(out) for _, out in commands("python", "benchmarks/detection_power.py")]
    assert sorted(outs) == KEPT != []
    shown = re.findall(r"\]\((detection-power-[a-z]+)\.svg\)", DOCUMENT.read_text())
    assert sorted(shown) == sorted(path.stem for path in KEPT)


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.stem)
def test_a_plot_is_that_of_the_figures(detection_power: ModuleType, path: Path) -> None:
    found = json.loads(path.read_bytes())
    assert detection_power.plot(found) == path.with_suffix(".svg").read_text()


def test_the_table_of_smallest_changes_has_the_figures() -> None:
    columns: dict[str, dict[str, Any]] = {
        path.stem.rpartition("-")[2]: json.loads(path.read_bytes())["changes"] for path in KEPT
    }
    heading = DOCUMENT.read_text().partition("| change |")[2]
    rows = [line.split("|")[1:4] for line in heading.split("\n\n")[0].splitlines()[2:]]
    names = ["one weight of attn_q", "one weight of ffn_down", "one norm element", "epsilon", "rotary base"]
    for name, (_, base, fixture) in zip(names, rows, strict=True):
        for shown, column in ((base, "base"), (fixture, "fixture")):
            value = shown.strip().removesuffix(" %")
            measured = columns[column][name]["smallest_seen"] * (100 if shown.strip().endswith("%") else 1)
            assert f"{measured:.{len(value.partition('.')[2])}f}" == value, (name, column)
