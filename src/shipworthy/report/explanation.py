"""A criterion in plain words: what it demands, how it is measured, what turns it red, where it stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from ..contract import Catalogue, Contract, Falsifier, Probe, criterion_hash, status_of
from ..contract.catalogue import data_names
from ..contract.defects import DEFECTS
from ..contract.failure_line import describe, shorten
from ..contract.form import near_miss
from ..contract.probes import PROBES
from ..contract.proof import proof_problem
from ..contract.semantics import contract_problems
from ..errors import UsageError, display_path
from ..evidence import Bundle
from .ship import entries_of


@dataclass(frozen=True)
class Planted:
    """One planted defect: how it happens in real life, and the quantity that must show it."""

    defect: str
    of: str
    description: str
    turns_red: str


@dataclass(frozen=True)
class Attempt:
    """One falsifier: how it measures, what it expects of each quantity, what it was seen to notice."""

    id: str
    probe: str
    measures: str
    asked: tuple[str, ...]
    needs: tuple[str, ...]
    expects: tuple[str, ...]
    planted: tuple[Planted, ...]


@dataclass(frozen=True)
class Standing:
    """The newest verdict on a criterion in an evidence directory; `present` where its text is today's."""

    bundle: str
    subject: str
    verdict: str
    reasons: tuple[str, ...]
    status: str
    present: bool


@dataclass(frozen=True)
class Explanation:
    """Everything that `shipworthy explain` says of one criterion.

    `proof` is what is wrong with its proof of non-vacuity, empty where it is valid; `missing` is what keeps
    a DRAFT from being ACTIVE.
    """

    id: str
    version: str
    state: str
    criterion: str
    title: str
    demands: str
    why: str
    scope: str
    all_of: tuple[str, ...]
    falsifiers: tuple[Attempt, ...]
    proof: str
    missing: tuple[str, ...]
    standing: Standing | None
    notes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """For programs."""
        return asdict(self)


def explain(catalogue: Catalogue, name: str, bundles: Iterable[Bundle]) -> Explanation:
    """Of a criterion, or of the one that a falsifier belongs to. `bundles` come oldest first.

    Raises UsageError with a near miss for a name that is neither.
    """
    contract = _find(catalogue, name)
    criterion = criterion_hash(contract, catalogue)
    return Explanation(
        id=contract.id,
        version=contract.version,
        state=contract.state,
        criterion=criterion,
        title=contract.title,
        demands=" ".join(contract.statement.split()),
        why=" ".join(contract.why.split()),
        scope="; ".join(f"{key} {', '.join(names)}" for key, names in contract.applies.items()),
        all_of=contract.all_of,
        falsifiers=tuple(_attempt(falsifier) for falsifier in contract.falsifiers),
        proof=proof_problem(catalogue, contract) if contract.compiles and not contract.compound else "",
        missing=tuple(_missing(catalogue, contract)) if contract.state == "DRAFT" else (),
        standing=_standing(contract, criterion, list(bundles)),
        notes=contract.notes,
    )


def _find(catalogue: Catalogue, name: str) -> Contract:
    owners = {f.id: contract for contract in catalogue.contracts.values() for f in contract.falsifiers}
    known = {**owners, **catalogue.contracts}
    wanted = name.upper()
    if wanted not in known:
        fix = near_miss(wanted, known)
        raise UsageError(
            "no-such-criterion",
            f"there is no criterion {name!r}",
            where=display_path(catalogue.root),
            fix=fix or "`shipworthy lint` reads them all",
        )
    return known[wanted]


def _attempt(falsifier: Falsifier) -> Attempt:
    probe = PROBES.get(falsifier.probe)
    needs = [f"the artifact {kind}" for kind in falsifier.needs.artifact]
    if falsifier.needs.host is not None:
        needs.insert(0, f"the host {falsifier.needs.host}")
    return Attempt(
        id=falsifier.id,
        probe=falsifier.probe,
        measures=probe.description if probe else "a probe that is not built yet",
        asked=tuple(f"{name} = {_plainly(value)}" for name, value in falsifier.parameters.items()),
        needs=tuple(needs),
        expects=tuple(_expected(falsifier, probe)),
        planted=tuple(
            Planted(
                planted.defect,
                planted.of,
                DEFECTS[planted.defect].description if planted.defect in DEFECTS else "not built yet",
                planted.red,
            )
            for planted in falsifier.planted
        ),
    )


