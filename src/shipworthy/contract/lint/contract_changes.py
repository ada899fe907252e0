"""What changed in a contract, and whether each change is a tightening or a loosening."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...canonical import canonical
from ...strict_yaml import Keys
from ..catalogue import data_names
from ..language import Catalogue, Contract, Falsifier, Limits, Planted
from ..probe import Probe
from ..values import is_number
from .change import Change, Writer, same
from .compare import Direction, direction

_LOOSER, _TIGHTER = Direction.LOOSENING, Direction.TIGHTENING
_NEUTRAL, _UNKNOWN = Direction.NEUTRAL, Direction.INCOMPARABLE


def contract_changes(
    old: Contract, new: Contract, before: Catalogue, after: Catalogue, probes: Mapping[str, Probe]
) -> Iterator[Change]:
    """Every change from `old` to `new`. Between states that compile to no gate nothing can loosen."""
    write = Writer(new.id, new.document)
    yield from write.text(("version",), old.version, new.version, _NEUTRAL)
    for line in old.changelog:
        if line not in new.changelog:
            yield write(("changelog",), f"changelog line of {line.version}", "there", "gone", _LOOSER)
    for key in ("title", "why", "notes"):
        was, now = (contract.document.value.get(key) for contract in (old, new))
        yield from write.text((key,), was, now, _NEUTRAL)
    if not (old.compiles and new.compiles):
        bound = _TIGHTER if new.compiles else _LOOSER if old.compiles else _NEUTRAL
        yield from write.text(("state",), old.state, new.state, bound)
        if old.state == new.state and not same(_bars(old), _bars(new)):
            yield write(("state",), f"bars of a {new.state} contract", "as they were", "changed", _NEUTRAL)
        return
    yield from write.text(("statement",), old.statement, new.statement, _UNKNOWN)
    yield from write.text(("subject",), old.subject, new.subject, _UNKNOWN)
    yield from _scope_changes(write, old, new)
    yield from write.members(("all_of",), "member", old.all_of, new.all_of, dropped=_LOOSER, added=_TIGHTER)
    yield from _falsifier_changes(write, old, new, before, after, probes)


def _bars(contract: Contract) -> Any:
    ignored = ("version", "changelog", "title", "why", "notes", "state")
    return {key: value for key, value in contract.document.value.items() if key not in ignored}


def _scope_changes(write: Writer, old: Contract, new: Contract) -> Iterator[Change]:
    """A subject that comes into scope can be DISCHARGED, one that leaves it never: wider is looser."""
    for key in ("format", "architecture"):
        was, now = old.applies.get(key), new.applies.get(key)
        if (was and set(was)) != (now and set(now)):
            tighter = now is not None and (was is None or set(now) <= set(was))
            looser = was is not None and (now is None or set(was) <= set(now))
            moved = direction(tighter=tighter, looser=looser)
            before, after = ("every one" if names is None else list(names) for names in (was, now))
            yield write(("applies", key), f"applies to {key}", before, after, moved)


def _falsifier_changes(
    write: Writer,
    old: Contract,
    new: Contract,
    before: Catalogue,
    after: Catalogue,
    probes: Mapping[str, Probe],
) -> Iterator[Change]:
    known = {falsifier.id: falsifier for falsifier in old.falsifiers}
    indices = {falsifier.id: index for index, falsifier in enumerate(new.falsifiers)}
    appeared = [falsifier for falsifier in new.falsifiers if falsifier.id not in known]
    for falsifier in old.falsifiers:
        if falsifier.id in indices:
            continue
        body = _body(old, falsifier)
        renamed = next((item for item in appeared if same(_body(new, item), body)), None)
        if renamed is not None:
            appeared.remove(renamed)
            at: Keys = ("falsifiers", indices[renamed.id], "id")
            yield write(at, "id of a falsifier", falsifier.id, renamed.id, _NEUTRAL)
        else:
            yield write(("falsifiers",), falsifier.id, "there", "dropped", _LOOSER)
    for falsifier in new.falsifiers:
        at = ("falsifiers", indices[falsifier.id])
        if falsifier in appeared:
            yield write(at, falsifier.id, "not there", "added", _TIGHTER)
        elif falsifier.id in known:
            was = known[falsifier.id]
            probe = probes.get(falsifier.probe) if was.probe == falsifier.probe else None
            yield from _one_falsifier(write, at, was, falsifier, probe)
            yield from _data_changes(write, at, was, falsifier, before, after)


def _body(contract: Contract, falsifier: Falsifier) -> dict[str, Any]:
    """What a falsifier says, without its id."""
    written = contract.document.value["falsifiers"][contract.falsifiers.index(falsifier)]
    return {key: value for key, value in written.items() if key != "id"}


def _one_falsifier(
    write: Writer, at: Keys, old: Falsifier, new: Falsifier, probe: Probe | None
) -> Iterator[Change]:
    name = new.id
    if old.probe != new.probe:
        yield write((*at, "probe"), f"{name} probe", old.probe, new.probe, _UNKNOWN)
    for key in dict.fromkeys([*old.parameters, *new.parameters]):
        was, now = old.parameters.get(key), new.parameters.get(key)
        if not same(was, now):
            moved = parameter_direction(probe, key, was, now)
            yield write((*at, "with", key), f"{name} with {key}", was, now, moved)
    if old.needs.host != new.needs.host:
        moved = _LOOSER if new.needs.host is None else _TIGHTER if old.needs.host is None else _UNKNOWN
        yield write((*at, "needs"), f"{name} needs host", old.needs.host, new.needs.host, moved)
    yield from write.members(
        (*at, "needs"),
        f"{name} needs",
        old.needs.artifact,
        new.needs.artifact,
        dropped=_LOOSER,
        added=_TIGHTER,
    )
    yield from _limit_changes(write, (*at, "limits"), name, old.limits, new.limits)
    declared = None if probe is None else probe.quantities
    yield from write.expectations((*at, "expect"), old.expect, new.expect, declared)
    yield from write.members(
        (*at, "accept"), f"{name} accepts", old.accept, new.accept, dropped=_TIGHTER, added=_LOOSER
    )
    if old.message != new.message:
        yield write((*at, "message"), f"{name} message", old.message, new.message, _NEUTRAL)
    yield from write.members(
        (*at, "planted"),
        f"{name} planted",
        [_planted(planted) for planted in old.planted],
        [_planted(planted) for planted in new.planted],
        dropped=_LOOSER,
        added=_TIGHTER,
    )


def _planted(planted: Planted) -> str:
    """A planted defect in words that differ where its entry in a proof would."""
    on = "" if planted.on is None else f" on {planted.on}"
    given = f" with {canonical(dict(planted.parameters)).decode()}" if planted.parameters else ""
    return f"{planted.defect} of {planted.of}{on}{given}, red {planted.red}"


def parameter_direction(probe: Probe | None, name: str, was: Any, now: Any) -> Direction:
    """Fewer runs, positions or fields look at less; of any other parameter nothing can be told."""
    if probe is None or name not in probe.samples:
        return _UNKNOWN
    if is_number(was) and is_number(now):
        return _TIGHTER if now > was else _LOOSER
    if isinstance(was, list) and isinstance(now, list):
        return direction(tighter=all(item in now for item in was), looser=all(item in was for item in now))
    return _UNKNOWN


def _limit_changes(write: Writer, at: Keys, name: str, old: Limits, new: Limits) -> Iterator[Change]:
    for key in ("seconds", "memory_bytes"):
        was, now = getattr(old, key), getattr(new, key)
        if was != now:
            looser = now is None or (was is not None and now > was)
            yield write((*at, key), f"{name} {key}", was, now, _LOOSER if looser else _TIGHTER)
    if old.alone != new.alone:
        moved = _TIGHTER if new.alone else _LOOSER
        yield write((*at, "alone"), f"{name} alone", old.alone, new.alone, moved)


def _data_changes(
    write: Writer, at: Keys, old: Falsifier, new: Falsifier, before: Catalogue, after: Catalogue
) -> Iterator[Change]:
    """Data under the same name with other bytes: other prompts are another bar."""
    names = set(data_names(old.parameters)) & set(data_names(new.parameters))
    for name in sorted(names):
        was, now = before.data.get(name), after.data.get(name)
        if was is not None and now is not None and was.sha256 != now.sha256:
            shown = was.sha256[:12], now.sha256[:12]
            yield write((*at, "with"), f"{new.id} data {name}", shown[0], shown[1], _UNKNOWN)
