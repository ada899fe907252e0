"""Proofs of non-vacuity: what `shipworthy falsify` found, and whether that still holds at today's hashes.

A proof says, per falsifier, that every good fixture was green in every form that the contract admits, that a
subject of nothing was refused, and that every planted defect turned the gate red on the quantity that the
contract names. It binds the criterion hash and the digest of the planted list.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..canonical import strict_loads
from .expectation import Outcome
from .identity import criterion_hash, planted_digest
from .language import Catalogue, Contract, Falsifier, Planted

PROOF_SCHEMA = "shipworthy/proof/1"


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


def proof_problem(catalogue: Catalogue, contract: Contract) -> str:
    """Why a contract has no valid proof, or an empty string where it has one. Never raises."""
    path = proof_path(catalogue, contract)
    try:
        proof = strict_loads(path.read_bytes())
    except FileNotFoundError:
        return f"there is no {path.name} in {path.parent.name}/; run `shipworthy falsify {contract.id}`"
    except (OSError, ValueError) as error:
        return f"{path.name} cannot be read: {error}"
    if not isinstance(proof, dict) or proof.get("schema") != PROOF_SCHEMA:
        return f"{path.name} is not a proof of the schema {PROOF_SCHEMA}"
    if proof.get("contract") != contract.id:
        return f"{path.name} is the proof of {proof.get('contract')!r}"
    if proof.get("criterion") != criterion_hash(contract, catalogue):
        return f"{path.name} was made for another criterion hash; run `shipworthy falsify {contract.id}`"
    if proof.get("planted") != planted_digest(contract):
        return f"{path.name} was made for other planted defects; run `shipworthy falsify {contract.id}`"
    return _contents_problem(contract, proof.get("falsifiers"))


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
