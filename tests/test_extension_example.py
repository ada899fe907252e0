"""A team adds its own criterion: one YAML file, one probe of twenty lines, one planted defect."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from extension_example import EXAMPLE, REPOSITORY, Environment, make_environment
from shipworthy.canonical import sha256_file, sha256_json
from shipworthy.checkpoint.stamp import stamp
from shipworthy.contract import load_catalogue
from shipworthy.contract.load import read_catalogue
from shipworthy.errors import ContractError
from shipworthy.evidence import list_bundles, read_bundle
from shipworthy.gate.fixtures import write_fixture

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """The team's environment, gates compiled and proven able to fail."""
    environment = make_environment(tmp_path_factory.mktemp("acme"))
    falsified = environment.shipworthy("falsify", "--json")
    assert falsified.returncode == 0, falsified.stdout + falsified.stderr
    matrix = json.loads(falsified.stdout)["matrix"]
    planted = [(row["outcome"], row["failed"]) for row in matrix if row["planted"]]
    assert planted == [("FAIL", ["answered_for"])]
    assert all(row["as_hoped"] for row in matrix)
    compiled = environment.shipworthy("compile")
    assert compiled.returncode == 0, compiled.stderr
    return environment


@pytest.fixture(scope="module")
def checkpoint(team: Environment) -> Path:
    """The team's small model."""
    path = team.directory / "acme-small.apr"
    # Its contracts name a probe that only the team's environment has, the registration none.
    declared = {"probes": {}, "defects": {}}
    with pytest.raises(ContractError, match="no probe team_name@1"):
        load_catalogue(team.directory / "contracts", **declared)
    write_fixture(read_catalogue(team.directory / "contracts", **declared).catalogue, "acme-small", path)
    return path


def dispatched(team: Environment, subject: Path) -> tuple[int, Path]:
    before = set(list_bundles(team.directory / ".shipworthy" / "evidence"))
    done = team.shipworthy("dispatch", subject, "--release", "acme")
    [bundle] = set(list_bundles(team.directory / ".shipworthy" / "evidence")) - before
    assert done.stderr == "" or "Traceback" not in done.stderr, done.stderr
    return done.returncode, bundle


def test_a_good_checkpoint_is_discharged_and_the_bundle_names_the_code_that_measured(
    team: Environment, checkpoint: Path
) -> None:
    code, bundle = dispatched(team, checkpoint)
    assert code == 0
    [entry] = read_bundle(bundle).predicate["criteria"]
    assert (entry["id"], entry["verdict"]) == ("ACME-001", "DISCHARGED")
    measurement = json.loads((bundle / "measurements" / "FALSIFY-ACME-001.json").read_bytes())
    assert measurement["raw"] == {
        "name": "acme-small",
        "teams": ["acme-search", "acme-small"],
        "tensors": 20,
    }
    assert measurement["probe_source"] == {
        "distribution": "acme-checks",
        "version": "1.0.0",
        "sha256": sha256_json({"acme_checks.py": sha256_file(EXAMPLE / "acme_checks.py")}),
    }


def test_a_checkpoint_that_nobody_answers_for_is_blocked(team: Environment, checkpoint: Path) -> None:
    renamed = checkpoint.with_name("final.apr")
    stamp(checkpoint, renamed, assignments=["name=final-v2"])
    code, bundle = dispatched(team, renamed)
    assert code == 1
    [entry] = read_bundle(bundle).predicate["criteria"]
    assert entry["reasons"] == ["falsified"]
    assert entry["falsifiers"][0]["detail"].startswith("ACME-001: no team answers for this checkpoint")


def test_without_the_distribution_the_contract_is_refused_and_nothing_is_compiled(team: Environment) -> None:
    [info] = team.packages.glob("acme_checks-*.dist-info")
    hidden = info.rename(info.with_suffix(".hidden"))
    try:
        done = team.shipworthy("compile", "--check")
    finally:
        hidden.rename(info)
    assert done.returncode == 2
    assert "FALSIFY-ACME-001: no probe team_name@1 [unknown-probe]" in done.stderr


def test_a_name_that_we_have_is_refused(
    team: Environment,
) -> None:
    module = team.packages / "acme_checks.py"
    good = module.read_text()
    module.write_text(good.replace("team_name@1", "self_contained@1"))
    try:
        done = team.shipworthy("compile", "--check")
    finally:
        module.write_text(good)
    assert done.returncode == 2
    assert "acme-checks 1.0.0: brings a probe 'self_contained@1', which shipworthy has itself" in done.stderr


def test_the_document_shows_the_files_as_they_are() -> None:
    document = (REPOSITORY / "docs" / "extending.md").read_text()
    for name in ("contracts/acme-001.yaml", "acme_checks.py", "pyproject.toml"):
        assert (EXAMPLE / name).read_text() in document, f"docs/extending.md does not show {name} as it is"


def test_the_probe_has_no_more_than_twenty_lines() -> None:
    text = (EXAMPLE / "acme_checks.py").read_text()
    probe = text[text.index("def measure") : text.index("def rename")]
    assert len([line for line in probe.splitlines() if line.strip()]) <= 20
