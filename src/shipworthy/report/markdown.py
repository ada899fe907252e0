"""The table of a bundle in Markdown, as README and release notes show it."""

from __future__ import annotations

from collections.abc import Mapping

from ..contract import Status
from ..errors import visible
from ..evidence import Bundle
from .table import row_measured, rows, title, totals

_HEADINGS = ("criterion", "weight", "verdict", "status", "measured", "blocked by")


def markdown_table(bundle: Bundle, statuses: Mapping[str, Status]) -> str:
    """A title, one row per criterion of the release, and the totals."""
    lines = [f"**{visible(title(bundle))}**", "", _line(_HEADINGS), _line(["---"] * len(_HEADINGS))]
    for row in rows(bundle, statuses):
        cells = [
            row["criterion"],
            f"{row['weight']:g}",
            row["verdict"],
            row["status"],
            row_measured(row, bundle),
            "; ".join(row["blocked_by"]),
        ]
        lines.append(_line(cells))
    return "\n".join([*lines, "", *(f"{visible(line)}  " for line in totals(bundle))]) + "\n"


def _line(cells: tuple[str, ...] | list[str]) -> str:
    return "| " + " | ".join(visible(cell).replace("|", "\\|") for cell in cells) + " |"
