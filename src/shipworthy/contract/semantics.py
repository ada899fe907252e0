"""What a contract of the right form may still get wrong by itself: probes, quantities, constraints, defects.

These rules bind from ACTIVE on. A DRAFT may name a probe that does not exist yet, and a RETIRED contract one
that no longer does; neither compiles to a gate.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator

from ..errors import ContractError
from .accepted import Finding, passes_of_nothing, vacuity
from .constraints import REGISTERED_PATH, constraint_problems, is_reference
from .defect import PlantedDefect, defect_validators
from .failure_line import message_fields
from .form import near_miss, refuse
from .language import Contract, Falsifier, Host
from .probe import Probe, Quantity, parameter_validators
from .schemas import registered_paths

Keys = tuple[str | int, ...]

_JUDGED: dict[tuple[Quantity | None, str], list[Finding]] = {}
"""What was found in constraints: the same one on the same quantity comes again in contract after contract."""
_MOST_JUDGED = 20_000


def contract_problems(
    contract: Contract, probes: Mapping[str, Probe], defects: Mapping[str, PlantedDefect]
) -> Iterator[ContractError]:
    """Everything wrong with one contract that no other file is needed to see."""
    yield from _kind_problems(contract)
    seen: set[str] = set()
    for index, falsifier in enumerate(contract.falsifiers):
        if falsifier.id in seen:
            keys = ("falsifiers", index, "id")
            yield refuse(contract.document, keys, "duplicate-id", f"two falsifiers are called {falsifier.id}")
        seen.add(falsifier.id)
        if contract.compiles:
            yield from _Checker(contract, ("falsifiers", index), falsifier, probes, defects).problems()


def _kind_problems(contract: Contract) -> Iterator[ContractError]:
    document = contract.document
    kind = document.value.get("kind")
    if contract.all_of and kind is None:
        fix = "add kind: battery" if contract.falsifiers else "add kind: compound"
        yield refuse(document, ("all_of",), "kind-missing", "has all_of but no kind", fix)
    if kind == "compound" and not contract.all_of:
        yield refuse(document, ("kind",), "compound-empty", "is a compound of nothing", "add all_of: [IDS]")
    if kind == "battery" and not contract.battery:
        missing = "all_of: [IDS]" if contract.falsifiers else "falsifiers"
        message = f"a battery measures and cites, and this has no {missing.partition(':')[0]}"
        yield refuse(document, ("kind",), "battery-of-nothing", message, f"add {missing}")
    if kind == "compound" and contract.falsifiers:
        yield refuse(
            document,
            ("falsifiers",),
            "compound-with-falsifiers",
            "a compound reads verdicts and measures nothing",
            "remove falsifiers or all_of, or make it a battery",
        )
    if contract.id in contract.all_of:
        yield refuse(document, ("all_of",), "compound-of-itself", f"{contract.id} names itself")
    if contract.compiles and not contract.falsifiers and not contract.all_of:
        yield refuse(
            document,
            ("state",),
            "no-falsifier",
            "an ACTIVE contract without a falsifier can never be red",
            "add falsifiers, or make it DRAFT",
        )


def host_problems(host: Host) -> Iterator[ContractError]:
    """Constraints on a device's facts that nothing or everything would meet."""
    for name, constraint in host.expect.items():
        for path, code, message in expectation_problems(None, constraint):
            yield refuse(host.document, ("expect", name, *path), code, f"{name}: {message}")


def expectation_problems(quantity: Quantity | None, constraint: Mapping[str, Any]) -> list[Finding]:
    """What makes a constraint unusable, or else vacuous."""
    # By how it is written: to Python 1 equals True and 1.0.
    key = quantity, repr(constraint)
    if (known := _JUDGED.get(key)) is not None:
        return known
    unusable = [*constraint_problems(quantity, constraint), *_reference_problems(constraint)]
    found = unusable or list(vacuity(quantity, constraint))
    if len(_JUDGED) < _MOST_JUDGED:
        _JUDGED[key] = found
    return found


def _reference_problems(constraint: Mapping[str, Any]) -> Iterator[Finding]:
    """References of the right form to what no registration has."""
    for keyword, value in constraint.items():
        if keyword == "items" and isinstance(value, Mapping):
            for path, code, message in _reference_problems(value):
                yield (keyword, *path), code, message
        elif is_reference(value) and REGISTERED_PATH.match(path_text := str(value.get("registered"))):
            known = registered_paths()
            if path_text not in known:
                message = f"no registration has {path_text!r}; {near_miss(path_text, known)}"
                yield (keyword,), "unknown-registered", message


