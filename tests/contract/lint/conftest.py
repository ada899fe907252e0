"""A contracts directory in which lint finds nothing, for tests to break in one place at a time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from contract_texts import COMPOUND, DRAFT, GOOD, HOST
from ratchet import git
from shipworthy.contract.schemas import schema_text

CHANGED = """\
  - {version: 1.1.0, change: Three lines for two., reason: A line was lost, approver: the lead}
"""
CONTRACT = (
    (GOOD + CHANGED)
    .replace("version: 1.0.0\n", "version: 1.1.0\n")
    .replace(
        "      rate: {minimum: 2.5}\n",
        "      names: {minItems: 1, items: {enum: [roses]}}\n      rate: {minimum: 2.5}\n",
    )
)

RELEASE = """\
id: text
title: The text
demo: true
registration: text-1
weights: {AC-TEXT-001: 60, AC-TEXT-002: 40, GATE-ALL: 0}
"""


def _registration(name: str) -> str:
    return f"""\
id: {name}
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
parameters: {{low: 138048, high: 138048}}
licence: apache-2.0
"""


FILES = {
    "ac-text-001.yaml": CONTRACT,
    "ac-text-002.yaml": DRAFT,
    "gate-all.yaml": COMPOUND,
    "schema.json": schema_text(),
    "hosts/small-box.yaml": HOST,
    "releases/text.yaml": RELEASE,
    "data/poem.txt": "roses are red\n",
    "proofs/AC-TEXT-001.json": "{}",
    **{f"models/{name}.yaml": _registration(name) for name in ("text-1", "fixture-text", "fixture-other")},
}


@pytest.fixture
def spotless(tmp_path: Path) -> Path:
    """A contracts directory without a fault."""
    root = tmp_path / "contracts"
    for name, text in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@pytest.fixture
def repository(spotless: Path) -> Path:
    """The spotless directory, committed; returns it."""
    root = spotless.parent
    git(root, "init", "-q")
    git(root, "add", "contracts")
    git(root, "commit", "-qm", "as it was")
    return spotless


@pytest.fixture
def edit(spotless: Path) -> Callable[[str, str, str], Path]:
    """Replace a text, which must be there once, in one file of the directory."""

    def editor(name: str, old: str, new: str) -> Path:
        path = spotless / name
        text = path.read_text()
        assert text.count(old) == 1, f"{old!r} is {text.count(old)} times in {name}"
        path.write_bytes(text.replace(old, new).encode("utf-8", "surrogateescape"))
        return spotless

    return editor
