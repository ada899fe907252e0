"""A bundle of shipworthy's own: the digests of its manifest, and every DISCHARGED derived again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ....canonical import strict_loads
from ....contract import MeasurementError, Outcome, Registration, judge, load_contract, quantities_of
from ....contract.load import read_file
from ....contract.probes import PROBES
from ....errors import FileError, ShipworthyError
from ...bundle import Bundle, read_bundle
from ..places import pointer
from ..receipt import Claim, Receipt, Subject


def read(file: str, path: Path) -> Receipt:
    """The criteria that its statement reports. Raises FileError where a file is not the manifest's."""
    bundle = read_bundle(path)
    subject = bundle.predicate["subject"]
    claims = tuple(
        Claim(
            entry["id"],
            entry["id"],
            entry["verdict"],
            entry["verdict"] == "DISCHARGED",
            file,
            pointer("predicate", "criteria", index),
        )
        for index, entry in enumerate(bundle.predicate["criteria"])
    )
    subjects = (Subject(subject["name"], subject["sha256"], file, pointer("predicate", "subject")),)
    return Receipt(file, "shipworthy-bundle", bundle, claims=claims, subjects=subjects)


def unproven(bundle: Bundle, entry: dict[str, Any]) -> str:
    """Why what a bundle calls DISCHARGED does not follow from its raw samples; "" where it does."""
    try:
        contract = load_contract(bundle.path / "contracts" / f"{entry['id'].lower()}.yaml")
        verdicts = {other["id"]: other["verdict"] for other in bundle.predicate["criteria"]}
        for member in contract.all_of:
            if verdicts.get(member) != "DISCHARGED":
                return f"it cites {member}, which is not DISCHARGED in the bundle"
        outcomes = {outcome["falsifier"]: outcome for outcome in entry["falsifiers"]}
        registered = _registration(bundle.path).facts()
        for falsifier in contract.falsifiers:
            name = outcomes[falsifier.id]["measurement"]
            document = strict_loads((bundle.path / name).read_bytes())
            if (document["criterion"], document["probe"]) != (entry["criterion"], falsifier.probe):
                return f"the measurement of {falsifier.id} is of another criterion or probe"
            probe = PROBES[falsifier.probe]
            quantities = quantities_of(probe, document["raw"])
            outcome = judge(falsifier.expect, quantities, probe, registered).outcome
            if outcome is not Outcome.PASS:
                return f"from its raw samples {falsifier.id} is {outcome}"
        if not contract.falsifiers and not contract.all_of:
            return "its contract asks for nothing"
    except (KeyError, TypeError, ValueError, OSError, MeasurementError, ShipworthyError) as error:
        return f"it cannot be derived again: {error}"
    return ""


def _registration(path: Path) -> Registration:
    found, problems = read_file(path / "registration.yaml", "registration")
    if problems:
        raise problems[0]
    if not isinstance(found, Registration):
        raise FileError("bad-statement", "has no registration", path=path)
    return found
