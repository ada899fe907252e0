"""Why a verdict changed between two bundles: each thing that differs and can have changed it, by criterion.

What is compared is what was derived from the samples of both, not what their statements say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..contract import Contract, Verdict
from ..contract.identity import identity, planted_digest
from .verify import Verification
from .verify.contents import Contents


@dataclass(frozen=True)
class Cause:
    """One thing that differs: contract, registration, subject, samples, outcome, artifact, device,
    environment, proof, gate, member, allowed, presence."""

    kind: str
    message: str


@dataclass(frozen=True)
class Change:
    """One criterion in both bundles; None where a bundle has no verdict on it."""

    id: str
    before: Verdict | None
    after: Verdict | None
    causes: tuple[Cause, ...]

    @property
    def changed(self) -> bool:
        """Whether the verdict, or a reason of it, is another."""
        return self.before != self.after


def compare_bundles(before: Verification, after: Verification) -> list[Change]:
    """Every criterion of either bundle, those of the first in their order and then the others.

    Of a bundle of a refused subject there is none.
    """
    first = {entry.id: entry.verdict for entry in before.criteria}
    second = {entry.id: entry.verdict for entry in after.criteria}
    changed = {name for name in first.keys() | second.keys() if first.get(name) != second.get(name)}
    whole = [cause for cause in common_causes(before, after) if cause.kind in ("subject", "registration")]
    found = []
    for name in dict.fromkeys([*first, *second]):
        causes = list(_causes(name, before.contents, after.contents, changed))
        if name in changed and not causes:
            causes = whole
        found.append(Change(name, first.get(name), second.get(name), tuple(causes)))
    return found


def common_causes(before: Verification, after: Verification) -> list[Cause]:
    """What differs between the dispatches as a whole."""
    causes = []
    one, two = before.bundle.predicate, after.bundle.predicate
    for side, other in ((before, after), (after, before)):
        if side.bundle.refused and not other.bundle.refused:
            causes.append(Cause("subject", f"one was refused: {side.bundle.refused}"))
    if one["subject"]["sha256"] != two["subject"]["sha256"]:
        causes.append(Cause("subject", _arrow(one["subject"]["sha256"][:12], two["subject"]["sha256"][:12])))
    if before.contents is None or after.contents is None:
        return causes
    causes += [Cause("registration", text) for text in _registration(before.contents, after.contents)]
    for key in ("release", "allowed_blocked"):
        kind = "release" if key == "release" else "allowed"
        if one[key] != two[key]:
            causes.append(Cause(kind, _differing(_named(one[key]), _named(two[key]))))
    environments = [_environment(found.contents) for found in (before, after)]
    if environments[0] != environments[1]:
        causes.append(Cause("environment", _differing(*environments)))
    return causes


def _causes(name: str, before: Contents | None, after: Contents | None, changed: set[str]) -> Iterator[Cause]:
    if before is None or after is None:
        return
    contracts = [contents.catalogue.contracts.get(name) for contents in (before, after)]
    one, two = contracts
    if one is None or two is None:
        yield Cause("presence", f"is only in the {'second' if one is None else 'first'}")
        return
    yield from (Cause("contract", text) for text in _contract(before, one, after, two))
    entries = [_entry(contents, name) for contents in (before, after)]
    for kind, key in (("gate", "stale"), ("proof", "proof")):
        said = [_said(entry[key]) for entry in entries]
        if said[0] != said[1]:
            yield Cause(kind, _arrow(*said))
    if planted_digest(one) != planted_digest(two):
        numbers = [sum(len(falsifier.planted) for falsifier in side.falsifiers) for side in (one, two)]
        same = ", and not the same" if numbers[0] == numbers[1] else ""
        yield Cause("proof", f"tried on {_arrow(*numbers)} planted defects{same}")
    yield from (Cause("member", f"{member} changed") for member in two.all_of if member in changed)
    for falsifier in two.falsifiers:
        outcomes: list[Mapping[str, Any]] = [
            next((f for f in entry["falsifiers"] if f["falsifier"] == falsifier.id), {}) for entry in entries
        ]
        yield from _outcome_causes(falsifier.id, *outcomes)
        documents = [contents.measurements.get(falsifier.id, {}) for contents in (before, after)]
        for kind in ("device", "artifacts", "probe_source"):
            values = [_flat(document.get(kind, {})) for document in documents]
            if values[0] != values[1] and all(documents):
                yield Cause(
                    {"artifacts": "artifact", "probe_source": "environment"}.get(kind, kind),
                    f"{falsifier.id}: {_differing(*values)}",
                )


def _outcome_causes(name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Cause]:
    words = [f"{found.get('outcome')}{_reason(found)}" for found in (before, after)]
    if words[0] != words[1]:
        yield Cause("outcome", f"{name}: {_arrow(*words)}")
    checks = [{check["quantity"]: check for check in found.get("checks", ())} for found in (before, after)]
    for quantity in dict.fromkeys([*checks[0], *checks[1]]):
        one, two = (side.get(quantity, {}) for side in checks)
        if (one.get("outcome"), one.get("found")) != (two.get("outcome"), two.get("found")):
            outcome = (
                "" if one.get("outcome") == two.get("outcome")
                else f", {_arrow(one.get('outcome'), two.get('outcome'))}"
            )  # fmt: skip
            found = _arrow(_short(one.get("found")), _short(two.get("found")))
            bound = _short(two.get("constraint", one.get("constraint")))
            yield Cause("samples", f"{name}: {quantity} {found} against {bound}{outcome}")


def _contract(before: Contents, one: Contract, after: Contents, two: Contract) -> Iterator[str]:
    """What of two criteria's identities differs: each field, and of falsifiers each field by itself."""
    first, second = identity(one, before.catalogue), identity(two, after.catalogue)
    if first == second:
        return
    version = f"version {_arrow(one.version, two.version)}: " if one.version != two.version else ""
    for key in first:
        if key != "falsifiers" and first[key] != second[key]:
            yield f"{version}{key} {_arrow(_short(first[key]), _short(second[key]))}"
    sides = [_falsifiers(one), _falsifiers(two)]
    for name in dict.fromkeys([*sides[0], *sides[1]]):
        values = [side.get(name, {}) for side in sides]
        if values[0] != values[1]:
            yield f"{version}{name}: {_differing(*values)}"
    for what in ("data", "host"):
        digests = [
            sorted(str(falsifier[what]) for falsifier in side["falsifiers"]) for side in (first, second)
        ]
        if digests[0] != digests[1]:
            yield f"{version}the digest of a {what} file that it names"


