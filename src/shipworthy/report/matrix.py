"""The matrix of `shipworthy falsify`: each gate on its good fixtures and on every planted defect."""

from __future__ import annotations

from rich.markup import escape
from rich.table import Table

from ..errors import display_path
from ..gate.falsify import Kill, Report
from .terminal import console


def print_matrix(report: Report) -> None:
    """Print every row, the kill rate, and the proofs that changed."""
    out = console()
    table = Table()
    for heading in ("falsifier", "fixture", "planted defect", "expected red", "outcome", "failed", "s"):
        table.add_column(heading, overflow="fold")
    for kill in report.kills:
        colour = "green" if kill.as_hoped else "red"
        table.add_row(
            kill.falsifier,
            kill.fixture,
            escape(_planted(kill)),
            kill.planted.red if kill.planted else "none",
            f"[{colour}]{kill.result.outcome}[/]",
            escape(", ".join(sorted(kill.result.failed)) or kill.result.detail),
            f"{kill.seconds:.1f}",
        )
    out.print(table)
    found = report.to_json()
    out.print(f"killed {found['killed']} of {found['planted']} planted defects")
    for alarm in found["false_alarms"]:
        out.print(f"false alarm: {alarm}")
    for path in report.changed:
        out.print(f"proof changed: {display_path(path)}")


def _planted(kill: Kill) -> str:
    if kill.planted is None:
        return "(good)"
    parameters = ", ".join(f"{name}={value}" for name, value in kill.planted.parameters.items())
    return f"{kill.planted.defect}({parameters})" if parameters else kill.planted.defect
