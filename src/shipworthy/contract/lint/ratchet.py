"""The ratchet: bars move up freely, and down only with a reason, an approver, and a new measurement.

comparison = compare_catalogues(before, after, probes=PROBES, results=results)
comparison.changes    # every change, with its direction
comparison.red        # those that nobody may make unseen
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ...errors import ContractError, display_path
from ..form import refuse
from ..identity import criterion_hash
from ..language import Catalogue, Contract
from ..load import Reading
from ..probe import Probe
from .change import Change
from .compare import Direction
from .contract_changes import contract_changes
from .file_checks import Entry, version_order
from .other_changes import other_changes
from .run import Problem, problem_of


@dataclass(frozen=True)
class PastResult:
    """What one bundle said of one criterion; results come oldest first.

    `falsified`: a falsifier was red. `measured`: every falsifier came to PASS, FAIL or INCONCLUSIVE.
    """

    contract: str
    criterion: str
    falsified: bool
    measured: bool


@dataclass(frozen=True)
class Comparison:
    """Every change since a revision, and what of it is red."""

    changes: tuple[Change, ...]
    red: tuple[Problem, ...]

    def to_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "changes": [change.to_json() for change in self.changes],
            "red": [vars(problem) for problem in self.red],
        }


def compare_catalogues(
    before: Reading,
    after: Catalogue,
    *,
    probes: Mapping[str, Probe],
    results: Iterable[PastResult] = (),
) -> Comparison:
    """Compare file by file, by id. What did not read then cannot be compared, and counts as a loosening."""
    history = tuple(results)
    changes: list[Change] = []
    red: list[ContractError] = []
    unread = _unread(before)
    for name in ("contracts", "hosts", "registrations", "releases"):
        was, now = getattr(before.catalogue, name), getattr(after, name)
        for entry_id in [entry_id for entry_id in was if entry_id not in now]:
            found = _removed(was[entry_id], before.catalogue, after)
            changes.append(found)
            if not found.direction.free:
                message = f"{found.of} was removed"
                red.append(ContractError("loosened", message, where=found.where, fix=_KEEP))
        for entry in now.values():
            old = was.get(entry.id)
            found_changes = tuple(_entry_changes(old, entry, before.catalogue, after, probes, unread))
            changes += found_changes
            red += _red(old, entry, found_changes, before.catalogue, after, history)
    return Comparison(tuple(changes), tuple(problem_of(error) for error in red))


_KEEP = "bring it back; a contract that no longer binds is state: RETIRED, with a changelog line"


def _unread(before: Reading) -> frozenset[str]:
    """The files at the revision that today's rules cannot read, by their path in contracts/."""
    catalogue = before.catalogue
    tables = (catalogue.contracts, catalogue.hosts, catalogue.registrations, catalogue.releases)
    read = {entry.document.path for table in tables for entry in table.values()}
    return frozenset(path.relative_to(catalogue.root).as_posix() for path in before.files if path not in read)


def _removed(old: Entry, before: Catalogue, after: Catalogue) -> Change:
    """A file that is gone. What bound nothing can go freely; a host binds only where a contract needs it."""
    path = after.root / old.document.path.relative_to(before.root)
    bound = old.compiles if isinstance(old, Contract) else old.id not in before.hosts
    moved = Direction.LOOSENING if bound else Direction.NEUTRAL
    return Change(old.id, "file", "there", "removed", moved, f"{display_path(path)}:1:1")


def _entry_changes(
    old: Entry | None,
    new: Entry,
    before: Catalogue,
    after: Catalogue,
    probes: Mapping[str, Probe],
    unread: Collection[str],
) -> Iterator[Change]:
    if old is None:
        known = new.document.path.relative_to(after.root).as_posix() in unread
        moved = Direction.NEUTRAL
        if known:
            moved = Direction.INCOMPARABLE
        elif isinstance(new, Contract) and new.compiles:
            moved = Direction.TIGHTENING
        was = "not of today's form" if known else "not there"
        yield Change(new.id, "file", was, "there", moved, new.document.where())
    elif isinstance(old, Contract) and isinstance(new, Contract):
        yield from contract_changes(old, new, before, after, probes)
    elif not isinstance(old, Contract) and not isinstance(new, Contract):
        yield from other_changes(old, new)


