# ruff: noqa: E501 - a case a line, where it can be
"""Why a verdict changed: what differs is named, by criterion, and every change has a cause."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from corpus_bundles import (
    EARLY,
    Files,
    bound_anew,
    corpus_bundle,
    cut_planted,
    edited,
    files_of,
    replaced,
    verified,
)

from shipworthy.evidence.comparison import Change, common_causes, compare_bundles
from shipworthy.evidence.verify import Verification, verify_bundle
from shipworthy.report.comparison_lines import comparison_json, comparison_lines

PATH = corpus_bundle("0.1.0/unsigned")
STATEMENT = "statement.json"
C03 = "measurements/FALSIFY-C-03.json"


@pytest.fixture(scope="module")
def before() -> Verification:
    return verify_bundle(PATH)


def unbound(edit: Callable[[Files], Files]) -> Verification:
    """A bundle that was edited; what it states otherwise is of no matter to what it derives to."""
    files = edited(files_of(PATH), STATEMENT, lambda statement: statement["predicate"].pop("files"))
    return verified(PATH, edit(files))


def changed(changes: list[Change]) -> dict[str, Change]:
    return {change.id: change for change in changes if change.changed}


def causes(change: Change) -> dict[str, str]:
    return {cause.kind: cause.message for cause in change.causes}


def predicate(edit: Callable[[dict[str, Any]], object]) -> Callable[[Files], Files]:
    return lambda files: edited(files, STATEMENT, lambda statement: edit(statement["predicate"]))


def test_a_bundle_is_as_itself(before: Verification) -> None:
    assert changed(compare_bundles(before, before)) == {}
    assert common_causes(before, before) == []
    assert list(comparison_lines([], compare_bundles(before, before))) == ["0 of 4 verdicts changed"]


def test_a_signature_changes_no_verdict(before: Verification) -> None:
    assert changed(compare_bundles(before, verify_bundle(corpus_bundle("0.1.0/signed")))) == {}


def test_a_quantity_that_crossed_its_bound_is_named(before: Verification) -> None:
    def red(files: Files) -> Files:
        files = edited(files, C03, lambda m: m["raw"]["metadata"].pop("hidden_size"))
        derived = verified(PATH, files)
        (found,) = [f for f in derived.findings if f.code == "quantities-differs"]
        assert found.where == "FALSIFY-C-03"
        return edited(files, STATEMENT, honest)

    def honest(statement: dict[str, Any]) -> None:
        (entry,) = [e for e in statement["predicate"]["criteria"] if e["id"] == "C-03"]
        entry.update(verdict="BLOCKED", reasons=["falsified"])
        (falsifier,) = entry["falsifiers"]
        falsifier.update(outcome="FAIL", reason="falsified")
        falsifier["checks"][1].update(found=["hidden_size"], outcome="FAIL")

    change = changed(compare_bundles(before, unbound(red)))["C-03"]
    found = causes(change)
    assert found["outcome"] == "FALSIFY-C-03: PASS -> FAIL (falsified)"
    expected = "FALSIFY-C-03: missing [] -> ['hidden_size'] against {'maxItems': 0}, PASS -> FAIL"
    assert found["samples"] == expected
    assert "C-03: DISCHARGED -> BLOCKED by falsified" in comparison_lines([], [change])


def test_another_contract_is_named_by_what_differs_in_it(before: Verification) -> None:
    loosened = unbound(lambda files: replaced(files, "contracts/c-03.yaml", "maxItems: 0", "maxItems: 9"))
    change = {change.id: change for change in compare_bundles(before, loosened)}["C-03"]
    assert "FALSIFY-C-03: expect.missing.maxItems 0 -> 9; " in causes(change)["contract"]


def test_a_gate_that_was_tried_less_is_named(before: Verification) -> None:
    """Both proofs hold; the second is of fewer planted defects."""
    after = verified(PATH, bound_anew(cut_planted(files_of(PATH))))
    change = {change.id: change for change in compare_bundles(before, after)}["C-03"]
    assert not change.changed
    assert causes(change)["proof"].endswith("-> 1 planted defects")


def test_another_probe_version_and_host_are_named() -> None:
    changes = compare_bundles(verify_bundle(EARLY), verify_bundle(PATH))
    messages = [cause.message for change in changes if change.id == "AC-SHIP2-010" for cause in change.causes]
    assert any("probe decode_throughput@1 -> decode_throughput@2" in message for message in messages)
    assert any("the digest of a host file" in message for message in messages)


def test_a_subject_that_is_not_the_registered_one_is_named(before: Verification) -> None:
    after = verify_bundle(corpus_bundle("0.1.0/unregistered"))
    for change in changed(compare_bundles(before, after)).values():
        assert causes(change).keys() >= {"registration"}
    assert {cause.kind for cause in common_causes(before, after)} >= {"subject", "registration"}


def test_a_subject_that_was_refused_is_named(before: Verification) -> None:
    after = verify_bundle(corpus_bundle("0.1.0/refused"))
    common = common_causes(before, after)
    assert any("was refused: tensor data starts" in cause.message for cause in common)
    assert all(change.after is None and change.causes for change in compare_bundles(before, after))
    assert all(change.before is None and change.causes for change in compare_bundles(after, before))


OTHERS: dict[str, tuple[str, str, Callable[[Files], Files]]] = {
    "environment": ("environment", "cores", lambda files: edited(files, "environment.json", lambda e: e.update(cores=64))),
    "allowed": (
        "allowed",
        "AC-SHIP2-010 None -> missing_hardware",
        predicate(lambda p: p["allowed_blocked"].append({"criterion": "AC-SHIP2-010", "reason": "missing_hardware"})),
    ),
    "release": ("release", "C-02 40 -> 50", predicate(lambda p: p["release"]["weights"][1].update(weight=50))),
}  # fmt: skip


@pytest.mark.parametrize("name", OTHERS)
def test_what_differs_as_a_whole_is_named(before: Verification, name: str) -> None:
    kind, message, edit = OTHERS[name]
    found = {cause.kind: cause.message for cause in common_causes(before, unbound(edit))}
    assert found.keys() == {kind}
    assert message in found[kind]


@pytest.mark.parametrize(
    ("kind", "edit"),
    [
        ("gate", {"stale": "gates/test_c_03.py is not what its contract compiles to"}),
        ("proof", {"proof": {"valid": False, "problem": "there is none"}}),
    ],
)
def test_a_stale_gate_and_a_lost_proof_are_named(
    before: Verification, kind: str, edit: dict[str, Any]
) -> None:
    def change_one(found: dict[str, Any]) -> None:
        next(entry for entry in found["criteria"] if entry["id"] == "C-03").update(edit)

    changes = compare_bundles(before, unbound(predicate(change_one)))
    assert kind in causes({change.id: change for change in changes}["C-03"])


def test_another_artifact_and_device_are_named(before: Verification) -> None:
    def edit(document: dict[str, Any]) -> None:
        document["artifacts"] = {"gguf": {"name": "a.gguf", "sha256": "0" * 64}}
        document["device"] = {"device": "cuda"}

    changes = compare_bundles(before, unbound(lambda files: edited(files, C03, edit)))
    found = causes({change.id: change for change in changes}["C-03"])
    assert "device cpu -> cuda" in found["device"]
    assert "gguf.sha256" in found["artifact"]


def test_it_is_json_for_programs(before: Verification) -> None:
    after = verify_bundle(corpus_bundle("0.1.0/unregistered"))
    document = comparison_json(common_causes(before, after), compare_bundles(before, after))
    assert json.loads(json.dumps(document)) == document
    assert document["criteria"][0]["after"] == {"verdict": "BLOCKED", "reasons": ["unregistered"]}
