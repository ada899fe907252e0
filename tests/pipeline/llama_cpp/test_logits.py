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


def test_prompts_computed_together_do_not_see_each_other(small_gguf: Path, log: Path) -> None:
    alike = [PROMPTS[0], [9, 8, 7, 6], PROMPTS[3], [5, 5, 5, 5], PROMPTS[2], PROMPTS[0]]
    alone = list(llama_cpp.logits(small_gguf, alike, log=log))
    for together in (8, 16, 512):
        found = list(llama_cpp.logits(small_gguf, alike, log=log, together=together))
        assert all(np.array_equal(left, right) for left, right in zip(alone, found, strict=True))


def test_a_prompt_longer_than_a_batch_is_computed_in_several(small_gguf: Path, log: Path) -> None:
    prompt = np.random.default_rng(0).integers(0, 700, 96).tolist()
    (whole,) = llama_cpp.logits(small_gguf, [prompt], log=log)
    (parts,) = llama_cpp.logits(small_gguf, [prompt], log=log, together=32)
    assert "n_ubatch              = 32" in log.read_text()
    np.testing.assert_allclose(parts, whole, rtol=0, atol=1e-5)


def test_stepwise_computes_what_generation_computes(small_gguf: Path, log: Path) -> None:
    generation = llama_cpp.generate(small_gguf, PROMPTS[2], 3, log=log)
    prompt = [*PROMPTS[2], *generation.tokens]
    with llama_cpp.logits(small_gguf, [prompt], log=log, stepwise=True) as stream:
        (steps,) = stream
    best = np.sort(steps, axis=1)
    margins = (best[:, -1] - best[:, -2])[len(PROMPTS[2]) :][: len(generation.margins) - 1]
    assert steps.shape == (len(prompt), 720)
    # The prompt of a generation is one batch, so its key/value cache differs in the last bits.
    assert margins == pytest.approx(generation.margins[1:], abs=1e-5)
    assert steps.argmax(axis=1).tolist()[len(PROMPTS[2]) - 1 : -1] == generation.tokens


def test_one_child_also_tokenizes_and_says_what_it_computed_with(small_gguf: Path, log: Path) -> None:
    texts, ids = ["def add(a, b):", "<|im_end|>"], [[1, 300, 301], [2]]
    stream = llama_cpp.logits(small_gguf, PROMPTS, log=log, texts=texts, ids=ids, threads=1)
    assert stream.token_ids == llama_cpp.tokenize(small_gguf, texts, log=log.with_name("other"))
    assert stream.pieces == llama_cpp.detokenize(small_gguf, ids, log=log.with_name("other"))
    assert len(list(stream)) == len(PROMPTS)
    assert stream.context == {"kv_cache": "f32", "flash_attention": False, "threads": 1}


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


def test_several_prompts_are_each_continued_as_alone(small_gguf: Path, log: Path) -> None:
    alone = [llama_cpp.generate(small_gguf, prompt, 3, log=log).tokens for prompt in PROMPTS[:2]]
    together = llama_cpp.continuations(small_gguf, PROMPTS[:2], 3, log=log)
    assert [one.tokens for one in together] == alone
    assert [len(one.margins) for one in together] == [3, 3]
    assert llama_cpp.continuations(small_gguf, [], 3, log=log) == []


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
