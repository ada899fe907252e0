"""A proof of non-vacuity speaks for one criterion hash and one planted list, and only where it is whole."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from shipworthy.contract import Catalogue, load_catalogue
from shipworthy.contract.extension import Brought, ProbeExtension
from shipworthy.contract.probes import PROBES
from shipworthy.contract.proof import made_with, proof_path, proof_problem, record_kills

ID = "C-03"
FALSIFIER = "FALSIFY-C-03"
Change = Callable[[dict[str, Any]], Any]


@pytest.fixture
def own(catalogue: Catalogue, tmp_path: Path) -> Catalogue:
    """The contracts in a directory of the test's own."""
    shutil.copytree(catalogue.root, tmp_path / "contracts")
    return load_catalogue(tmp_path / "contracts")


def problem(own: Catalogue) -> str:
    return proof_problem(own, own.contracts[ID])


def planted(proof: dict[str, Any]) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = proof["falsifiers"][FALSIFIER]["planted"]
    return records


def test_every_committed_proof_holds(catalogue: Catalogue) -> None:
    contracts = [c for c in catalogue.contracts.values() if c.compiles and not c.compound]
    assert len(contracts) >= 6
    assert {c.id: proof_problem(catalogue, c) for c in contracts} == dict.fromkeys(
        (c.id for c in contracts), ""
    )


CHANGES: dict[str, tuple[Change, str]] = {
    "another schema": (lambda p: p.update(schema="shipworthy/proof/0"), "is not a proof of the schema"),
    "another contract": (lambda p: p.update(contract="C-02"), "is the proof of 'C-02'"),
    "another criterion hash": (lambda p: p.update(criterion="0" * 64), "made for another criterion hash"),
    "no criterion hash": (lambda p: p.pop("criterion"), "made for another criterion hash"),
    "another planted list": (lambda p: p.update(planted="0" * 64), "made for other planted defects"),
    "no falsifiers": (lambda p: p.pop("falsifiers"), "the proof records no falsifier"),
    "falsifiers a list": (lambda p: p.update(falsifiers=[]), "the proof records no falsifier"),
    "falsifiers empty": (lambda p: p.update(falsifiers={}), f"{FALSIFIER} is not in the proof"),
    "falsifier null": (lambda p: p["falsifiers"].update({FALSIFIER: None}), "is not in the proof"),
    "no good fixture": (lambda p: p["falsifiers"][FALSIFIER].update(good={}), "was tried on no good fixture"),
    "good fixture red": (
        lambda p: p["falsifiers"][FALSIFIER].update(good={"fixture-llama": "FAIL"}),
        "is not green on the good fixture fixture-llama",
    ),
    "good fixture not measured": (
        lambda p: p["falsifiers"][FALSIFIER].update(good={"fixture-llama": "UNMEASURABLE"}),
        "is not green on the good fixture",
    ),
    "good on another fixture only": (
        lambda p: p["falsifiers"][FALSIFIER].update(good={"fixture-qwen2": "PASS"}),
        "stays green on metadata_key_missing",
    ),
    "no empty subject": (
        lambda p: p["falsifiers"][FALSIFIER].update(empty={}),
        "was not tried on an empty subject",
    ),
    "empty null": (
        lambda p: p["falsifiers"][FALSIFIER].pop("empty"),
        "was not tried on an empty subject",
    ),
    "empty is green": (
        lambda p: p["falsifiers"][FALSIFIER]["empty"].update({"(no tensors)": "PASS"}),
        "does not refuse (no tensors)",
    ),
    "empty is unmeasurable": (
        lambda p: p["falsifiers"][FALSIFIER]["empty"].update({"(empty file)": "UNMEASURABLE"}),
        "does not refuse (empty file)",
    ),
    "entry missing": (lambda p: planted(p).pop(), "stays green on layers_counted_from_one"),
    "planted null": (lambda p: p["falsifiers"][FALSIFIER].update(planted=None), "stays green on"),
    "planted a number": (lambda p: p["falsifiers"][FALSIFIER].update(planted=3), "stays green on"),
    "records are text": (lambda p: p["falsifiers"][FALSIFIER].update(planted=["FAIL"]), "stays green on"),
    "no-op": (lambda p: planted(p)[0].update(changed=False), "stays green on metadata_key_missing (missing)"),
    "changed is a word": (lambda p: planted(p)[0].update(changed="true"), "stays green on"),
    "red on another quantity": (
        lambda p: planted(p)[0].update(failed=["implausible"]),
        "stays green on metadata_key_missing (missing)",
    ),
    "failed is a word": (lambda p: planted(p)[0].update(failed="missing"), "stays green on"),
    "of another parameter": (lambda p: planted(p)[0].update({"with": {"key": "name"}}), "stays green on"),
    "made with another fixture": (
        lambda p: p["made_with"].update({"fixture-llama": "0" * 64}),
        "was made with another fixture-llama",
    ),
    "made with a fixture of no name": (
        lambda p: p["made_with"].pop("fixture-qwen2"),
        "was made with another fixture-qwen2",
    ),
    "made with a probe that is not brought": (
        lambda p: p["made_with"].update({"probe acme@1": "0" * 64}),
        "was made with another probe acme@1",
    ),
    "made with nothing": (lambda p: p.pop("made_with"), "does not say what it was made with"),
    "made with a list": (lambda p: p.update(made_with=[]), "does not say what it was made with"),
    "a huge parameter": (lambda p: planted(p)[0].update({"with": {"key": 10**400}}), "stays green on"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_proof_that_is_changed_is_invalid(own: Catalogue, name: str) -> None:
    change, message = CHANGES[name]
    path = proof_path(own, own.contracts[ID])
    proof = json.loads(path.read_bytes())
    before = deepcopy(proof)
    change(proof)
    assert proof != before
    path.write_text(json.dumps(proof))
    assert message in problem(own)


@pytest.mark.parametrize("outcome", ["PASS", "INCONCLUSIVE", "UNMEASURABLE", "ERROR", "fail", "", None, True])
def test_only_fail_is_red(own: Catalogue, outcome: Any) -> None:
    path = proof_path(own, own.contracts[ID])
    proof = json.loads(path.read_bytes())
    planted(proof)[2]["outcome"] = outcome
    path.write_text(json.dumps(proof))
    assert problem(own) == f"{FALSIFIER} stays green on metadata_alias_added (aliased_twice)"


BAD_BYTES = {
    "empty": b"",
    "cut off": b'{"schema": ',
    "not text": b"\xff\xfe\x00",
    "NaN": b'{"schema": NaN}',
    "a key twice": b'{"schema": 1, "schema": 1}',
    "nested too deeply": b"[" * 100_000,
    "a list": b"[]",
    "null": b"null",
}


@pytest.mark.parametrize("name", BAD_BYTES)
def test_bytes_that_are_no_proof_are_invalid_and_raise_nothing(own: Catalogue, name: str) -> None:
    proof_path(own, own.contracts[ID]).write_bytes(BAD_BYTES[name])
    assert problem(own).startswith("C-03.json ")


def test_a_proof_that_is_not_there_says_what_to_run(own: Catalogue) -> None:
    proof_path(own, own.contracts[ID]).unlink()
    assert problem(own) == "there is no C-03.json in proofs/; run `shipworthy falsify C-03`"


def test_a_directory_in_its_place_is_no_proof(own: Catalogue) -> None:
    path = proof_path(own, own.contracts[ID])
    path.unlink()
    path.mkdir()
    assert "cannot be read" in problem(own)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("fields: {const: 4}", "fields: {minimum: 4}", "another criterion hash"),
        ("key: intermediate_size", "key: num_layers", "other planted defects"),
    ],
)
def test_a_contract_that_changes_loses_its_proof(own: Catalogue, old: str, new: str, message: str) -> None:
    path = own.root / "c-03.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    assert message in problem(load_catalogue(own.root))


