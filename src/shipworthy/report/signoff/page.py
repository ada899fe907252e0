"""A sign-off as people read it: the word, every criterion, what was waived apart, and every dispatch."""

from __future__ import annotations

from ...errors import visible
from ...evidence.ledger import GENESIS, Ledger, not_held
from .decide import CriterionDecision, Decision
from .record import About


def page(about: About, title: str, decision: Decision, ledger: Ledger, signature: str) -> str:
    """Markdown."""
    waived = [c for c in decision.criteria if c.waiver is not None]
    word = "PASSED" if decision.passed else "FAILED"
    lines = [
        f"# {title}: {word}",
        "",
        f"- Subject: {about.subject['name']}, SHA-256 `{about.subject['sha256']}`",
        f"- Decided: {about.now.isoformat(timespec='seconds')}, {signature}",
        f"- Ledger: line {ledger.number}, head `{ledger.head}`",
        *_forks(ledger),
        _witnesses(about, ledger),
        f"- Met: {decision.ship_percent:g} of 100"
        + (f"; {len(waived)} criteria are waived and count for nothing" if waived else ""),
        "",
        *_section("What is in the way", [f"- {obstacle}" for obstacle in decision.obstacles]),
        *_section(
            "Dispatches that were stopped, and left no bundle",
            [f"- {name}: may be all there is of a red one" for name in about.unfinished],
        ),
        "## Criteria",
        "",
        _row("criterion", "weight", "decision", "attempts", "discharged", "blocked by"),
        _row(*["---"] * 6),
        *(_criterion(c) for c in decision.criteria if c.waiver is None),
        "",
        *_section("Waived, and not counted", [_waived(c) for c in waived]),
        "## Every dispatch of this subject",
        "",
        _row("bundle", "release", "host", "signature", "discharged", "does not count because"),
        _row(*["---"] * 6),
    ]
    for a in decision.attempts:
        met = sum(verdict.discharged for _, verdict in a.verdicts.values())
        discharged, problems = f"{met} of {len(a.verdicts)}", "; ".join(a.problems)
        lines.append(_row(a.bundle, a.release, a.host_class, a.signed_by, discharged, problems))
    ignored = sorted({entry for a in decision.attempts for entry in a.allowed_blocked})
    lines += ["", *_section("Allowed by a dispatch, and ignored here", [f"- {entry}" for entry in ignored])]
    return "\n".join(lines).rstrip() + "\n"


def _forks(ledger: Ledger) -> list[str]:
    """Where histories went apart and were joined: what was done in between is in no order."""
    if not ledger.forks:
        return []
    forks = (f"`{digest[:12]}`" if digest != GENESIS else "the beginning" for digest in ledger.forks)
    joins = ", ".join(str(join.number) for join in ledger.joins)
    return [f"- Forks: the ledger forks after {', '.join(forks)}, joined at line {joins}; both sides count"]


def _witnesses(about: About, ledger: Ledger) -> str:
    """Who else had seen the ledger: without a witness nothing shows that its tail is not cut off."""
    if not about.witnesses:
        return "- Witnesses: none was named, so a tail that was cut off would not be seen"
    latest = max(about.witnesses, key=lambda one: one.number)
    held = len(about.witnesses) - len(not_held(ledger, about.witnesses))
    place = visible(f"line {latest.number}, {latest.head[:12]} ({latest.place})")
    return f"- Witnesses: {held} of {len(about.witnesses)} heads are in the ledger; the latest is {place}"


def _criterion(c: CriterionDecision) -> str:
    word = "met" if c.met else "not met"
    return _row(c.id, f"{c.weight:g}", word, str(c.attempts), str(c.discharged), ", ".join(c.blocked_by))


def _waived(c: CriterionDecision) -> str:
    assert c.waiver is not None
    w = c.waiver
    left = f"; not waived: {', '.join(c.blocked_by)}" if c.blocked_by else ""
    return (
        f"- {c.id} ({c.weight:g}): {w.id}, for {', '.join(sorted(w.blocked_by))}, until {w.expires}, "
        f"owner {w.owner}: {w.reason}{left}"
    )


def _section(title: str, lines: list[str]) -> list[str]:
    return [f"## {title}", "", *(visible(line) for line in lines), ""] if lines else []


def _row(*cells: str) -> str:
    return "| " + " | ".join(visible(cell).replace("|", "\\|") for cell in cells) + " |"