def _falsifiers(contract: Contract) -> dict[str, dict[str, Any]]:
    return {
        falsifier.id: {
            "probe": falsifier.probe,
            **_flat({"with": falsifier.parameters, "expect": falsifier.expect}),
            "needs": vars(falsifier.needs),
            "accept": list(falsifier.accept),
        }
        for falsifier in contract.falsifiers
    }


def _registration(before: Contents, after: Contents) -> Iterator[str]:
    values = [_flat(contents.registration.document.value) for contents in (before, after)]
    if values[0] != values[1]:
        yield _differing(*values)
    unregistered = [contents.predicate["subject"]["unregistered"] for contents in (before, after)]
    if bool(unregistered[0]) != bool(unregistered[1]):
        first = (unregistered[0] or unregistered[1])[0]
        yield f"the {'first' if unregistered[0] else 'second'} subject is not the registered model: {first}"


def _entry(contents: Contents, name: str) -> Mapping[str, Any]:
    entry: Mapping[str, Any] = next(e for e in contents.predicate["criteria"] if e["id"] == name)
    return entry


def _environment(contents: Contents | None) -> dict[str, Any]:
    return {} if contents is None else _flat(contents.environment)


def _named(value: Any) -> dict[str, Any]:
    """A list of {criterion, ...} by criterion, so that what differs has a name."""
    if isinstance(value, list):
        return {entry["criterion"]: entry.get("weight", entry.get("reason")) for entry in value}
    return {**_flat({k: v for k, v in value.items() if k != "weights"}), **_named(value["weights"])}


def _flat(value: Any, name: str = "") -> dict[str, Any]:
    """Nested mappings as one, keys joined by points; at most two deep, which is what a line can hold."""
    if not isinstance(value, Mapping) or name.count(".") > 1:
        return {name: value}
    found: dict[str, Any] = {}
    for key, item in value.items():
        found |= _flat(item, f"{name}.{key}" if name else str(key))
    return found


def _differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    names = [name for name in dict.fromkeys([*before, *after]) if before.get(name) != after.get(name)]
    said = [f"{name} {_arrow(_short(before.get(name)), _short(after.get(name)))}" for name in names[:6]]
    more = [f"and {len(names) - 6} more"] if len(names) > 6 else []
    return "; ".join([*said, *more])


def _reason(found: Mapping[str, Any]) -> str:
    return f" ({found['reason']})" if found.get("reason") else ""


def _said(value: Any) -> str:
    if isinstance(value, Mapping) and "valid" in value:
        return "valid" if value["valid"] else f"not valid ({_short(value['problem'])})"
    return _short(value) if value else "nothing"


def _arrow(before: Any, after: Any) -> str:
    return f"{before} -> {after}"


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
