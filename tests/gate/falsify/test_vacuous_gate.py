"""A gate made vacuous on purpose discharges nothing until it is proven again, from dispatch to dispatch."""

from __future__ import annotations

from pathlib import Path

import pytest

from trial_workspace import Workspace, reasons

BOUND = "implausible: {maxItems: 0}"


@pytest.mark.slow
def test_a_vacuous_gate_blocks_every_dispatch_until_it_is_proven_again(
    quick: Workspace, fixture_llama: Path
) -> None:
    contract = quick.contracts / "c-02.yaml"
    good = contract.read_text()
    assert reasons(quick.dispatch(fixture_llama).bundle)["C-02"] == []

    contract.write_text(good.replace(BOUND, "implausible: {maxItems: 9}"))
    quick.compile()
    found = quick.dispatch(fixture_llama)
    assert found.code == 1
    assert reasons(found.bundle)["C-02"] == ["vacuous_gate"]
    (entry,) = [c for c in found.bundle.predicate["criteria"] if c["id"] == "C-02"]
    assert entry["falsifiers"][0]["outcome"] == "PASS"
    assert "another criterion hash" in entry["proof"]["problem"]

    tried = quick.shipworthy("falsify", "C-02")
    assert tried.returncode == 1
    assert "killed 2 of 4 planted defects (50 %)" in tried.stdout
    assert reasons(quick.dispatch(fixture_llama).bundle)["C-02"] == ["vacuous_gate"]

    contract.write_text(good)
    quick.compile()
    assert reasons(quick.dispatch(fixture_llama).bundle)["C-02"] == ["vacuous_gate"]
    assert quick.shipworthy("falsify", "C-02").returncode == 0
    assert reasons(quick.dispatch(fixture_llama).bundle)["C-02"] == []


@pytest.mark.slow
def test_a_planted_list_that_grew_blocks_until_the_new_defect_is_killed(
    quick: Workspace, fixture_llama: Path
) -> None:
    contract = quick.contracts / "c-02.yaml"
    line = "      - {defect: metadata_value_off_by_one, of: apr, red: implausible, with: {key: rope_theta}}\n"
    contract.write_text(contract.read_text() + line)
    assert reasons(quick.dispatch(fixture_llama).bundle)["C-02"] == ["vacuous_gate"]
    assert quick.shipworthy("falsify", "C-02").returncode == 1
    assert not (quick.contracts / "proofs" / "C-02.json").exists()
    assert reasons(quick.dispatch(fixture_llama).bundle)["C-02"] == ["vacuous_gate"]
