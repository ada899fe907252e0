"""A small probe, two planted defects and a small contracts directory, on which the framework is tested."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from contract_texts import GOOD, HOST
from shipworthy.contract import (
    DATA_REFERENCE,
    Catalogue,
    PlantedDefect,
    Probe,
    Quantity,
    defect_registry,
    load_catalogue,
    registry,
)


def _summarize(raw: Mapping[str, Any]) -> dict[str, Any]:
    lines, seconds = raw["lines"], raw["seconds"]
    rates = sorted(len(lines) / s if s else float("inf") for s in seconds if s is not None)
    return {
        "lines": len(lines),
        "longest": max((len(line) for line in lines), default=0),
        "blank": any(not line.strip() for line in lines),
        "names": [line.split()[0] for line in lines if line.split()],
        "first": lines[0] if lines else None,
        "rate": {"low": rates[0], "high": rates[-1], "level": 0.5, "n": len(rates), "unit": "lines/s"}
        if rates
        else None,
        "finite": True,
        "doubled": sorted({line for line in lines if lines.count(line) > 1}),
    }


LINES = Probe(
    name="line_count@1",
    description="Counts the lines of a text, and how fast they were read.",
    parameters={"limit": {"type": "integer", "minimum": 1}, "texts": DATA_REFERENCE},
    optional=frozenset({"texts"}),
    quantities={
        "lines": Quantity("integer", "number of lines", minimum=0),
        "longest": Quantity("number", "length of the longest line", unit="characters"),
        "blank": Quantity("boolean", "whether a line is blank"),
        "names": Quantity("array", "the first word of each line", items="string"),
        "first": Quantity("string", "the first line"),
        "rate": Quantity("interval", "lines read in a second", unit="lines/s"),
        "finite": Quantity("boolean", "whether every number is finite"),
        "doubled": Quantity("array", "lines that come twice", items="string", among="lines"),
    },
    raw_schema={
        "type": "object",
        "required": ["lines", "seconds"],
        "additionalProperties": False,
        "properties": {
            "lines": {"type": "array", "items": {"type": "string"}},
            "seconds": {"type": "array", "items": {"type": ["number", "null"]}},
        },
    },
    summarize=_summarize,
)

EXPORTED = Probe(
    name="export_size@1",
    description="The size of the export.",
    parameters={},
    quantities={"bytes": Quantity("integer", "its size", unit="bytes")},
    raw_schema={"type": "object", "required": ["bytes"]},
    summarize=lambda raw: {"bytes": raw["bytes"]},
    artifacts=frozenset({"gguf"}),
)

PROBES = registry([LINES, EXPORTED])

DEFECTS = defect_registry(
    [
        PlantedDefect(
            "line_removed",
            "An editor drops a line.",
            of=frozenset({"apr"}),
            fixture="fixture-text",
            parameters={"line": {"type": "integer", "minimum": 1}},
        ),
        PlantedDefect(
            "line_doubled", "A merge keeps both sides.", of=frozenset({"apr", "gguf"}), fixture="fixture-text"
        ),
    ]
)

FILES = {
    "ac-text-001.yaml": GOOD,
    "hosts/small-box.yaml": HOST,
    "models/text-1.yaml": """\
        id: text-1
        title: A registered text
        constants:
          architecture: llama
          hidden_size: 64
          num_layers: 2
          num_heads: 4
          num_kv_heads: 2
          head_dim: 16
          intermediate_size: 128
          vocab_size: 1000
          max_position_embeddings: 256
          rope_theta: 10000.0
          rms_norm_eps: 1.0e-5
          tied_embeddings: true
          attention_bias: false
        parameters: {low: 10, high: 20}
        licence: apache-2.0
        """,
    "releases/text.yaml": """\
        id: text
        title: The text
        demo: true
        registration: text-1
        weights: {AC-TEXT-001: 33.3, AC-TEXT-002: 33.3, AC-TEXT-003: 33.4, C-99: 0}
        """,
    "data/poem.txt": "roses are red\n",
}


@pytest.fixture(scope="session")
def probe() -> Probe:
    """A probe with one quantity of each type."""
    return LINES


@pytest.fixture(scope="session")
def good_contract() -> str:
    """The text of a contract without a fault."""
    return GOOD


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a contracts directory: the good files, with those given (path -> text, None to leave one out)."""

    def writer(files: Mapping[str, str | None] | None = None) -> Path:
        root = tmp_path / "contracts"
        for name, text in {**FILES, **(files or {})}.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
            if text is not None:
                path.write_text(textwrap.dedent(text))
        return root

    return writer


@pytest.fixture
def load() -> Callable[[Path], Catalogue]:
    """Load a contracts directory with the probes and defects of these tests."""
    return lambda root: load_catalogue(root, probes=PROBES, defects=DEFECTS)


@pytest.fixture(scope="session")
def registries() -> dict[str, Any]:
    """The probes and planted defects of these tests, as keyword arguments of the loader."""
    return {"probes": PROBES, "defects": DEFECTS}