class _Checker:
    """One falsifier of an ACTIVE contract against its probe and its planted defects."""

    def __init__(
        self,
        contract: Contract,
        at: Keys,
        falsifier: Falsifier,
        probes: Mapping[str, Probe],
        defects: Mapping[str, PlantedDefect],
    ) -> None:
        self.document = contract.document
        self.at = at
        self.falsifier = falsifier
        self.probes = probes
        self.defects = defects

    def refuse(self, keys: Keys, code: str, message: str, fix: str = "") -> ContractError:
        return refuse(self.document, (*self.at, *keys), code, f"{self.falsifier.id}: {message}", fix)

    def problems(self) -> Iterator[ContractError]:
        probe = self.probes.get(self.falsifier.probe)
        if probe is None:
            name = self.falsifier.probe
            yield self.refuse(("probe",), "unknown-probe", f"no probe {name}", near_miss(name, self.probes))
            return
        yield from self.parameters(
            ("with",),
            self.falsifier.parameters,
            parameter_validators(probe),
            probe.optional,
            f"probe {probe.name}",
        )
        yield from self.expectation(probe)
        yield from self.needs(probe)
        yield from self.message(probe)
        if not self.falsifier.planted:
            yield self.refuse(
                (),
                "no-planted-defect",
                "an ACTIVE falsifier without a planted defect has never been seen red",
                "add planted",
            )
        for index, _ in enumerate(self.falsifier.planted):
            yield from self.planted(probe, index)

    def parameters(
        self,
        keys: Keys,
        given: Mapping[str, Any],
        validators: Mapping[str, Draft202012Validator],
        optional: frozenset[str],
        owner: str,
    ) -> Iterator[ContractError]:
        for name, value in given.items():
            if name not in validators:
                yield self.refuse(
                    (*keys, name),
                    "unknown-parameter",
                    f"{owner} has no parameter {name!r}",
                    near_miss(name, validators),
                )
                continue
            for error in validators[name].iter_errors(value):
                path = (*keys, name, *error.absolute_path)
                yield self.refuse(path, "bad-parameter", f"{name} of {owner}: {error.message[:200]}")
        for name in validators:
            if name not in given and name not in optional:
                yield self.refuse(keys, "missing-parameter", f"{owner} needs {name}", f"add {name} to with")

    def expectation(self, probe: Probe) -> Iterator[ContractError]:
        for name, constraint in self.falsifier.expect.items():
            quantity = probe.quantities.get(name)
            if quantity is None:
                yield self.unknown_quantity(("expect", name), name, probe)
                continue
            for path, code, message in expectation_problems(quantity, constraint):
                yield self.refuse(("expect", name, *path), code, f"{name}: {message}")
            if quantity.among and passes_of_nothing(quantity, constraint):
                yield from self.counted(name, quantity.among, probe)
        for index, name in enumerate(self.falsifier.accept):
            if name not in probe.quantities:
                yield self.unknown_quantity(("accept", index), name, probe)
            elif name not in self.falsifier.expect:
                yield self.refuse(
                    ("accept", index), "not-expected", f"accept names {name}, of which nothing is expected"
                )

    def counted(self, name: str, among: str, probe: Probe) -> Iterator[ContractError]:
        """Few of nothing are few: what `name` was counted among must be some."""
        expected = self.falsifier.expect.get(among)
        if expected is None or passes_of_nothing(probe.quantities[among], expected):
            found = "nothing is expected of" if expected is None else "0 is enough for"
            message = f"{name}: none of none passes, and {found} {among}, among which it is counted"
            yield self.refuse(("expect", name), "zero-of-zero", message, f"expect some {among}")

    def unknown_quantity(self, keys: Keys, name: str, probe: Probe) -> ContractError:
        return self.refuse(
            keys,
            "unknown-quantity",
            f"probe {probe.name} derives no quantity {name!r}",
            near_miss(name, probe.quantities),
        )

    def needs(self, probe: Probe) -> Iterator[ContractError]:
        for artifact in sorted(probe.artifacts - set(self.falsifier.needs.artifact)):
            yield self.refuse(
                ("needs",),
                "artifact-not-needed",
                f"probe {probe.name} reads {artifact}, which needs does not name",
                f"add needs: {{artifact: {artifact}}}",
            )

    def message(self, probe: Probe) -> Iterator[ContractError]:
        try:
            fields = message_fields(self.falsifier.message)
        except ValueError as error:
            yield self.refuse(("message",), "bad-message", f"message: {error}")
            return
        for name, index in fields:
            if name not in probe.quantities:
                yield self.unknown_quantity(("message",), name, probe)
            elif index is not None and probe.quantities[name].type != "array":
                yield self.refuse(("message",), "bad-message", f"message: {name} is no array")

    def planted(self, probe: Probe, index: int) -> Iterator[ContractError]:
        keys: Keys = ("planted", index)
        planted = self.falsifier.planted[index]
        if planted.red not in probe.quantities:
            yield self.unknown_quantity((*keys, "red"), planted.red, probe)
        elif planted.red not in self.falsifier.expect:
            yield self.refuse(
                (*keys, "red"),
                "not-expected",
                f"{planted.defect} must turn {planted.red} red, of which nothing is expected",
                f"expect something of {planted.red}",
            )
        defect = self.defects.get(planted.defect)
        if defect is None:
            yield self.refuse(
                (*keys, "defect"),
                "unknown-defect",
                f"no planted defect {planted.defect!r}",
                near_miss(planted.defect, self.defects),
            )
            return
        if planted.of not in defect.of:
            yield self.refuse(
                (*keys, "of"),
                "defect-not-of",
                f"{defect.name} is made of {' or '.join(sorted(defect.of))}, not of {planted.of}",
            )
        yield from self.parameters(
            (*keys, "with"),
            planted.parameters,
            defect_validators(defect),
            defect.optional,
            f"defect {defect.name}",
        )
        for earlier in self.falsifier.planted[:index]:
            if earlier.defect == planted.defect and earlier == planted:
                yield self.refuse(keys, "duplicate-planted", f"{planted.defect} is planted twice alike")