def _plainly(value: Any) -> str:
    if isinstance(value, Mapping) and set(value) == {"data"}:
        return f"the file {value['data']}"
    return shorten(value)


def _expected(falsifier: Falsifier, probe: Probe | None) -> Iterator[str]:
    for name, constraint in falsifier.expect.items():
        quantity = probe.quantities.get(name) if probe else None
        unit = f" {quantity.unit}" if quantity is not None and quantity.unit else ""
        says = f": {quantity.description}" if quantity is not None else ""
        yield f"{name} {describe(constraint)}{unit}{says}"


def _missing(catalogue: Catalogue, contract: Contract) -> Iterator[str]:
    """What would be refused if the contract said ACTIVE today."""
    active = replace(contract, state="ACTIVE")
    for problem in contract_problems(active, PROBES, DEFECTS):
        yield f"{problem.message} [{problem.code}]" + (f"; {problem.fix}" if problem.fix else "")
    for falsifier in contract.falsifiers:
        if (host := falsifier.needs.host) is not None and host not in catalogue.hosts:
            yield f"{falsifier.id}: contracts/hosts/ has no {host!r}"
        for name in data_names(falsifier.parameters):
            if name not in catalogue.data:
                yield f"{falsifier.id}: contracts/data/ has no {name!r}"
    yield "its proof of non-vacuity: `shipworthy falsify`, once it is ACTIVE"


def _standing(contract: Contract, criterion: str, bundles: list[Bundle]) -> Standing | None:
    for bundle in reversed(bundles):
        for entry, latest in entries_of(bundle):
            if entry["id"] != contract.id:
                continue
            status = status_of(
                (found for b in bundles for e, found in entries_of(b) if e["id"] == contract.id),
                criterion_hash=criterion,
                registration_digest=latest.registration_digest,
                subject_digest=latest.subject_digest,
            )
            return Standing(
                bundle=bundle.path.name,
                subject=bundle.predicate["subject"]["name"],
                verdict=entry["verdict"],
                reasons=tuple(entry["reasons"]),
                status=status,
                present=entry["criterion"] == criterion,
            )
    return None


def explanation_lines(found: Explanation) -> Iterator[str]:
    """The explanation as a person reads it."""
    yield f"{found.id} {found.version} ({found.state}): {found.title}"
    yield ""
    yield f"It demands:  {found.demands}"
    yield f"Because:     {found.why}"
    if found.scope:
        yield f"It is about: {found.scope}"
    if found.all_of:
        members = ", ".join(found.all_of)
        if found.falsifiers:
            yield f"It also wants these DISCHARGED in the same dispatch: {members}"
        else:
            yield f"It measures nothing; it is DISCHARGED where all of these are: {members}"
    for attempt in found.falsifiers:
        yield ""
        yield from _attempt_lines(attempt)
    yield ""
    yield from _standing_lines(found)
    for note in found.notes:
        yield f"Note: {note}"


def _attempt_lines(attempt: Attempt) -> Iterator[str]:
    asked = f" with {', '.join(attempt.asked)}" if attempt.asked else ""
    yield f"{attempt.id} tries to break it by {attempt.probe}{asked}."
    yield f"  {attempt.measures}"
    if attempt.needs:
        yield f"  Without {' and '.join(attempt.needs)} it is UNMEASURABLE, which is BLOCKED."
    yield "  It passes only if"
    for line in attempt.expects:
        yield f"    {line}"
    if attempt.planted:
        yield "  It must turn red on"
    for planted in attempt.planted:
        yield f"    {planted.turns_red} by {planted.defect} of {planted.of}: {planted.description}"


def _standing_lines(found: Explanation) -> Iterator[str]:
    if found.state == "DRAFT":
        yield "It is a DRAFT: it compiles to no gate, is PENDING, and earns nothing. Before it can be ACTIVE:"
        yield from (f"  {line}" for line in found.missing)
    elif found.state == "ACTIVE" and found.falsifiers:
        proof = f"not proven: {found.proof}" if found.proof else "proven able to fail, at today's hashes"
        yield f"Its gate is {proof}."
    if (last := found.standing) is None:
        yield "Nothing in the evidence speaks of it: PENDING."
        return
    reasons = f" by {', '.join(last.reasons)}" if last.reasons else ""
    text = "" if last.present else ", for another text of the criterion"
    yield f"Last verdict: {last.verdict}{reasons} on {last.subject} in {last.bundle}{text}."
    yield f"Status: {last.status}."
