"""`inspect` prints aligned lines, and nothing that a terminal would obey."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from shipworthy.checkpoint import open_checkpoint
from shipworthy.checkpoint.summary import summarize
from shipworthy.report.inspection import inspection_lines


@pytest.fixture
def found(fixture_llama: Path) -> dict[str, Any]:
    with open_checkpoint(fixture_llama) as checkpoint:
        return summarize(checkpoint)


def test_a_checkpoint_in_lines(found: dict[str, Any], fixture_llama: Path) -> None:
    lines = list(inspection_lines(found))
    size = fixture_llama.stat().st_size
    assert lines[0] == f"fixture-llama.apr: apr, {size:,} bytes (content: not verified)"
    assert lines[1] == "  architecture             llama"
    assert "  parameters               138,048" in lines
    assert "  tokenizer                1,000 tokens, 741 merges, smollm" in lines
    assert lines[-21] == "20 tensors: name, dtype, shape, bytes"
    assert lines[-20].split() == ["model.embed_tokens.weight", "F32", "1000", "x", "64", "256,000"]
    assert len({line.index("F32") for line in lines[-20:]}) == 1


def test_what_is_wrong_is_named_before_the_tensors(found: dict[str, Any]) -> None:
    wrong = {
        **found,
        "missing": ["hidden_size"],
        "stated_twice": ["num_layers"],
        "implausible": ["rope_theta is 0.5, outside 1..1e+08"],
        "tokenizer": None,
    }
    lines = list(inspection_lines(wrong))
    assert "missing: hidden_size" in lines
    assert "stated twice: num_layers" in lines
    assert "implausible: rope_theta is 0.5, outside 1..1e+08" in lines
    assert "  tokenizer                none embedded" in lines


def test_verified_content_is_said(found: dict[str, Any]) -> None:
    assert next(inspection_lines({**found, "content_verified": True})).endswith("(content: verified)")


@pytest.mark.parametrize("sign", ["\x1b[31m", "\r", "\n", "\u202e", "\x9b", "\x00"])
def test_signs_that_a_terminal_obeys_are_escaped(found: dict[str, Any], sign: str) -> None:
    hostile = {
        **found,
        "name": f"a{sign}.apr",
        "architecture": {**found["architecture"], "architecture": f"lla{sign}ma"},
        "implausible": [f"x is {sign}"],
        "tokenizer": {"broken": f"no {sign}"},
        "tensors": [{"name": f"w{sign}", "dtype": "F32", "shape": [1], "bytes": 4}],
    }
    for line in inspection_lines(hostile):
        assert line.isprintable()


def test_a_checkpoint_without_tensors_has_no_table(found: dict[str, Any]) -> None:
    assert list(inspection_lines({**found, "tensors": [], "tensor_count": 0}))[-1].startswith("0 tensors")
