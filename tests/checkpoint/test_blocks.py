"""Blocks put together are the tensor, whatever its dtype, shape and rotary order."""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shipworthy.checkpoint import TensorSource, blocks, open_checkpoint, write_apr
from shipworthy.checkpoint.decode import decode
from shipworthy.pipeline.export import export_gguf
from small_checkpoints import CONFIGS, save_small

STORED = {
    "F32": (4, 1),
    "F16": (2, 1),
    "BF16": (2, 1),
    "Q4_K": (144, 256),
    "Q6_K": (210, 256),
    "AprQ4": (18, 32),
}


@settings(max_examples=60)
@given(
    dtype=st.sampled_from([*STORED, "AprQ8"]),
    rows=st.integers(0, 40),
    columns=st.integers(1, 40),
    limit=st.integers(1, 5000),
    seed=st.integers(0, 2**32 - 1),
)
def test_blocks_together_are_what_decoding_the_whole_gives(
    dtype: str, rows: int, columns: int, limit: int, seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    columns *= 256 if dtype in ("Q4_K", "Q6_K") else 1
    shape = (rows, columns)
    if dtype == "AprQ8":
        nbytes = 4 + rows * columns
    else:
        size, block = STORED[dtype]
        nbytes = -(-rows * columns // block) * size
    stored = np.random.default_rng(seed).integers(0, 256, nbytes, np.uint8).tobytes()
    path = tmp_path_factory.mktemp("blocks") / "a.apr"
    tensors = {"a": TensorSource(dtype, shape, lambda: [memoryview(stored)])}
    write_apr(path, metadata={}, tensors=tensors, tokenizer=None)
    with pytest.MonkeyPatch.context() as patch, open_checkpoint(path) as checkpoint:
        patch.setattr(blocks, "BLOCK", limit)
        found = [block.copy() for block in checkpoint.blocks("a")]
        whole = decode(memoryview(stored), dtype, shape) if rows else np.empty(shape, np.float32)
        assert all(block.shape[1:] == shape[1:] and block.dtype == np.float32 for block in found)
        together = np.concatenate(found) if found else np.empty(shape, np.float32)
        assert together.tobytes() == whole.tobytes()
        assert checkpoint.read("a").tobytes() == whole.tobytes()


@pytest.mark.parametrize("dtype", ["f32", "q8_0"])
def test_rotary_rows_come_in_halves_block_by_block(
    dtype: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export_gguf(save_small(tmp_path / "a.apr", CONFIGS["llama"]), tmp_path / "a.gguf", dtype)
    name = "model.layers.1.self_attn.q_proj.weight"
    with open_checkpoint(tmp_path / "a.gguf") as checkpoint:
        assert checkpoint.is_permuted(name)
        (whole,) = (block.copy() for block in checkpoint.blocks(name))
        monkeypatch.setattr(blocks, "BLOCK", 1)
        heads = [block.copy() for block in checkpoint.blocks(name)]
    assert len(heads) == CONFIGS["llama"].num_heads
    assert np.array_equal(np.concatenate(heads), whole)
    reader = gguf.GGUFReader(tmp_path / "a.gguf")
    (stored,) = (tensor for tensor in reader.tensors if tensor.name == "blk.1.attn_q.weight")
    values = gguf.quants.dequantize(stored.data, stored.tensor_type)
    assert np.array_equal(values.reshape(4, 8, 2, 64)[:, :, 1], whole.reshape(4, 2, 8, 64)[:, 1])
