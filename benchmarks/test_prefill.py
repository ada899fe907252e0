"""Logits of 20 prompts x 64 tokens on the CPU in F32, as parity takes them: ours beside llama.cpp."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from shipworthy.checkpoint import open_checkpoint
from shipworthy.model import Decoder, load_decoder, prefill_logits
from shipworthy.pipeline import llama_cpp
from shipworthy.pipeline.export import export_gguf

_PROMPTS, _LENGTH, _BATCH = 20, 64, 10
_CPU = torch.device("cpu")
_GROUP = f"logits of {_PROMPTS} x {_LENGTH} tokens, F32"


@pytest.fixture(scope="module")
def prompts() -> list[list[int]]:
    generator = torch.Generator(device=_CPU).manual_seed(0)
    return torch.randint(0, 49_152, (_PROMPTS, _LENGTH), generator=generator, device=_CPU).tolist()


def test_our_prefill(side_by_side: Any, base_apr: Path, prompts: list[list[int]]) -> None:
    with open_checkpoint(base_apr) as checkpoint:
        decoder: Decoder = load_decoder(checkpoint, device=_CPU, dtype=torch.float32).eval()
    tokens = torch.tensor(prompts, device=_CPU)

    def prefill() -> int:
        return sum(len(prefill_logits(decoder, batch)) for batch in tokens.split(_BATCH))

    assert side_by_side(_GROUP, "ours", prefill, rounds=3) == _PROMPTS


def test_llama_cpp(side_by_side: Any, base_apr: Path, prompts: list[list[int]], tmp_path: Path) -> None:
    gguf = tmp_path / "base.gguf"
    export_gguf(base_apr, gguf, "f32")

    def prefill() -> int:
        threads = torch.get_num_threads()
        return len(list(llama_cpp.logits(gguf, prompts, log=tmp_path / "log", threads=threads)))

    assert side_by_side(_GROUP, "peer", prefill, rounds=3) == _PROMPTS
