"""The matrix of `shipworthy falsify`: each gate on its good fixtures and on every planted defect."""

from __future__ import annotations

from pathlib import Path

from rich.markup import escape
from rich.table import Table

from ..atomic import write_bytes
from ..errors import display_path
from ..evidence import json_bytes
from ..gate.falsify import Kill, Report
from .terminal import console


def print_matrix(report: Report) -> None:
    """Print every row, the kill rate, and the proofs that changed."""
    out = console()
    table = Table()
    for heading in ("falsifier", "fixture", "planted defect", "expected red", "outcome", "failed", "s"):
        table.add_column(heading, overflow="fold")
    for kill in report.kills:
        colour = "green" if kill.as_hoped else "red" if kill.applicable else "yellow"
        table.add_row(
            kill.falsifier,
            kill.fixture,
            escape(_planted(kill)),
            _expected(kill),
            f"[{colour}]{_outcome(kill)}[/]",
            escape(", ".join(sorted(kill.result.failed)) or kill.result.detail),
            f"{kill.seconds:.1f}",
        )
    out.print(table)
    found = report.to_json()
    out.print(summary_line(report))
    for alarm in found["false_alarms"]:
        out.print(f"false alarm: {alarm}")
    for name in found["empty_not_refused"]:
        out.print(f"not refused: {name}")
    for name in report.left:
        out.print(f"no time for: {name}")
    for path in report.changed:
        out.print(f"proof changed: {display_path(path)}")


def row_line(kill: Kill, number: int, of: int, seconds_left: float) -> str:
    """One line that says how far a long run is, and about how long the rest takes."""
    word = "as hoped" if kill.as_hoped else "NOT AS HOPED" if kill.applicable else "not applicable"
    again = ", remembered" if kill.remembered else ""
    line = f"{number}/{of} {kill.falsifier} {kill.fixture} {_planted(kill)}: {word}"
    rest = f"; {seconds_left / 60:.0f} min left" if seconds_left else ""
    return f"{line} ({_outcome(kill)}, {kill.seconds:.1f} s{again}){rest}"


def write_matrix(report: Report, directory: Path) -> None:
    """Write the matrix as NAME.json and NAME.md, named by the model or `fixtures`."""
    name = Path(report.subject["name"]).stem if report.subject else "fixtures"
    directory.mkdir(parents=True, exist_ok=True)
    write_bytes(directory / f"{name}.json", json_bytes(report.to_json()))
    write_bytes(directory / f"{name}.md", markdown_matrix(report).encode())


def summary_line(report: Report) -> str:
    """Kill rate, false alarms and seconds in one line."""
    found = report.to_json()
    rate = f" ({100 * found['killed'] / found['planted']:.0f} %)" if found["planted"] else ""
    skipped = f", {found['not_applicable']} not applicable" if found["not_applicable"] else ""
    return (
        f"killed {found['killed']} of {found['planted']} planted defects{rate}{skipped}; "
        f"{len(found['false_alarms'])} false alarms on {found['good']} good files; {found['seconds']:.0f} s"
    )


def markdown_matrix(report: Report) -> str:
    """The matrix as Markdown, for a file that is committed."""
    subject = report.subject.get("name", "the small fixtures")
    lines = [
        f"# `shipworthy falsify` on {subject}",
        "",
        summary_line(report),
        "",
        "| falsifier | on | planted defect | expected red | outcome | failed | s |",
        "|---|---|---|---|---|---|---|",
    ]
    for kill in report.kills:
        cells = (
            kill.falsifier,
            kill.fixture,
            _planted(kill),
            _expected(kill),
            f"{_outcome(kill)}{'' if kill.as_hoped or not kill.applicable else ' (!)'}",
            ", ".join(sorted(kill.result.failed)) or kill.result.detail,
            f"{kill.seconds:.1f}",
        )
        lines.append("| " + " | ".join(" ".join(cell.replace("|", "\\|").split()) for cell in cells) + " |")
    if report.left:
        lines += ["", "No time for:", "", *(f"- {name}" for name in report.left)]
    return "\n".join(lines) + "\n"


def _outcome(kill: Kill) -> str:
    if kill.functional:
        return f"{kill.result.outcome}, of acceptance numbers alone"
    return f"{kill.result.outcome}, screened: {kill.screened}" if kill.screened else str(kill.result.outcome)


def _expected(kill: Kill) -> str:
    if kill.empty:
        return "refused"
    if not kill.applicable:
        return "not applicable"
    return kill.planted.red if kill.planted else "none"


def _planted(kill: Kill) -> str:
    if kill.planted is None:
        return "(nothing)" if kill.empty else "(good)"
    parameters = ", ".join(f"{name}={value}" for name, value in kill.planted.parameters.items())
    return f"{kill.planted.defect}({parameters})" if parameters else kill.planted.defect