def _red(
    old: Entry | None,
    new: Entry,
    changes: Iterable[Change],
    before: Catalogue,
    after: Catalogue,
    history: tuple[PastResult, ...],
) -> Iterator[ContractError]:
    loosened = [change for change in changes if not change.direction.free]
    if isinstance(new, Contract) and isinstance(old, Contract):
        yield from _version_problems(old, new, before, after)
    elif isinstance(new, Contract) and new.compiles:
        yield from _comes_back(new, criterion_hash(new, after), history)
    if loosened and not _approved(old, new):
        for change in loosened:
            message = f"{change.of}: {change.what}: {change.before} -> {change.after} ({change.direction})"
            yield ContractError("loosened", message, where=change.where)
    if isinstance(new, Contract):
        was = criterion_hash(old, before) if loosened and isinstance(old, Contract) else None
        now = criterion_hash(new, after)
        if red := _red_and_not_measured_since(new, was, now, history):
            message = f"{new.id} was falsified as {red[:12]} and has not been measured since as {now[:12]}"
            yield refuse(new.document, ("version",), "loosened-after-red", message)


def _approved(old: Entry | None, new: Entry) -> bool:
    """Whether a changelog line since `old` names a reason and an approver."""
    if isinstance(new, Contract):
        since = version_order(old.version) if isinstance(old, Contract) else ()
        until = version_order(new.version)
        lines = [line.version for line in new.changelog if line.reason and line.approver]
        return any(since < version_order(version) <= until for version in lines)
    return any(old is None or line not in old.changelog for line in new.changelog)


def _version_problems(
    old: Contract, new: Contract, before: Catalogue, after: Catalogue
) -> Iterator[ContractError]:
    """An id that comes back with another hash; a DRAFT that stays one has no evidence to mislead."""
    if old.state == new.state == "DRAFT":
        return
    was, now = criterion_hash(old, before), criterion_hash(new, after)
    if was == now:
        return
    raised = version_order(new.version) > version_order(old.version)
    if not raised or new.version not in {line.version for line in new.changelog}:
        message = f"{new.id} was {was[:12]} and is {now[:12]}, as version {new.version}"
        if raised:
            message += ", which no changelog line names"
        yield refuse(new.document, ("version",), "version-not-raised", message)


def _comes_back(new: Contract, now: str, history: Iterable[PastResult]) -> Iterator[ContractError]:
    """An id that is new since the revision, of which the evidence knows another criterion."""
    known = {result.criterion for result in history if result.contract == new.id}
    if known and now not in known and new.version not in {line.version for line in new.changelog}:
        was = ", ".join(sorted(criterion[:12] for criterion in known))
        message = f"{new.id} was {was} in the evidence and is {now[:12]}, and no changelog line says why"
        yield refuse(new.document, ("version",), "version-not-raised", message)


def _red_and_not_measured_since(
    contract: Contract, was: str | None, now: str, history: tuple[PastResult, ...]
) -> str:
    """The criterion hash that was red and whose looser successor no later bundle measured, or nothing.

    `was` is the hash at the revision, where the contract loosened since; a loosening that the revision has
    already is known by the approver in the line of today's version.
    """
    landed = any(line.version == contract.version and line.approver for line in contract.changelog)
    owing = ""
    for result in history:
        if result.contract != contract.id:
            continue
        if result.criterion == now and result.measured and (now != was or not result.falsified):
            owing = ""
        elif result.falsified and (result.criterion == was or (landed and result.criterion != now)):
            owing = result.criterion
        elif result.measured and result.criterion != was:
            owing = owing if owing == was else ""
    return owing
