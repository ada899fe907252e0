"""One layer at a time gives the logits that the whole decoder gives, and reads every weight once."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import torch

from shipworthy.checkpoint import Checkpoint, open_checkpoint
from shipworthy.errors import FileError
from shipworthy.model import Decoder, StreamedLogits, load_decoder, prefill_logits
from small_checkpoints import CONFIGS, random_weights, save_small

CPU = torch.device("cpu")
PROMPTS = [[1, 300, 301, 302], [5, 7, 9, 11], [400], [400, 3, 77, 12, 9, 650], [2, 2, 2, 2]]


def whole(checkpoint: Path, dtype: torch.dtype = torch.float32) -> Decoder:
    with open_checkpoint(checkpoint) as source:
        return load_decoder(source, device=CPU, dtype=dtype).eval()


@pytest.fixture(params=CONFIGS)
def small(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return save_small(tmp_path / "small.apr", CONFIGS[request.param])


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_every_prompt_has_the_logits_of_the_whole_decoder(small: Path, dtype: torch.dtype) -> None:
    decoder = whole(small, dtype)
    with open_checkpoint(small) as source:
        streamed = StreamedLogits(source, PROMPTS, dtype=dtype)
    for index, prompt in enumerate(PROMPTS):
        expected = prefill_logits(decoder, torch.tensor([prompt], device=CPU))[0]
        found = streamed.logits(index)
        assert (found.dtype, found.shape) == (dtype, expected.shape)
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-5 if dtype == torch.float32 else 1e-13)


def test_stepwise_is_what_generation_computes(small: Path) -> None:
    decoder = whole(small)
    with open_checkpoint(small) as source:
        streamed = StreamedLogits(source, PROMPTS, stepwise=True)
    for index, prompt in enumerate(PROMPTS):
        cache = decoder.new_cache(1, len(prompt))
        with torch.inference_mode():
            steps = [decoder(torch.tensor([[token]], device=CPU), cache)[0, 0] for token in prompt]
        assert torch.equal(streamed.logits(index), torch.stack(steps))


def test_every_weight_is_read_once(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: Counter[str] = Counter()
    plain = Checkpoint.read

    def counted(self: Checkpoint, name: str) -> object:
        read[name] += 1
        return plain(self, name)

    monkeypatch.setattr(Checkpoint, "read", counted)
    with open_checkpoint(small) as source:
        StreamedLogits(source, PROMPTS)
        assert read == dict.fromkeys(source.tensors, 1)


def test_a_tensor_that_is_missing_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    config = CONFIGS["llama"]
    weights = random_weights(config)
    del weights["model.norm.weight"]
    path = save_small(tmp_path / "bad.apr", config, weights=weights)
    with open_checkpoint(path) as source, pytest.raises(FileError, match="1 are missing"):
        StreamedLogits(source, PROMPTS)


def test_a_prompt_without_tokens_is_an_error(small: Path) -> None:
    with open_checkpoint(small) as source, pytest.raises(ValueError, match="no tokens"):
        StreamedLogits(source, [[1], []])
