"""Proofs of non-vacuity: what `shipworthy falsify` found, and whether that still holds at today's hashes.

A proof says, per falsifier, that every good fixture was green in every form that the contract admits, that a
subject of nothing was refused, and that every planted defect turned the gate red on the quantity that the
contract names. It binds the criterion hash, the digest of the planted list, what the fixtures are, and the
sources of probes and defects that other distributions bring.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..canonical import strict_loads
from .expectation import Outcome
from .extension import brought_defects, brought_probes
from .identity import criterion_hash, planted_digest, registration_digest
from .language import Catalogue, Contract, Falsifier, Planted

FIXTURE_TOKENIZER = "fixture-tokenizer"
"""The data file with the vocabulary of every fixture that is a registration."""
PROOF_SCHEMA = "shipworthy/proof/2"

_PROBE, _PLANTED_DEFECT = "probe ", "planted defect "
"""What the names begin with of what other distributions brought to a proof."""


def proof_path(catalogue: Catalogue, contract: Contract) -> Path:
    """Where the proof of a contract lies."""
    return catalogue.root / "proofs" / f"{contract.id}.json"


def planted_entry(planted: Planted) -> dict[str, Any]:
    """What identifies one planted defect in a proof."""
    return {
        "defect": planted.defect,
        "of": planted.of,
        "on": planted.on,
        "red": planted.red,
        "with": dict(planted.parameters),
    }


@dataclass(frozen=True)
class Inputs:
    """The SHA-256 of registrations and data files by name: all that a proof needs of a catalogue."""

    registrations: Mapping[str, str]
    data: Mapping[str, str]


def proof_problem(catalogue: Catalogue, contract: Contract) -> str:
    """Why a contract has no valid proof, or an empty string where it has one. Never raises."""
    path = proof_path(catalogue, contract)
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return f"there is no {path.name} in {path.parent.name}/; run `shipworthy falsify {contract.id}`"
    except OSError as error:
        return f"{path.name} cannot be read: {error}"
    hashes = criterion_hash(contract, catalogue), planted_digest(contract)
    try:
        proof = strict_loads(data)
    except ValueError as error:
        return f"{path.name} cannot be read: {error}"
    if problem := _form_problem(proof, path.name, contract, *hashes):
        return problem
    today = made_with(catalogue, contract, proof["falsifiers"])
    return _made_with_problem(proof["made_with"], today, path.name, contract)


def recorded_problem(
    data: bytes, name: str, contract: Contract, criterion: str, planted: str, inputs: Inputs | None
) -> str:
    """Why the bytes of a proof prove nothing of a contract with these hashes and made with these fixtures.

    Without `inputs` it may be made with any. What other distributions brought to it is not looked at: who
    reads evidence need not have them.
    """
    try:
        proof = strict_loads(data)
    except ValueError as error:
        return f"{name} cannot be read: {error}"
    if (problem := _form_problem(proof, name, contract, criterion, planted)) or inputs is None:
        return problem
    stated = {
        key: value
        for key, value in proof["made_with"].items()
        if not key.startswith((_PROBE, _PLANTED_DEFECT))
    }
    return _made_with_problem(stated, _fixtures(contract, proof["falsifiers"], inputs), name, contract)


def _form_problem(proof: Any, name: str, contract: Contract, criterion: str, planted: str) -> str:
    if not isinstance(proof, dict) or proof.get("schema") != PROOF_SCHEMA:
        return f"{name} is not a proof of the schema {PROOF_SCHEMA}"
    if proof.get("contract") != contract.id:
        return f"{name} is the proof of {proof.get('contract')!r}"
    if proof.get("criterion") != criterion:
        return f"{name} was made for another criterion hash; run `shipworthy falsify {contract.id}`"
    if proof.get("planted") != planted:
        return f"{name} was made for other planted defects; run `shipworthy falsify {contract.id}`"
    if problem := _contents_problem(contract, proof.get("falsifiers")):
        return problem
    if not isinstance(proof.get("made_with"), Mapping):
        return f"{name} does not say what it was made with"
    return ""


def _made_with_problem(
    stated: Mapping[str, Any], today: Mapping[str, str], name: str, contract: Contract
) -> str:
    if other := [key for key in {**stated, **today} if stated.get(key) != today.get(key)]:
        return f"{name} was made with another {other[0]}; run `shipworthy falsify {contract.id}`"
    return ""


def made_with(catalogue: Catalogue, contract: Contract, recorded: Mapping[str, Any]) -> dict[str, str]:
    """The SHA-256 of what neither criterion nor planted list binds, by name, for the falsifiers of a proof.

    That is each fixture of a row, and each probe or planted defect of the contract that is not our own.
    """
    registrations = {name: registration_digest(r) for name, r in catalogue.registrations.items()}
    inputs = Inputs(registrations, {name: file.sha256 for name, file in catalogue.data.items()})
    found = _fixtures(contract, recorded, inputs)
    for falsifier in contract.falsifiers:
        if (probe := brought_probes().get(falsifier.probe)) is not None:
            found[f"{_PROBE}{falsifier.probe}"] = probe.sha256()
        for planted in falsifier.planted:
            if (defect := brought_defects().get(planted.defect)) is not None:
                found[f"{_PLANTED_DEFECT}{planted.defect}"] = defect.sha256()
    return dict(sorted(found.items()))


def _fixtures(contract: Contract, recorded: Mapping[str, Any], inputs: Inputs) -> dict[str, str]:
    """The SHA-256 of each fixture of a row."""
    entries = [recorded[falsifier.id] for falsifier in contract.falsifiers]
    rows = [name for entry in entries for name in entry["good"]]
    rows += [str(row.get("fixture")) for e in entries for row in e["planted"] if isinstance(row, Mapping)]
    found: dict[str, str] = {}
    for name in {row.partition(" ")[0] for row in rows}:
        if name in inputs.registrations:
            found[name] = inputs.registrations[name]
            if FIXTURE_TOKENIZER in inputs.data:
                found[FIXTURE_TOKENIZER] = inputs.data[FIXTURE_TOKENIZER]
        elif name in inputs.data:
            found[name] = inputs.data[name]
    return found


def _contents_problem(contract: Contract, recorded: Any) -> str:
    if not isinstance(recorded, Mapping):
        return "the proof records no falsifier"
    for falsifier in contract.falsifiers:
        entry = recorded.get(falsifier.id)
        problem = (
            _falsifier_problem(falsifier, entry) if isinstance(entry, Mapping) else "is not in the proof"
        )
        if problem:
            return f"{falsifier.id} {problem}"
    return "" if contract.falsifiers else "the contract has no falsifier to prove"


def _falsifier_problem(falsifier: Falsifier, entry: Mapping[str, Any]) -> str:
    good = entry.get("good")
    if not isinstance(good, Mapping) or not good:
        return "was tried on no good fixture"
    if red := [name for name, outcome in good.items() if outcome != Outcome.PASS]:
        return f"is not green on the good fixture {red[0]}"
    if problem := _empty_problem(falsifier, entry.get("empty")):
        return problem
    recorded = entry.get("planted")
    kills = [
        {key: record.get(key) for key in ("defect", "of", "on", "red", "with")}
        for record in (recorded if isinstance(recorded, list) else [])
        if isinstance(record, Mapping) and record_kills(record) and record.get("fixture") in list(good)
    ]
    for planted in falsifier.planted:
        if planted_entry(planted) not in kills:
            return f"stays green on {planted.defect} ({planted.red})"
    return "" if falsifier.planted else "has no planted defect"


def _empty_problem(falsifier: Falsifier, empty: Any) -> str:
    """A gate that judges recorded samples alone has no subject that could be empty."""
    if all(planted.of == "measurement" for planted in falsifier.planted):
        return ""
    if not isinstance(empty, Mapping) or not empty:
        return "was not tried on an empty subject"
    green = [name for name, outcome in empty.items() if outcome not in (Outcome.FAIL, Outcome.ERROR)]
    return f"does not refuse {green[0]}" if green else ""


def record_kills(record: Mapping[str, Any]) -> bool:
    """Whether a record of a planted defect shows the gate red on the named quantity, with changed bytes."""
    failed = record.get("failed")
    return (
        record.get("changed") is True
        and record.get("outcome") == Outcome.FAIL
        and isinstance(failed, list)
        and record.get("red") in failed
    )
