"""Decoding through the cache gives what one pass over the whole sequence gives."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from shipworthy.architecture import ArchitectureConfig
from shipworthy.errors import UsageError
from shipworthy.model import Decoder, decode_step, prefill_logits
from small_decoders import CONFIGS


def test_any_split_of_a_sequence_gives_the_same_logits(
    make_decoder: Callable[[ArchitectureConfig], Decoder],
) -> None:
    decoder = make_decoder(CONFIGS["qwen2-tied"])
    tokens = torch.arange(24, device="cpu").view(2, 12) * 5
    expected = prefill_logits(decoder, tokens)

    @settings(max_examples=40, deadline=None)
    @given(st.sets(st.integers(1, 11)))
    def check(cuts: set[int]) -> None:
        cache = decoder.new_cache(2, 12)
        edges = [0, *sorted(cuts), 12]
        for start, end in pairwise(edges):
            logits = decode_step(decoder, tokens[:, start:end], cache)
            torch.testing.assert_close(logits, expected[:, end - 1], rtol=1e-4, atol=1e-4)

    check()


def test_a_position_sees_only_those_before_it(decoder: Decoder, tokens: torch.Tensor) -> None:
    changed = tokens.clone()
    changed[:, 20:] = 0
    before, after = prefill_logits(decoder, tokens), prefill_logits(decoder, changed)
    torch.testing.assert_close(before[:, :20], after[:, :20], rtol=1e-5, atol=1e-5)
    assert not torch.allclose(before[:, 20:], after[:, 20:], atol=1e-3)


def test_reset_forgets(decoder: Decoder, tokens: torch.Tensor) -> None:
    cache = decoder.new_cache(3, 40)
    first = decode_step(decoder, tokens[:, :30], cache)
    cache.reset()
    assert torch.equal(decode_step(decoder, tokens[:, :30], cache), first)


def test_a_full_cache_refuses_more_and_keeps_what_it_has(decoder: Decoder, tokens: torch.Tensor) -> None:
    cache = decoder.new_cache(3, 10)
    decode_step(decoder, tokens[:, :8], cache)
    with pytest.raises(UsageError, match="holds 10 positions, 8 are used, 3 more are asked for"):
        decode_step(decoder, tokens[:, 8:11], cache)
    assert cache.length == 8
