"""Generation follows the logits, is repeatable by seed, streams whole characters and stops at eos."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from shipworthy.checkpoint.tokenizer import TokenizerSpec
from shipworthy.errors import UsageError
from shipworthy.model import Decoder, prefill_logits
from shipworthy.pipeline.engines import Engine, LlamaCppEngine, TorchEngine
from shipworthy.pipeline.export import export_gguf
from shipworthy.pipeline.generate import generate
from shipworthy.pipeline.sampling import Sampling, choose

PROMPT = [100, 2000, 300]


@pytest.fixture(scope="module", params=["torch", "llama.cpp"])
def engine(
    request: pytest.FixtureRequest,
    small_decoder: Decoder,
    small_apr: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Engine:
    if request.param == "torch":
        return TorchEngine(copy.deepcopy(small_decoder))
    directory = tmp_path_factory.mktemp("engine")
    export_gguf(small_apr, directory / "small.gguf", "f32")
    return LlamaCppEngine(directory / "small.gguf", 256, threads=1, log=directory / "llama-cpp.log")


def ids(engine: Engine, count: int, eos: int | None = None, **sampling: float) -> list[int]:
    return list(engine.tokens(PROMPT, count, eos=eos, sampling=Sampling(**sampling)))


def test_greedy_takes_the_likeliest_at_each_position(engine: Engine, small_decoder: Decoder) -> None:
    chosen = ids(engine, 8)
    whole = torch.tensor([PROMPT + chosen], device="cpu")
    logits = prefill_logits(small_decoder, whole)[0]
    assert logits[len(PROMPT) - 1 : -1].argmax(-1).tolist() == chosen


def test_it_stops_at_eos(engine: Engine) -> None:
    chosen = ids(engine, 8)
    stop = chosen[4]
    assert ids(engine, 8, eos=stop) == chosen[: chosen.index(stop)]


def test_a_seed_repeats_and_another_differs(engine: Engine) -> None:
    first = ids(engine, 8, temperature=1.0, seed=1)
    assert ids(engine, 8, temperature=1.0, seed=1) == first
    assert ids(engine, 8, temperature=1.0, seed=2) != first


@given(st.lists(st.floats(-5, 5, width=32), min_size=2, max_size=20), st.floats(0.05, 1.0), st.integers(0, 9))
def test_a_draw_is_from_the_nucleus(values: list[float], top_p: float, seed: int) -> None:
    logits = np.array(values, np.float32)
    sampling = Sampling(temperature=1.0, top_p=top_p, seed=seed)
    chosen = choose(logits, sampling, sampling.draws())
    probabilities = np.exp(logits) / np.exp(logits).sum()
    likelier = probabilities[probabilities > probabilities[chosen]].sum()
    assert likelier < top_p + 1e-5


def test_a_small_nucleus_is_greedy(engine: Engine) -> None:
    assert ids(engine, 8, temperature=1.0, top_p=1e-6) == ids(engine, 8)


def test_draws_follow_the_probabilities() -> None:
    sampling = Sampling(temperature=2.0)
    logits, draws = 2 * np.log(np.array([0.1, 0.2, 0.7], np.float32)), sampling.draws()
    counts = np.bincount([choose(logits, sampling, draws) for _ in range(10_000)], minlength=3)
    assert np.abs(counts / 10_000 - [0.1, 0.2, 0.7]).max() < 0.02


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_nothing_is_chosen_from_what_is_not_finite(value: float) -> None:
    with pytest.raises(UsageError, match="not finite"):
        choose(np.array([0.0, value], np.float32), Sampling(), Sampling().draws())


def test_pieces_join_to_the_text_and_hold_whole_characters(engine: Engine, tokenizer: TokenizerSpec) -> None:
    never, warm = replace(tokenizer, eos_token_id=None), Sampling(temperature=2.0)
    pieces = list(generate(engine, never, "naïve 🌍", 40, sampling=warm))
    tokens = list(engine.tokens(tokenizer.build().encode("naïve 🌍").ids, 40, eos=None, sampling=warm))
    assert "".join(pieces) == tokenizer.build().decode(tokens, skip_special_tokens=False)
    assert len(pieces) > 20
    assert not any(piece.endswith("\N{REPLACEMENT CHARACTER}") for piece in pieces[:-1])


@pytest.mark.parametrize(
    ("prompt", "count", "code"),
    [
        ("", 5, "nothing-to-generate"),
        ("a", 0, "nothing-to-generate"),
        ("a", 256, "context-exceeded"),
        ("a\udcff", 5, "prompt-not-utf8"),
    ],
)
def test_refused(engine: Engine, tokenizer: TokenizerSpec, prompt: str, count: int, code: str) -> None:
    with pytest.raises(UsageError) as caught:
        list(generate(engine, tokenizer, prompt, count))
    assert caught.value.code == code


@pytest.mark.parametrize(
    "given_", [{"temperature": -1}, {"temperature": float("nan")}, {"top_p": 0}, {"top_p": 1.1}, {"seed": -1}]
)
def test_sampling_outside_its_range_is_refused(given_: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        Sampling(**given_)
