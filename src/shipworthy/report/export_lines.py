"""What an export wrote, in lines for people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..errors import display_path, visible

if TYPE_CHECKING:
    from ..pipeline.export import ExportReport


def export_lines(report: ExportReport) -> Iterator[str]:
    """The file and its types, then every tensor that is not stored as asked, and what GGUF cannot carry."""
    kinds = ", ".join(f"{count} {kind}" for kind, count in report.counts().items())
    yield f"wrote {visible(display_path(report.path))}: {kinds}; sha256 {report.sha256}"
    for one in report.fallbacks:
        yield f"  {visible(one.tensor)} is stored as {one.stored}, not {one.asked}: {visible(one.reason)}"
    for note in report.notes:
        yield f"  {visible(note)}"
