"""The table at the end of a dispatch: criterion, verdict, status, what it measured, what blocks it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ..contract import Status, VerdictWord
from ..errors import visible
from ..evidence import Bundle
from .ship import ship_percent, weights_of

_SHOWN = 4
_COLOURS = {"DISCHARGED": "green", "BLOCKED": "red"}


def rows(bundle: Bundle, statuses: Mapping[str, Status]) -> list[dict[str, Any]]:
    """One row per criterion of the release, in its order; what `--json` prints too."""
    entries = {entry["id"]: entry for entry in bundle.predicate["criteria"]}
    return [
        _row(entries[name], statuses[name], weight)
        if name in entries
        else {
            "criterion": name,
            "weight": weight,
            "verdict": "BLOCKED",
            "status": Status.PENDING,
            "measured": "",
            "blocked_by": [_not_written(name, bundle)],
        }
        for name, weight in weights_of(bundle.predicate).items()
    ]


def _not_written(name: str, bundle: Bundle) -> str:
    """Why a criterion of the release has no gate."""
    if name in bundle.predicate.get("drafts", ()):
        return "not_run: a DRAFT, whose probe does not exist yet"
    return "not_run: no active contract yet"


def _row(entry: Mapping[str, Any], status: Status, weight: float) -> dict[str, Any]:
    return {
        "criterion": entry["id"],
        "weight": weight,
        "verdict": entry["verdict"],
        "status": status,
        "measured": _measured(entry),
        "blocked_by": _blocked_by(entry),
    }


def _measured(entry: Mapping[str, Any]) -> str:
    """A few quantities: what a bound judges before what must be one value, numbers before text.

    Of several falsifiers the first speaks first, and of one falsifier its last quantities.
    """
    checks = [
        (-number, place, check)
        for number, falsifier in enumerate(entry["falsifiers"])
        for place, check in enumerate(falsifier.get("checks", ()))
        if not isinstance(check["found"], bool) and check["found"] not in (None, [], "")
    ]
    telling = sorted(checks, key=lambda one: (*_tells(one[2]), *one[:2]))[-_SHOWN:]
    shown = sorted(telling, key=lambda one: (-one[0], one[1]))
    return ", ".join(f"{check['quantity']} {_short(check['found'])}" for _, _, check in shown)


def _tells(check: Mapping[str, Any]) -> tuple[bool, bool]:
    """Orders text before numbers, and one value before a bound."""
    is_text = isinstance(check["found"], str | list)
    return not is_text, not {"const", "enum"} & set(check.get("constraint", ()))


def _short(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"{value['low']:.4g}..{value['high']:.4g} {value['unit']}"
    if isinstance(value, float):
        return f"{value:.3g}"
    if isinstance(value, list):
        return f"{len(value)}: {value[0]}"
    return str(value)


def _blocked_by(entry: Mapping[str, Any]) -> list[str]:
    if entry["verdict"] == VerdictWord.DISCHARGED:
        return []
    details = {f["reason"]: f["detail"] for f in entry["falsifiers"] if f["reason"]}
    if entry["stale"]:
        details["stale_contract"] = entry["stale"]
    if entry["proof"]["problem"]:
        details["vacuous_gate"] = entry["proof"]["problem"]
    return [f"{reason}: {details[reason]}" if details.get(reason) else reason for reason in entry["reasons"]]


def summary(bundle: Bundle, statuses: Mapping[str, Status]) -> dict[str, Any]:
    """Everything that the table says, as JSON."""
    predicate = bundle.predicate
    return {
        "release": predicate["release"]["id"],
        "demo": predicate["release"]["demo"],
        "registration": predicate["registration"]["id"],
        "subject": predicate["subject"],
        "ship_percent": ship_percent(predicate),
        "criteria": rows(bundle, statuses),
        "allowed_blocked": predicate["allowed_blocked"],
        "information": predicate["information"],
        "signature": predicate["signature"],
        "bundle": bundle.path.name,
    }


def title(bundle: Bundle) -> str:
    """What was tried for what."""
    release, subject = bundle.predicate["release"], bundle.predicate["subject"]
    return f"{release['title']}: {subject['name']} ({subject['sha256'][:12]})"


def totals(bundle: Bundle) -> list[str]:
    """The ship-%, what nothing can earn yet, how the subject is not the registered one, what was allowed to
    be blocked, and the signature."""
    predicate = bundle.predicate
    release = predicate["release"]
    weights = weights_of(predicate)
    unwritten = math.fsum(weights[name] for name in predicate["not_written"] if name in weights)
    kind = "demo ship-%" if release["demo"] else "ship-%"
    return [
        f"{kind} of {release['id']}: {ship_percent(predicate):g} of 100",
        *([f"{unwritten:g} of 100 are of criteria without a gate, and earn 0"] if unwritten else []),
        *(f"unregistered: {problem}" for problem in predicate["subject"]["unregistered"]),
        *(
            f"allowed here, and ignored by sign-off: {entry['criterion']} blocked by {entry['reason']}"
            for entry in predicate["allowed_blocked"]
        ),
        f"signature: {predicate['signature']}",
    ]


def print_table(bundle: Bundle, statuses: Mapping[str, Status], console: Console) -> None:
    """Print the table and the totals."""
    table = Table(title=escape(visible(title(bundle))), title_justify="left")
    for heading in ("criterion", "weight", "verdict", "status", "measured", "blocked by"):
        table.add_column(heading, overflow="fold", no_wrap=heading in ("criterion", "weight", "verdict"))
    for row in rows(bundle, statuses):
        colour = _COLOURS[row["verdict"]]
        table.add_row(
            row["criterion"],
            f"{row['weight']:g}",
            f"[{colour}]{row['verdict']}[/]",
            row["status"],
            escape(visible(row_measured(row, bundle))),
            escape("\n".join(map(visible, row["blocked_by"]))),
        )
    console.print(table)
    for line in totals(bundle):
        console.print(visible(line), highlight=False, markup=False)


def row_measured(row: Mapping[str, Any], bundle: Bundle) -> str:
    """What a criterion measured; where throughput was not, the recipe's bench beside it, as information."""
    bench = bundle.predicate["information"].get("bench")
    if row["criterion"] != "AC-SHIP2-010" or bench is None or row["measured"]:
        return str(row["measured"])
    rate = bench["median_tokens_per_second"]
    return (
        f"information only: {rate:.1f} tokens/s on {bench['device']['type']}, {bench['dtype']}, "
        f"{bench['iterations']} x {bench['max_tokens']}"
    )
