"""What a conversion wrote and what it lost, in lines for a person."""

from __future__ import annotations

from ..errors import display_path, visible
from ..pipeline.convert import ConvertReport

_SHOWN = 20


def conversion_lines(report: ConvertReport) -> list[str]:
    """What was written, the first of what was lost and how much more, then the notes."""
    kinds = ", ".join(f"{count} {kind}" for kind, count in report.counts().items())
    lines = [f"wrote {visible(display_path(report.path))}: {kinds}; sha256 {report.sha256}"]
    lines += [f"  lost: {visible(loss)}" for loss in report.lost[:_SHOWN]]
    if len(report.lost) > _SHOWN:
        lines.append(f"  lost: {len(report.lost) - _SHOWN} more")
    return lines + [f"  {visible(note)}" for note in report.notes]
