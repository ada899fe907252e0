"""What a sign-off demands beyond the release itself: hosts, freshness, and waivers with an owner and an end.

criteria: [C-01, AC-SHIP2-009, ...]      # optional: exactly those of the release, so that a change shows
freshness_days: 30                       # optional: no evidence older than this counts
hosts:                                   # optional: machines on which every criterion must be green
  reference: {processor: AMD EPYC 7B13, cores: 2}
waivers:
  - id: W-1
    criterion: AC-SHIP2-010
    blocked_by: [missing_hardware]       # waives these reasons and no other
    reason: The reference GPU is on loan until December.
    owner: a.person@example.org
    expires: "2026-12-31"                # the last day on which it holds
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from ...canonical import sha256_bytes
from ...contract import Reason, Release
from ...errors import UsageError
from ...strict_yaml import Document, load

_KEYS = {"criteria", "freshness_days", "hosts", "waivers"}
_WAIVER = ("id", "criterion", "blocked_by", "reason", "owner", "expires")
_FACTS: Mapping[str, type] = {
    "system": str, "machine": str, "processor": str, "cores": int, "nvidia_device": bool,
}  # fmt: skip
"""The facts of a host, and as what `environment.json` states each."""
_MOST_DAYS = 36_500
_NEVER = {Reason.TAMPERED, Reason.CANNOT_REDERIVE, Reason.DOUBLE_CREDIT, Reason.SUBJECT_CHANGED}


@dataclass(frozen=True)
class Waiver:
    """A criterion that may be blocked by these reasons until a day; never counted as met."""

    id: str
    criterion: str
    blocked_by: frozenset[str]
    reason: str
    owner: str
    expires: date


@dataclass(frozen=True)
class Policy:
    """`sha256` is that of the file, or empty where there is none."""

    waivers: Mapping[str, Waiver] = field(default_factory=dict)
    hosts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    freshness_days: int | None = None
    sha256: str = ""


def read_policy(path: Path, release: Release, today: date) -> Policy:
    """Read a policy for a release.

    Raises UsageError `bad-policy` for a file that does not say something valid, and for a waiver that has
    expired, is of no criterion of the release, or waives what no one may.
    """
    document = load(path)
    value = document.value
    takes = f"it takes {', '.join(sorted(_KEYS))}"
    if not isinstance(value, Mapping):
        raise _refusal(document, (), f"is no mapping; {takes}")
    if unknown := sorted(map(str, value.keys() - _KEYS)):
        raise _refusal(document, (), f"has keys that mean nothing, {', '.join(unknown)}; {takes}")
    _check_criteria(document, value.get("criteria"), release)
    days = value.get("freshness_days")
    if days is not None and (type(days) is not int or not 1 <= days <= _MOST_DAYS):
        message = f"is {days!r}, not a number of days from 1 to {_MOST_DAYS}"
        raise _refusal(document, ("freshness_days",), message)
    hosts = _hosts(document, value.get("hosts", {}))
    waivers = value.get("waivers", [])
    if not isinstance(waivers, list):
        raise _refusal(document, ("waivers",), "is no list")
    read = [_waiver(document, index, entry, release, today) for index, entry in enumerate(waivers)]
    for name in ("id", "criterion"):
        names = [getattr(waiver, name) for waiver in read]
        if twice := sorted({n for n in names if names.count(n) > 1}):
            raise _refusal(document, ("waivers",), f"has two waivers with the {name} {twice[0]}")
    return Policy({waiver.criterion: waiver for waiver in read}, hosts, days, sha256_bytes(document.data))


def _hosts(document: Document, hosts: Any) -> dict[str, Mapping[str, Any]]:
    """A fact of another type than a bundle states it with would match no machine, and say so of each."""
    if not isinstance(hosts, Mapping) or not all(
        isinstance(facts, Mapping) and facts and facts.keys() <= _FACTS.keys() for facts in hosts.values()
    ):
        message = f"does not name hosts by facts; the facts are {', '.join(sorted(_FACTS))}"
        raise _refusal(document, ("hosts",), message)
    for host, facts in hosts.items():
        for name, fact in facts.items():
            if type(fact) is not _FACTS[name]:
                words = {str: "a text", int: "a whole number", bool: "true or false"}[_FACTS[name]]
                raise _refusal(document, ("hosts", host, name), f"is {fact!r}, not {words}")
    return dict(hosts)


def _check_criteria(document: Document, criteria: Any, release: Release) -> None:
    if criteria is None:
        return
    if not isinstance(criteria, list) or len(set(map(str, criteria))) != len(criteria):
        raise _refusal(document, ("criteria",), "is no list of criteria")
    differ = sorted(set(map(str, criteria)) ^ set(release.weights))
    if differ:
        message = f"are not those of {release.id}: {', '.join(differ)}"
        raise _refusal(document, ("criteria",), message, "a criterion is waived by id, never left out")


def _waiver(document: Document, index: int, entry: Any, release: Release, today: date) -> Waiver:
    place = ("waivers", index)
    if not isinstance(entry, Mapping) or set(entry) != set(_WAIVER):
        raise _refusal(document, place, f"is no waiver: it has exactly {', '.join(_WAIVER)}")
    for name in ("id", "criterion", "reason", "owner", "expires"):
        if not isinstance(entry[name], str) or not entry[name].strip():
            raise _refusal(document, (*place, name), "is empty, or no text")
    reasons = entry["blocked_by"]
    allowed = {str(reason) for reason in set(Reason) - _NEVER}
    if not isinstance(reasons, list) or not reasons or not set(map(str, reasons)) <= allowed:
        message = f"is not a list of reasons that can be waived: {', '.join(sorted(allowed))}"
        raise _refusal(document, (*place, "blocked_by"), message)
    if entry["criterion"] not in release.weights:
        raise _refusal(document, (*place, "criterion"), f"is no criterion of {release.id}")
    try:
        expires = date.fromisoformat(entry["expires"])
    except ValueError as error:
        raise _refusal(document, (*place, "expires"), f"is no day: {error}") from error
    if expires < today:
        fix = "decide again, and give it another end"
        raise _refusal(document, (*place, "expires"), f"the waiver {entry['id']} ended on {expires}", fix)
    texts = {name: entry[name] for name in ("id", "criterion", "reason", "owner")}
    return Waiver(blocked_by=frozenset(reasons), expires=expires, **texts)


def _refusal(document: Document, keys: tuple[str | int, ...], message: str, fix: str = "") -> UsageError:
    return UsageError("bad-policy", message, where=document.where(keys), fix=fix or "correct the policy")
