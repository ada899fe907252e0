"""Logits of llama.cpp: one array per prompt, the same whatever came before it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from shipworthy.errors import UsageError
from shipworthy.pipeline import llama_cpp

PROMPTS = [[1, 300, 301, 302], [5], [400, 3, 77, 12, 9, 650], [1, 300, 301, 302]]


def test_one_array_per_prompt_at_every_position(small_gguf: Path, log: Path) -> None:
    stream = llama_cpp.logits(small_gguf, PROMPTS, log=log)
    arrays = list(stream)
    assert [array.shape for array in arrays] == [(len(prompt), 720) for prompt in PROMPTS]
    assert {array.dtype for array in arrays} == {np.dtype(np.float32)}
    assert all(np.isfinite(array).all() for array in arrays)
    assert stream.model["architecture"] == "llama"
    assert stream.network == "cut" or stream.network.startswith("open: ")


def test_a_prompt_does_not_depend_on_those_before_it(small_gguf: Path, log: Path) -> None:
    first, _, _, again = llama_cpp.logits(small_gguf, PROMPTS, log=log)
    assert np.array_equal(first, again)
    reverse = list(llama_cpp.logits(small_gguf, PROMPTS[::-1], log=log))
    assert np.array_equal(first, reverse[0])


def test_a_position_does_not_depend_on_those_after_it(small_gguf: Path, log: Path) -> None:
    long, short = llama_cpp.logits(small_gguf, [PROMPTS[0], PROMPTS[0][:2]], log=log)
    assert np.allclose(long[:2], short, atol=1e-5)


def test_threads_do_not_change_a_bit(small_gguf: Path, log: Path) -> None:
    one = list(llama_cpp.logits(small_gguf, PROMPTS, log=log, threads=1))
    two = list(llama_cpp.logits(small_gguf, PROMPTS, log=log, threads=2))
    assert all(np.array_equal(left, right) for left, right in zip(one, two, strict=True))


def test_the_cache_is_f32_unless_asked_otherwise(small_gguf: Path, log: Path) -> None:
    exact = next(llama_cpp.logits(small_gguf, PROMPTS[:1], log=log))
    assert "K (f32)" in log.read_text()
    assert "flash_attn            = disabled" in log.read_text()
    with llama_cpp.logits(small_gguf, PROMPTS[:1], log=log, kv_cache="f16") as stream:
        rounded = next(stream)
    assert "K (f16)" in log.read_text()
    assert not np.array_equal(exact, rounded)


def test_generation_begins_with_the_most_likely_token(small_gguf: Path, log: Path) -> None:
    logits = next(llama_cpp.logits(small_gguf, PROMPTS[:1], log=log))
    generation = llama_cpp.generate(small_gguf, PROMPTS[0], 4, log=log)
    assert len(generation.tokens) == len(generation.margins) == 4
    assert generation.tokens[0] == int(logits[-1].argmax())
    best, second = np.sort(logits[-1])[-1], np.sort(logits[-1])[-2]
    assert generation.margins[0] == pytest.approx(best - second, abs=1e-4)


def test_generation_continues_as_a_prompt_of_it_would(small_gguf: Path, log: Path) -> None:
    tokens = llama_cpp.generate(small_gguf, PROMPTS[0], 3, log=log).tokens
    whole = next(llama_cpp.logits(small_gguf, [[*PROMPTS[0], *tokens]], log=log))
    assert whole[len(PROMPTS[0]) - 1 : -1].argmax(axis=1).tolist() == tokens


def test_a_token_outside_the_vocabulary_is_refused(small_gguf: Path, log: Path) -> None:
    with pytest.raises(llama_cpp.LlamaCppRefused, match="token 720 is outside"):
        list(llama_cpp.logits(small_gguf, [[1, 720]], log=log))


def test_an_empty_prompt_is_refused_before_anything_starts(small_gguf: Path, log: Path) -> None:
    with pytest.raises(UsageError, match="prompt 1 has no tokens"):
        llama_cpp.logits(small_gguf, [[1], []], log=log)
    assert not log.exists()


def test_leaving_early_ends_the_child(small_gguf: Path, log: Path) -> None:
    with llama_cpp.logits(small_gguf, PROMPTS * 50, log=log) as stream:
        next(stream)
    assert stream._child._process.returncode is not None
