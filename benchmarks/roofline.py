"""Decoding at batch 1 beside the roof that memory sets: measure every row, then draw them.

    python benchmarks/roofline.py measure MODEL > docs/roofline.json
    python benchmarks/roofline.py plot docs/roofline.json > docs/roofline.svg

Each row is `shipworthy bench --json`, a process of its own, which measures its bandwidth itself. The roof
over a row is that bandwidth over the bytes of weights that a token reads.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROWS = [(engine, dtype) for engine in ("llama.cpp", "torch") for dtype in ("f32", "bf16", "f16")]
ITERATIONS, TOKENS = 5, 64
WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 720, 420, 70, 30, 700, 370
COLOURS = {"llama.cpp": "#1b6ca8", "torch": "#c2571a"}


def measure(model: str) -> dict[str, Any]:
    """Every row, what was asked and the load of the machine when it began."""
    rows = []
    for engine, dtype in ROWS:
        argv = [sys.executable, "-m", "shipworthy.cli", "bench", model, "--json", "--engine", engine]
        argv += ["--dtype", dtype, "--iterations", str(ITERATIONS), "--max-tokens", str(TOKENS)]
        load = os.getloadavg()[0]
        found = json.loads(subprocess.run(argv, check=True, stdout=subprocess.PIPE).stdout)
        rows.append({"load_average": round(load, 2), **found})
    return {"iterations": ITERATIONS, "max_tokens": TOKENS, "rows": rows}


def plot(data: dict[str, Any]) -> str:
    """An SVG with bytes a token to the right and tokens a second upwards, both in logarithms."""
    rows = data["rows"]
    xs = [row["bytes_per_token"] / 1e6 for row in rows]
    roofs = [row["read_bandwidth_bytes_per_second"] / row["bytes_per_token"] for row in rows]
    rates = [row["median_decode_tokens_per_second"] for row in rows]
    low, high = min(xs) * 0.7, max(xs) * 1.4
    fastest = max(row["read_bandwidth_bytes_per_second"] for row in rows) / 1e6
    bottom, top = min(rates) * 0.5, fastest / low * 1.1

    def x(megabytes: float) -> float:
        return LEFT + (RIGHT - LEFT) * math.log(megabytes / low) / math.log(high / low)

    def y(rate: float) -> float:
        return BOTTOM - (BOTTOM - TOP) * math.log(rate / bottom) / math.log(top / bottom)

    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif" '
        'font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<path d="M{LEFT} {TOP}V{BOTTOM}H{RIGHT}" fill="none" stroke="black"/>',
        f'<text x="{(LEFT + RIGHT) / 2}" y="{HEIGHT - 12}" text-anchor="middle">'
        "MB of weights read a token</text>",
        f'<text x="16" y="{(TOP + BOTTOM) / 2}" transform="rotate(-90 16 {(TOP + BOTTOM) / 2})" '
        'text-anchor="middle">tokens a second</text>',
    ]
    lines += [
        f'<text x="{LEFT - 6}" y="{y(tick) + 4:.1f}" text-anchor="end">{tick:g}</text>'
        f'<path d="M{LEFT} {y(tick):.1f}H{RIGHT}" stroke="#e0e0e0"/>'
        for tick in _ticks(bottom, top)
    ]
    lines += [
        f'<text x="{x(tick):.1f}" y="{BOTTOM + 16}" text-anchor="middle">{tick:g}</text>'
        for tick in _ticks(low, high)
    ]
    lines.append(
        f'<path d="M{x(low):.1f} {y(fastest / low):.1f}L{x(high):.1f} {y(fastest / high):.1f}" '
        'stroke="#777" '
        f'stroke-dasharray="6 4"/><text x="{x(high) - 4:.1f}" y="{y(fastest / high) - 6:.1f}" '
        f'text-anchor="end" fill="#555">roof at {fastest / 1e3:.1f} GB/s</text>'
    )
    for number, (row, at, roof, rate) in enumerate(zip(rows, xs, roofs, rates, strict=True)):
        colour = COLOURS[row["engine"]]
        across = x(at) + 24 * (number - len(rows) / 2)
        label = f"{row['engine']} {row['dtype']} {row['fraction_of_bandwidth']:.0%}"
        lines.append(
            f'<path d="M{across:.1f} {y(roof):.1f}V{y(rate):.1f}M{across - 5:.1f} {y(roof):.1f}h10" '
            f'stroke="{colour}" stroke-opacity="0.5"/>'
            f'<circle cx="{across:.1f}" cy="{y(rate):.1f}" r="4" fill="{colour}"/>'
            f'<text transform="translate({across + 4:.1f} {y(rate) + 8:.1f}) rotate(35)" '
            f'fill="{colour}">{label}</text>'
        )
    return "\n".join([*lines, "</svg>", ""])


def _ticks(low: float, high: float) -> Iterator[float]:
    """1, 2 and 5 times each power of ten between the ends."""
    for power in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1):
        yield from (tick for tick in (10.0**power * n for n in (1, 2, 5)) if low <= tick <= high)


if __name__ == "__main__":
    if sys.argv[1] == "measure":
        sys.stdout.write(json.dumps(measure(sys.argv[2]), indent=1) + "\n")
    else:
        sys.stdout.write(plot(json.loads(Path(sys.argv[2]).read_text())))
