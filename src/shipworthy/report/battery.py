"""What `qa` prints for people: one row a gate, by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Table

from .terminal import console

if TYPE_CHECKING:
    from ..gate.qa import Row


def print_battery(battery: str, rows: Sequence[Row]) -> None:
    """Every gate, what it is, and why it does not pass where it does not; then the count."""
    table = Table("gate", "what it is", "found", "why", "s")
    for row in rows:
        kind = "verdict of another criterion" if row.cited else row.title
        colour = "green" if row.passed else "red"
        reasons = f" by {', '.join(row.reasons)}" if row.cited and row.reasons else ""
        table.add_row(row.name, kind, f"[{colour}]{row.found}[/]{reasons}", row.detail, f"{row.seconds:.1f}")
    out = console()
    out.print(table)
    out.print(f"{battery}: {sum(row.passed for row in rows)} of {len(rows)} gates pass")
