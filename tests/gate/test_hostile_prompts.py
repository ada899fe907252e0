"""Hostile prompts on a real small checkpoint, in both runtimes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from shipworthy.canonical import strict_loads
from shipworthy.contract import Catalogue
from shipworthy.errors import FileError
from shipworthy.gate.measure.hostile_prompts import measure, read_hostile


def file(tmp_path: Path, *rows: object) -> Path:
    path = tmp_path / "hostile.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_there_are_fifty_and_no_two_alike(catalogue: Catalogue) -> None:
    texts = read_hostile(catalogue.data["hostile-50"].path)
    assert len(texts) == len(set(texts.values())) == 50
    assert "" in texts.values()
    assert max(map(len, texts.values())) > 100_000


def test_what_was_recorded_still_comes_out(
    catalogue: Catalogue, fixture_llama: Path, fixture_gguf: Path, tmp_path: Path
) -> None:
    recorded = strict_loads(catalogue.data["fixture-hostile"].path.read_bytes())
    prompts = catalogue.data["hostile-50"].path
    found = measure(fixture_llama, {"gguf": fixture_gguf}, log=tmp_path / "log", prompts=prompts)
    assert found["samples"] == recorded["raw"]["samples"]


def test_empty_and_endless_prompts_are_refused_by_name(
    fixture_llama: Path, fixture_gguf: Path, tmp_path: Path
) -> None:
    prompts = file(
        tmp_path,
        {"id": "empty", "kind": "k", "text": ""},
        {"id": "long", "kind": "k", "text": "a b ", "times": 999},
        {"id": "fits", "kind": "k", "text": "a\u0000b"},
    )
    found = measure(fixture_llama, {"gguf": fixture_gguf}, log=tmp_path / "log", prompts=prompts)
    said = {row["prompt"]: (row["torch"], row["llama_cpp"]) for row in found["samples"]}
    assert said == {
        "empty": ("refused: nothing-to-generate",) * 2,
        "long": ("refused: context-exceeded",) * 2,
        "fits": ("answered",) * 2,
    }


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([{"id": "a", "kind": "k"}], "bad-text"),
        ([["a"]], "bad-text"),
        ([{"id": "a", "kind": "k", "text": "x", "times": "many"}], "bad-text"),
        ([{"id": "a", "kind": "k", "text": "x"}, {"id": "a", "kind": "k", "text": "y"}], "duplicate-text"),
    ],
)
def test_a_file_that_holds_no_prompts_is_refused(tmp_path: Path, rows: list[object], code: str) -> None:
    with pytest.raises(FileError) as refused:
        read_hostile(file(tmp_path, *rows))
    assert refused.value.code == code
