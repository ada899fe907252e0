"""The smallest change of an export that the parity gate sees, by bisection; writes JSON and a plot.

    python benchmarks/detection_power.py base docs/detection-power-base
    python benchmarks/detection_power.py fixture-llama docs/detection-power-fixture

The good F32 export is changed in one place, by an amount that is bisected on a logarithmic scale until the
smallest change seen and the largest not seen are within a tenth of each other. Seen means what AC-SHIP2-009
means: the largest KL of a position above 1e-8 nats. Our logits are computed once. Of the hundred
prompts four are looked at: the gate looks at all of them, and can only see more.
"""

from __future__ import annotations

import argparse
import json
import math
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from detection_plot import plot

from shipworthy.checkpoint import open_checkpoint
from shipworthy.gate.canary import read_texts, spread
from shipworthy.gate.falsify.good import Good
from shipworthy.gate.measure.llama_cpp_parity import TOGETHER, encode
from shipworthy.gate.trial import load_contracts
from shipworthy.model import StreamedLogits
from shipworthy.pipeline import llama_cpp
from shipworthy.pipeline.base_model import base_model_path
from shipworthy.pipeline.compare import compare_logits

LIMIT_NATS = 1.0e-8
PROMPTS, POSITIONS = 4, 64
LOW = 1.0e-7
CLOSE = 1.1
GRID = (1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0)
"""Changes of which the KL is measured beside those that the bisection asks for."""

Place = Callable[[gguf.GGUFReader], tuple[np.ndarray, Any]]
Grow = Callable[[float, float], float]


def tensor(name: str, *index: int) -> Place:
    """Where one element of a tensor stands in the file."""

    def place(reader: gguf.GGUFReader) -> tuple[np.ndarray, Any]:
        return next(found.data for found in reader.tensors if found.name == name), index

    return place


def constant(key: str) -> Place:
    """Where a constant of the metadata stands in the file."""

    def place(reader: gguf.GGUFReader) -> tuple[np.ndarray, Any]:
        field = reader.fields[f"{reader.fields['general.architecture'].contents()}.{key}"]
        return field.parts[field.data[0]], 0

    return place


def added(value: float, by: float) -> float:
    """The value, larger by so much."""
    return value + by


def scaled(value: float, by: float) -> float:
    """The value, larger by this part of itself."""
    return value * (1.0 + by)


CHANGES: dict[str, tuple[Place, Grow]] = {
    "one weight of attn_q": (tensor("blk.1.attn_q.weight", 0, 0), added),
    "one weight of ffn_down": (tensor("blk.1.ffn_down.weight", 0, 0), added),
    "one norm element": (tensor("blk.1.attn_norm.weight", 0), scaled),
    "epsilon": (constant("attention.layer_norm_rms_epsilon"), scaled),
    "rotary base": (constant("rope.freq_base"), scaled),
}


class Scale:
    """How far an export is from a checkpoint over some prompts: the largest KL of a position, in nats."""

    def __init__(self, checkpoint: Path, texts: Path, log: Path) -> None:
        chosen = spread(read_texts(texts), PROMPTS)
        self._log = log
        self._prompts = [ids[:POSITIONS] for ids in encode(checkpoint, chosen).token_ids]
        with open_checkpoint(checkpoint) as source:
            ours = StreamedLogits(source, self._prompts)
        self._ours = [ours.logits(index).numpy() for index in range(len(self._prompts))]

    def kl(self, export: Path) -> float:
        """The largest KL of a position."""
        with llama_cpp.logits(export, self._prompts, log=self._log, together=TOGETHER) as theirs:
            pairs = zip(self._ours, theirs, strict=True)
            return max(float(compare_logits(*pair).kl.max()) for pair in pairs)


@contextmanager
def changed(reader: gguf.GGUFReader, place: Place, grow: Grow, by: float) -> Iterator[None]:
    """The export, open for writing, with one value larger; afterwards it is what it was."""
    values, index = place(reader)
    before = values[index].copy()
    values[index] = grow(float(before), by)
    try:
        yield
    finally:
        values[index] = before


def bisect(seen_at: Callable[[float], float]) -> tuple[float | None, dict[float, float]]:
    """The smallest change seen, None where that of GRID is not, and the KL of every change tried."""
    tried = {by: seen_at(by) for by in GRID}
    above = [by for by, kl in tried.items() if kl > LIMIT_NATS]
    if not above:
        return None, tried
    high = min(above)
    low = max((by for by in tried if by < high), default=LOW)
    while high / low > CLOSE:
        middle = math.sqrt(low * high)
        tried[middle] = seen_at(middle)
        low, high = (low, middle) if tried[middle] > LIMIT_NATS else (middle, high)
    return high, tried


def measure(subject: str, folder: Path) -> dict[str, Any]:
    """Every change of the good export of `base` or of a fixture."""
    catalogue = load_contracts()
    good = Good(catalogue, folder, base_model_path() if subject == "base" else None)
    checkpoint, export = good.apr(subject), good.export(subject)
    scale = Scale(checkpoint, catalogue.data["canary-100"].path, folder / "log")
    unchanged = scale.kl(export)
    reader = gguf.GGUFReader(export, "r+")
    found: dict[str, Any] = {}
    for name, (place, grow) in CHANGES.items():

        def seen_at(by: float, place: Place = place, grow: Grow = grow) -> float:
            with changed(reader, place, grow, by):
                return scale.kl(export)

        smallest, tried = bisect(seen_at)
        found[name] = {"smallest_seen": smallest, "kl_nats": dict(sorted(tried.items()))}
        print(name, smallest, flush=True)
    return {
        "model": good.name(subject),
        "prompts": PROMPTS,
        "positions": POSITIONS,
        "limit_nats": LIMIT_NATS,
        "unchanged_kl_nats": unchanged,
        "changes": found,
    }


def main() -> None:
    """Write OUT.json and OUT.svg."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("subject", help="`base`, or the name of a small model in contracts/models/")
    parser.add_argument("out", type=Path, help="files to write, without suffix")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(asked.subject, Path(folder))
    asked.out.with_suffix(".json").write_text(json.dumps(found, indent=1) + "\n")
    asked.out.with_suffix(".svg").write_text(plot(found))


if __name__ == "__main__":
    main()
