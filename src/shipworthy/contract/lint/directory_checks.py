"""What lint looks at in a whole directory beyond what the loader refuses."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from ...canonical import strict_loads
from ...errors import ContractError, display_path
from ..defect import PlantedDefect
from ..form import near_miss, refuse
from ..language import Catalogue, Contract, Planted
from ..proof import proof_path, proof_problem, record_kills
from ..schemas import schema_text


def directory_checks(
    catalogue: Catalogue, defects: Mapping[str, PlantedDefect], unread: Collection[str]
) -> Iterator[ContractError]:
    """What is wrong with the files of a directory; `unread` are names of files that do not read."""
    for contract in catalogue.contracts.values():
        if contract.compiles:
            yield from _fixture_problems(catalogue, contract, defects, unread)
    for release in catalogue.releases.values():
        for criterion in release.weights:
            if criterion not in catalogue.contracts and criterion not in unread:
                yield refuse(
                    release.document,
                    ("weights", criterion),
                    "release-without-contract",
                    f"there is no contract {criterion}",
                    near_miss(criterion, catalogue.contracts),
                )
    yield from _schema_problems(catalogue)
    for path in sorted((catalogue.root / "proofs").glob("[!.]*.json")):
        if path.stem not in catalogue.contracts and path.stem not in unread:
            where = f"{display_path(path)}:1:1"
            yield ContractError("proof-without-contract", f"there is no contract {path.stem}", where=where)


def directory_notes(catalogue: Catalogue, defects: Mapping[str, PlantedDefect]) -> Iterator[ContractError]:
    """What is no problem and worth knowing, of a directory that has every fixture to start from."""
    fixtures = {defect.fixture for defect in defects.values() if "run" not in defect.of}
    active = [contract for contract in catalogue.contracts.values() if contract.compiles]
    named = {planted.defect for c in active for f in c.falsifiers for planted in f.planted}
    idle = [name for name in defects if name not in named]
    if idle and fixtures <= {*catalogue.registrations, *catalogue.data}:
        message = f"no ACTIVE contract names {len(idle)} planted defects: {', '.join(idle)}"
        yield ContractError("idle-defect", message, where=display_path(catalogue.root))
    if unseen := [told for contract in active if (told := _never_red(catalogue, contract))]:
        message = f"no planted defect has turned red: {'; '.join(unseen)}"
        yield ContractError("never-red", message, where=display_path(catalogue.root / "proofs"))


def _never_red(catalogue: Catalogue, contract: Contract) -> str:
    """What a contract with a valid proof expects, and the proof has never seen red."""
    if contract.compound or proof_problem(catalogue, contract):
        return ""
    recorded = strict_loads(proof_path(catalogue, contract).read_bytes())["falsifiers"]
    told = []
    for falsifier in contract.falsifiers:
        rows = [
            row for row in recorded[falsifier.id]["planted"] if isinstance(row, dict) and record_kills(row)
        ]
        seen = {quantity for row in rows for quantity in row["failed"]}
        if quantities := [name for name in falsifier.expect if name not in seen]:
            told.append(f"{falsifier.id} {', '.join(quantities)}")
    return "; ".join(told)


def _fixture_problems(
    catalogue: Catalogue,
    contract: Contract,
    defects: Mapping[str, PlantedDefect],
    unread: Collection[str],
) -> Iterator[ContractError]:
    for index, falsifier in enumerate(contract.falsifiers):
        for number, planted in enumerate(falsifier.planted):
            keys: tuple[str | int, ...] = ("falsifiers", index, "planted", number)
            name = _fixture(planted, defects)
            # A run is trained when it is first needed, and is no file of contracts/.
            if name is None or name in unread or planted.of == "run":
                continue
            registration = catalogue.registrations.get(name)
            if registration is None and name not in catalogue.data:
                known = [*catalogue.registrations, *catalogue.data]
                message = f"{falsifier.id}: {planted.defect} starts from {name!r}, which is no fixture"
                yield refuse(contract.document, keys, "unknown-fixture", message, near_miss(name, known))
            elif registration is not None and planted.of != "measurement":
                architecture = registration.constants["architecture"]
                admitted = contract.applies.get("architecture", (architecture,))
                if architecture not in admitted:
                    message = f"{falsifier.id}: {name} is {architecture}, applies names {', '.join(admitted)}"
                    yield refuse(contract.document, keys, "fixture-out-of-scope", message)


def _fixture(planted: Planted, defects: Mapping[str, PlantedDefect]) -> str | None:
    """The fixture that a planted defect starts from, None where the defect is unknown."""
    if planted.on is not None:
        return planted.on
    defect = defects.get(planted.defect)
    return None if defect is None else defect.fixture


def _schema_problems(catalogue: Catalogue) -> Iterator[ContractError]:
    path = catalogue.root / "schema.json"
    if path.is_file() and path.read_bytes() != schema_text().encode():
        where = f"{display_path(path)}:1:1"
        yield ContractError("schema-differs", "is not the schema that this version writes", where=where)
