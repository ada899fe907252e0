"""Write the figures of docs/evaluation.md from the summaries that `shipworthy eval` left.

    python tools/plot_evaluation.py eval/summary.json valid/summary.json docs/figures

`evaluation.json` keeps both summaries, `evaluation.svg` shows each rate with its exact 95 % interval beside
what the criteria ask. The same summaries give the same bytes.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from shipworthy.atomic import write_bytes
from shipworthy.canonical import strict_loads

WIDTH, LEFT, RIGHT, ROW = 640, 150, 30, 70
ASKED = {"human-eval": {"AC-SHIP2-008": 0.30, "AC-SHIP1-005": 0.86}, "python-syntax": {"AC-SHIP2-007": 0.99}}
RATE = {"human-eval": ("pass_at_1", "HumanEval pass@1"), "python-syntax": ("valid", "valid Python")}


def across(share: float) -> float:
    """Where a share from 0 to 1 lies, in pixels."""
    return LEFT + share * (WIDTH - LEFT - RIGHT)


def row(found: Mapping[str, Any], number: int) -> Iterator[str]:
    """One suite: what is asked as ticks, the interval as a bar, the rate as a dot."""
    rate, title = RATE[found["evaluation"]]
    middle = 40 + ROW * number
    low, high = across(found["interval"]["low"]), across(found["interval"]["high"])
    yield f'<text x="{LEFT - 12}" y="{middle + 5}" text-anchor="end">{title}</text>'
    yield f'<line class="axis" x1="{across(0):.1f}" x2="{across(1):.1f}" y1="{middle}" y2="{middle}"/>'
    for name, asked in ASKED[found["evaluation"]].items():
        at = across(asked)
        yield f'<line class="asked" x1="{at:.1f}" x2="{at:.1f}" y1="{middle - 12}" y2="{middle + 12}"/>'
        yield f'<text class="small" x="{at:.1f}" y="{middle - 17}" text-anchor="middle">{name}</text>'
    yield f'<line class="interval" x1="{low:.1f}" x2="{high:.1f}" y1="{middle}" y2="{middle}"/>'
    at = across(found[rate])
    yield f'<circle cx="{at:.1f}" cy="{middle}" r="4"/>'
    words = f"{100 * found[rate]:.1f} % of {found['interval']['n']}"
    yield f'<text class="small" x="{at:.1f}" y="{middle + 24}" text-anchor="middle">{words}</text>'


def svg(summaries: list[Mapping[str, Any]]) -> str:
    """The plot."""
    height = 40 + ROW * len(summaries) + 10
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif">',
        "<style>text{font-size:13px}.small{font-size:11px}.axis{stroke:#bbb}.asked{stroke:#b00}"
        ".interval{stroke:#06c;stroke-width:6;stroke-opacity:.45}circle{fill:#06c}</style>",
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
    ]
    for number, found in enumerate(summaries):
        lines += row(found, number)
    bottom = height - 12
    for percent in (0, 25, 50, 75, 100):
        at = across(percent / 100)
        lines.append(f'<text class="small" x="{at:.1f}" y="{bottom}" text-anchor="middle">{percent} %</text>')
    return "\n".join([*lines, "</svg>", ""])


def main() -> None:
    """Read the summaries that are named first, write into the directory that is named last."""
    *sources, target = map(Path, sys.argv[1:])
    summaries = [strict_loads(source.read_bytes()) for source in sources]
    text = json.dumps(summaries, indent=1, allow_nan=False) + "\n"
    write_bytes(target / "evaluation.json", text.encode())
    write_bytes(target / "evaluation.svg", svg(summaries).encode())


if __name__ == "__main__":
    main()