@pytest.mark.parametrize(
    ("name", "old", "new", "other"),
    [
        ("models/fixture-qwen2.yaml", "rope_theta: 1", "rope_theta: 2", "fixture-qwen2"),
        ("data/fixture-tokenizer.json", '"tokens"', ' "tokens"', "fixture-tokenizer"),
    ],
)
def test_a_fixture_that_changes_takes_the_proof_with_it(
    own: Catalogue, name: str, old: str, new: str, other: str
) -> None:
    path = own.root / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    assert problem(load_catalogue(own.root)) == (
        f"C-03.json was made with another {other}; run `shipworthy falsify C-03`"
    )


def test_a_fixture_that_is_gone_takes_the_proof_with_it(own: Catalogue) -> None:
    (own.root / "models" / "fixture-qwen3.yaml").unlink()
    assert "was made with another fixture-qwen3" in problem(load_catalogue(own.root))


def test_a_proof_binds_the_sources_of_what_others_bring(
    own: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    contract = own.contracts[ID]
    recorded = json.loads(proof_path(own, contract).read_bytes())["falsifiers"]
    probe = PROBES["checkpoint_metadata@1"]
    brought = Brought(ProbeExtension(probe, test_only_fail_is_red), "acme", "1.0")
    monkeypatch.setattr("shipworthy.contract.proof.brought_probes", lambda: {probe.name: brought})
    found = made_with(own, contract, recorded)
    assert found[f"probe {probe.name}"] == brought.sha256()
    assert problem(own).startswith("C-03.json was made with another probe checkpoint_metadata@1")


def test_a_contracts_words_may_change_without_a_new_proof(own: Catalogue) -> None:
    path = own.root / "c-03.yaml"
    path.write_text(path.read_text().replace("title: The checkpoint", "title: Every checkpoint"))
    assert problem(load_catalogue(own.root)) == ""


def test_a_record_kills_only_with_bytes_that_differ_and_the_named_quantity_red() -> None:
    record = {"changed": True, "outcome": "FAIL", "red": "missing", "failed": ["fields", "missing"]}
    assert record_kills(record)
    assert not record_kills({**record, "changed": False})
    assert not record_kills({**record, "red": "implausible"})
    assert not record_kills({**record, "failed": []})
    assert not record_kills({})
