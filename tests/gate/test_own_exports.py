"""What a gate's children decode they export: another model's file in the cache of the user is not taken."""

from __future__ import annotations

from pathlib import Path

import pytest

from shipworthy.atomic import write_json
from shipworthy.canonical import sha256_file
from shipworthy.contract import Catalogue
from shipworthy.gate.evaluation_run import run_evaluation
from shipworthy.gate.fixtures import write_fixture
from shipworthy.gate.measure.decode_throughput import take_runs
from shipworthy.pipeline.engines import open_engine
from shipworthy.pipeline.evaluation import Prompt
from shipworthy.pipeline.export import export_gguf

DECODING = {"max_tokens": 12, "engine": "llama.cpp", "device": "cpu", "dtype": "f32"}
PROMPTS = [Prompt("one", "def f(x):\n    return")]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's cache of this test's own."""
    monkeypatch.setenv("SHIPWORTHY_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_an_exchanged_export_in_the_cache_changes_no_evaluation(
    cache: Path, catalogue: Catalogue, fixture_llama: Path, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    _, honest = run_evaluation(fixture_llama, DECODING, log, prompts=PROMPTS)
    with open_engine(fixture_llama) as opened:
        assert opened.engine.name == "llama.cpp"
    (kept,) = (cache / "exports").glob("*.gguf")
    other = tmp_path / "other.apr"
    write_fixture(catalogue, "fixture-llama", other, seed=7)
    export_gguf(other, kept, "f32")
    write_json(kept.with_suffix(".json"), {"sha256": sha256_file(kept)})
    _, again = run_evaluation(fixture_llama, DECODING, log, prompts=PROMPTS)
    _, others = run_evaluation(other, DECODING, log, prompts=PROMPTS)
    assert again == honest
    assert others != honest


def test_a_bench_leaves_the_cache_of_the_user_alone(cache: Path, fixture_llama: Path, tmp_path: Path) -> None:
    settings = {"iterations": 1, "max_tokens": 4, "device": "cpu", "dtype": "f32", "engine": "llama.cpp"}
    (run,) = take_runs(fixture_llama, {**settings, "threads": 1}, [0], tmp_path / "log")
    assert run["engine"] == "llama.cpp"
    assert not list(cache.glob("exports/*"))
