"""What changed in a host, a registration or a release, and whether that is a tightening or a loosening."""

from __future__ import annotations

from collections.abc import Iterator

from ..language import Host, Registration, Release
from .change import Change, Writer
from .compare import Direction, direction

_LOOSER, _TIGHTER = Direction.LOOSENING, Direction.TIGHTENING
_NEUTRAL, _UNKNOWN = Direction.NEUTRAL, Direction.INCOMPARABLE

Other = Host | Registration | Release


def other_changes(old: Other, new: Other) -> Iterator[Change]:
    """Every change from `old` to `new`, which are of one kind."""
    write = Writer(new.id, new.document)
    yield from write.text(("title",), old.title, new.title, _NEUTRAL)
    for line in old.changelog:
        if line not in new.changelog:
            yield write(("changelog",), f"changelog line {line.change!r}", "there", "gone", _LOOSER)
    if isinstance(old, Host) and isinstance(new, Host):
        yield from write.text(("device",), old.device, new.device, _UNKNOWN)
        yield from write.expectations(("expect",), old.expect, new.expect, None)
    elif isinstance(old, Registration) and isinstance(new, Registration):
        yield from _registration_changes(write, old, new)
    elif isinstance(old, Release) and isinstance(new, Release):
        yield from _release_changes(write, old, new)


def _registration_changes(write: Writer, old: Registration, new: Registration) -> Iterator[Change]:
    for key in dict.fromkeys([*old.constants, *new.constants]):
        at = ("constants", key)
        yield from write.text(at, old.constants.get(key), new.constants.get(key), _UNKNOWN)
    was, now = old.parameters, new.parameters
    if was != now:
        tighter = was["low"] <= now["low"] and now["high"] <= was["high"]
        looser = now["low"] <= was["low"] and was["high"] <= now["high"]
        old_band, new_band = (f"{band['low']:,}..{band['high']:,}" for band in (was, now))
        moved = direction(tighter=tighter, looser=looser)
        yield write(("parameters",), "parameters", old_band, new_band, moved)
    old_digest, new_digest = old.tokenizer.get("digest"), new.tokenizer.get("digest")
    if old_digest != new_digest:
        moved = _TIGHTER if old_digest is None else _LOOSER if new_digest is None else _UNKNOWN
        yield write(("tokenizer",), "tokenizer digest", old_digest, new_digest, moved)
    yield from write.text(("licence",), old.licence, new.licence, _UNKNOWN)
    for key in ("sources", "notes"):
        was_said, is_said = (entry.document.value.get(key) for entry in (old, new))
        yield from write.text((key,), was_said, is_said, _NEUTRAL)


def _release_changes(write: Writer, old: Release, new: Release) -> Iterator[Change]:
    yield from write.text(("registration",), old.registration, new.registration, _UNKNOWN)
    yield from write.text(("demo",), old.demo, new.demo, _UNKNOWN)
    for criterion in dict.fromkeys([*old.weights, *new.weights]):
        was, now = old.weights.get(criterion), new.weights.get(criterion)
        at = ("weights", criterion)
        if was is None and now is not None:
            yield write(at, criterion, "not needed", f"weight {now:g}", _TIGHTER)
        elif now is None and was is not None:
            yield write(("weights",), criterion, f"weight {was:g}", "dropped", _LOOSER)
        elif was is not None and now is not None and was != now:
            moved = _TIGHTER if now > was else _LOOSER
            yield write(at, criterion, f"weight {was:g}", f"weight {now:g}", moved)
