"""Generation follows the logits, is repeatable by seed, streams whole characters and stops at eos."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from shipworthy.checkpoint.tokenizer import TokenizerSpec
from shipworthy.errors import UsageError
from shipworthy.model import Decoder, prefill_logits
from shipworthy.pipeline.generate import Sampling, choose, generate, generate_ids

PROMPT = [100, 2000, 300]


def ids(decoder: Decoder, count: int, eos: int | None = None, **sampling: float) -> list[int]:
    return list(generate_ids(decoder, PROMPT, count, eos=eos, sampling=Sampling(**sampling)))


def test_greedy_takes_the_likeliest_at_each_position(small_decoder: Decoder) -> None:
    chosen = ids(small_decoder, 8)
    whole = torch.tensor([PROMPT + chosen], device="cpu")
    logits = prefill_logits(small_decoder, whole)[0]
    assert logits[len(PROMPT) - 1 : -1].argmax(-1).tolist() == chosen


def test_it_stops_at_eos(small_decoder: Decoder) -> None:
    chosen = ids(small_decoder, 8)
    stop = chosen[4]
    assert ids(small_decoder, 8, eos=stop) == chosen[: chosen.index(stop)]


def test_a_seed_repeats_and_another_differs(small_decoder: Decoder) -> None:
    first = ids(small_decoder, 8, temperature=1.0, seed=1)
    assert ids(small_decoder, 8, temperature=1.0, seed=1) == first
    assert ids(small_decoder, 8, temperature=1.0, seed=2) != first


@given(st.lists(st.floats(-5, 5, width=32), min_size=2, max_size=20), st.floats(0.05, 1.0), st.integers(0, 9))
def test_a_draw_is_from_the_nucleus(values: list[float], top_p: float, seed: int) -> None:
    logits = torch.tensor(values, device="cpu")
    draws = torch.Generator(device="cpu").manual_seed(seed)
    chosen = choose(logits, Sampling(temperature=1.0, top_p=top_p), draws)
    probabilities = logits.softmax(0)
    likelier = probabilities[probabilities > probabilities[chosen]].sum()
    assert likelier < top_p + 1e-5


def test_a_small_nucleus_is_greedy(small_decoder: Decoder) -> None:
    assert ids(small_decoder, 8, temperature=1.0, top_p=1e-6) == ids(small_decoder, 8)


def test_pieces_join_to_the_text_and_hold_whole_characters(
    small_decoder: Decoder, tokenizer: TokenizerSpec
) -> None:
    never = replace(tokenizer, eos_token_id=None)
    pieces = list(generate(small_decoder, never, "naïve 🌍", 40, sampling=Sampling(temperature=2.0)))
    prompt = tokenizer.build().encode("naïve 🌍").ids
    tokens = list(generate_ids(small_decoder, prompt, 40, eos=None, sampling=Sampling(temperature=2.0)))
    assert "".join(pieces) == tokenizer.build().decode(tokens, skip_special_tokens=False)
    assert len(pieces) > 20
    assert not any(piece.endswith("\N{REPLACEMENT CHARACTER}") for piece in pieces[:-1])


@pytest.mark.parametrize(
    ("prompt", "count", "code"),
    [("", 5, "nothing-to-generate"), ("a", 0, "nothing-to-generate"), ("a", 256, "context-exceeded")],
)
def test_refused(
    small_decoder: Decoder, tokenizer: TokenizerSpec, prompt: str, count: int, code: str
) -> None:
    with pytest.raises(UsageError) as caught:
        list(generate(small_decoder, tokenizer, prompt, count))
    assert caught.value.code == code


@pytest.mark.parametrize(
    "given_", [{"temperature": -1}, {"temperature": float("nan")}, {"top_p": 0}, {"top_p": 1.1}]
)
def test_sampling_outside_its_range_is_refused(given_: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        Sampling(**given_)
