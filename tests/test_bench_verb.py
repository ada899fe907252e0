"""`shipworthy bench`: every sample for people and for programs, and a batch by its name."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from command import Here, shipworthy


def test_bench_prints_its_samples_and_one_json_document(here: Here, fixture_llama: Path) -> None:
    done = here("bench", fixture_llama, "--iterations", "2", "--max-tokens", "4", "--json")
    found = json.loads(done.stdout)
    assert [sample["tokens"] for sample in found["samples"]] == [4, 4]
    assert (found["device"]["type"], found["dtype"]) == ("cpu", "f32")


@pytest.mark.slow
def test_bench_shows_every_sample_to_people(fixture_llama: Path) -> None:
    done = shipworthy("bench", fixture_llama, "--iterations", "3", "--max-tokens", "4")
    assert (done.returncode, done.stderr) == (0, "")
    assert "3 x 4 tokens at batch 1" in done.stdout
    assert re.search(r"median [\d.]+ tokens/s$", done.stdout, re.MULTILINE)


def test_bench_of_a_batch_says_that_its_rates_are_of_all_of_it(fixture_llama: Path, here: Here) -> None:
    done = here("bench", fixture_llama, "--iterations", "2", "--max-tokens", "4", "--batch", "3")
    assert (done.returncode, done.stderr) == (0, "")
    assert "2 x 4 tokens at batch 3, engine torch" in done.stdout
    assert re.search(r"│ 2 +│ 12 ", done.stdout)
    assert re.search(r"median [\d.]+ tokens/s of the whole batch of 3$", done.stdout, re.MULTILINE)
