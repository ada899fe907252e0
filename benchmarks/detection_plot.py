"""Draws what benchmarks/detection_power.py found: KL over the size of a change, on logarithmic scales."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 790, 440, 78, 34, 250, 52
DECADES_X, DECADES_Y = (-5, 0), (-14, 2)
COLOURS = ("#1b6ca8", "#5fa8d3", "#2a9d5c", "#c77d0a", "#b23a48")


def plot(found: Mapping[str, Any]) -> str:
    """The SVG, which needs no fonts or scripts of its own."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        _text(
            LEFT, 20, f"{found['model']}: largest KL of {found['prompts']} x {found['positions']} positions"
        ),
        *_axes(),
        _level(found["limit_nats"], "limit of the gate"),
        _level(found["unchanged_kl_nats"], "no change"),
    ]
    for number, (name, change) in enumerate(found["changes"].items()):
        points = [(float(by), kl) for by, kl in change["kl_nats"].items() if kl > 0]
        path = " ".join(f"{_x(by):.1f},{_y(kl):.1f}" for by, kl in sorted(points))
        colour = COLOURS[number % len(COLOURS)]
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{_x(b):.1f}" cy="{_y(k):.1f}" r="2.5" fill="{colour}"/>' for b, k in points]
        smallest = change["smallest_seen"]
        said = "not seen" if smallest is None else f"{smallest:.1e}"
        parts.append(_text(WIDTH - RIGHT + 12, TOP + 16 + 18 * number, f"{name}: {said}", fill=colour))
    return "\n".join([*parts, "</svg>", ""])


def _axes() -> list[str]:
    left, right = _x(10.0 ** DECADES_X[0]), _x(10.0 ** DECADES_X[1])
    top, bottom = _y(10.0 ** DECADES_Y[1]), _y(10.0 ** DECADES_Y[0])
    lines = []
    for decade in range(DECADES_X[0], DECADES_X[1] + 1):
        x = _x(10.0**decade)
        lines.append(_line(x, top, x, bottom, "#e4e4e4"))
        lines.append(_text(x, bottom + 16, f"1e{decade}", anchor="middle"))
    for decade in range(DECADES_Y[0], DECADES_Y[1] + 1, 2):
        y = _y(10.0**decade)
        lines.append(_line(left, y, right, y, "#e4e4e4"))
        lines.append(_text(left - 6, y + 4, f"1e{decade}", anchor="end"))
    middle = (top + bottom) / 2
    lines.append(
        _text(
            (left + right) / 2,
            bottom + 38,
            "change, added to a weight; of the rest, a part of it",
            anchor="middle",
        )
    )
    lines.append(
        f'<text x="18" y="{middle:.0f}" text-anchor="middle" transform="rotate(-90 18 {middle:.0f})">'
        "KL, nats</text>"
    )
    return lines


def _level(value: float, label: str) -> str:
    y = _y(value)
    right = _x(10.0 ** DECADES_X[1])
    line = _line(LEFT, y, right, y, "#555555", ' stroke-dasharray="5 4"')
    return line + _text(right + 6, y + 4, f"{label} {value:.1e}", fill="#555555")


def _x(value: float) -> float:
    low, high = DECADES_X
    return LEFT + (math.log10(value) - low) / (high - low) * (WIDTH - LEFT - RIGHT)


def _y(value: float) -> float:
    low, high = DECADES_Y
    return TOP + (high - math.log10(value)) / (high - low) * (HEIGHT - TOP - BOTTOM)


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, more: str = "") -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"{more}/>'


def _text(x: float, y: float, text: str, *, fill: str = "#222222", anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{fill}" text-anchor="{anchor}">{text}</text>'
