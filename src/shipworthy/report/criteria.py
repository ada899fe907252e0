"""The register of all criteria, as docs/criteria.md shows it: written from contracts/, never by hand."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..contract import Catalogue, Contract, Needs

_TITLE = "# The register of criteria"
_INTRODUCTION = """\
Written by `shipworthy criteria --markdown` from `contracts/`; do not edit. An ACTIVE criterion has a gate in
`gates/` and a proof that the gate can turn red. A DRAFT has neither: it is PENDING in every report, earns 0
of its weight, and blocks each compound that names it. A compound measures nothing and reads the verdicts of
the same dispatch."""
_HEADINGS = ("criterion", "state", "falsifiers", "probe", "needs", "statement")


def register(catalogue: Catalogue) -> list[dict[str, Any]]:
    """One row per criterion, by id; what `--json` prints too."""
    return [_row(catalogue.contracts[name]) for name in sorted(catalogue.contracts)]


def _row(contract: Contract) -> dict[str, Any]:
    falsifiers = contract.falsifiers
    return {
        "criterion": contract.id,
        "version": contract.version,
        "state": contract.state,
        "subject": contract.subject,
        "kind": "compound" if contract.compound else "battery" if contract.battery else "measured",
        "falsifiers": [falsifier.id for falsifier in falsifiers],
        "probes": sorted({falsifier.probe for falsifier in falsifiers}),
        "needs": sorted({text for falsifier in falsifiers for text in _needed(falsifier.needs)}),
        "all_of": list(contract.all_of),
        "title": contract.title,
        "statement": contract.statement.strip(),
        "notes": [note.strip() for note in contract.notes],
    }


def _needed(needs: Needs) -> Iterable[str]:
    if needs.host is not None:
        yield f"host {needs.host}"
    yield from needs.artifact


def criteria_markdown(catalogue: Catalogue) -> str:
    """The text of docs/criteria.md: counts, a table, where each release weighs what, and the notes."""
    rows = register(catalogue)
    active = sum(row["state"] == "ACTIVE" for row in rows)
    lines = [_TITLE, "", *_INTRODUCTION.splitlines(), ""]
    lines += [f"{len(rows)} criteria, {active} of them ACTIVE.", ""]
    lines += [_line(_HEADINGS), _line(["---"] * len(_HEADINGS)), *(_line(_cells(row)) for row in rows)]
    lines += ["", "## What each release weighs", ""]
    for name in sorted(catalogue.releases):
        weights = catalogue.releases[name].weights
        listed = ", ".join(f"{criterion} {weight:g}" for criterion, weight in weights.items() if weight)
        only_block = ", ".join(criterion for criterion, weight in weights.items() if not weight)
        lines.append(f"- **{name}**: {listed}. Of weight 0: {only_block or 'none'}.")
    lines += ["", "## Notes", ""]
    lines += [f"- **{row['criterion']}**: {_one_line(note)}" for row in rows for note in row["notes"]]
    return "\n".join(lines) + "\n"


def _cells(row: dict[str, Any]) -> list[str]:
    measured = row["kind"] != "compound"
    needs = [*row["needs"], *(f"verdict of {name}" for name in row["all_of"] if measured)]
    return [
        row["criterion"],
        row["state"],
        ", ".join(row["falsifiers"]) if measured else "reads verdicts",
        ", ".join(f"`{probe}`" for probe in row["probes"]) if measured else "none",
        ", ".join(needs if measured else row["all_of"]) or row["subject"],
        _one_line(row["statement"]),
    ]


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
