"""The logits of whole sequences with one layer's weights in memory at a time.

Every sequence passes through a layer before the next layer is read, so that weights are read once however
many sequences there are, and a model larger than the memory can be run. The modules are the decoder's own.
Each processor takes sequences of its own: norms, rotations and products of this size gain little from two.

Shapes: T positions of a sequence, C hidden size, V vocabulary rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import groupby

import torch
import torch.nn.functional as F
from torch import Tensor

from ..architecture import ArchitectureConfig
from ..checkpoint import Checkpoint
from .decoder import Block, KVCache, RMSNorm, rotary_angles
from .load import check_tensors

_CPU = torch.device("cpu")
_META = torch.device("meta")
_ROWS = 640
"""Positions that pass through a layer together: a matrix product over more rows runs faster."""


class StreamedLogits:
    """Logits of `prompts`, lists of token ids, on the CPU and computed in `dtype`.

    The trunk is run here; `logits` projects one sequence. With `stepwise` every position is computed on its
    own behind a key/value cache, as generation does, else all positions of a sequence at once. Raises
    FileError as `load_decoder` does, ValueError for a prompt without tokens.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        prompts: Sequence[Sequence[int]],
        *,
        dtype: torch.dtype = torch.float32,
        stepwise: bool = False,
    ) -> None:
        if not all(prompts):
            raise ValueError("a prompt has no tokens")
        config = checkpoint.config()
        check_tensors(checkpoint, config)
        self.stepwise = stepwise
        self._weights = _Weights(checkpoint, dtype)
        self._places = [
            (number, row) for number, group in enumerate(self._groups(prompts)) for row in range(len(group))
        ]
        self._projected: tuple[int, Tensor] | None = None
        with torch.inference_mode():
            embedding = self._weights.tensor("model.embed_tokens.weight")
            self._streams = self._trunk(config, embedding, prompts)
            self._head = embedding if config.tied_embeddings else self._weights.tensor("lm_head.weight")

    @property
    def device(self) -> torch.device:
        """Where it is computed."""
        return self._head.device

    @torch.inference_mode()
    def logits(self, index: int) -> Tensor:
        """Logits [T, V] of one sequence. Its neighbours' are computed with it, and kept until others are."""
        number, row = self._places[index]
        if self._projected is None or self._projected[0] != number:
            self._projected = None
            self._projected = (number, self._project(self._streams[number]))
        return self._projected[1][row]

    def _project(self, stream: Tensor) -> Tensor:
        """[B, T, C] to [B, T, V]."""
        if not self.stepwise:
            return F.linear(stream, self._head)
        steps = [F.linear(row, self._head) for row in stream.flatten(0, 1).unsqueeze(1)]
        return torch.cat(steps).view(*stream.shape[:2], -1)

    def _groups(self, prompts: Sequence[Sequence[int]]) -> list[list[list[int]]]:
        return list(_groups(prompts, 1 if self.stepwise else _ROWS))

    def _trunk(
        self, config: ArchitectureConfig, embedding: Tensor, prompts: Sequence[Sequence[int]]
    ) -> list[Tensor]:
        """The normalized stream of each group, [B, T, C]."""
        one = replace(config, num_layers=1)
        groups = self._groups(prompts)
        streams = [F.embedding(torch.tensor(group, device=_CPU), embedding) for group in groups]
        with _side_by_side(len(groups)) as pool:
            for layer in range(config.num_layers):
                block = Block(one, 0, device=_META, dtype=embedding.dtype)
                self._weights.fill(block, f"model.layers.{layer}.")
                streams = list(pool.map(partial(self._through, block, one), streams))
        norm = RMSNorm(config.hidden_size, config.rms_norm_eps, device=_META, dtype=embedding.dtype)
        self._weights.fill(norm, "model.norm.")
        return [norm(stream) for stream in streams]

    @torch.inference_mode()
    def _through(self, block: Block, config: ArchitectureConfig, stream: Tensor) -> Tensor:
        """[B, T, C] to the same."""
        batch, length, _ = stream.shape
        cos, sin = rotary_angles(config.head_dim, config.rope_theta, 0, length, _CPU)
        if not self.stepwise:
            out: Tensor = block(stream, cos, sin, None, length > 1, None)
            return out
        cache = KVCache(config, batch=batch, positions=length, device=_CPU, dtype=stream.dtype)
        steps = []
        for at in range(length):
            here = slice(at, at + 1)
            steps.append(block(stream[:, here], cos[here], sin[here], None, False, cache))
            cache.length += 1
        return torch.cat(steps, dim=1)


@contextmanager
def _side_by_side(most: int) -> Iterator[ThreadPoolExecutor]:
    """As many threads as torch may use, at most so many, which share the processors among them."""
    threads = torch.get_num_threads()
    workers = max(1, min(threads, most))
    torch.set_num_threads(threads // workers)
    try:
        with ThreadPoolExecutor(workers) as pool:
            yield pool
    finally:
        torch.set_num_threads(threads)


class _Weights:
    """Tensors of a checkpoint in one dtype, each read when it is asked for."""

    def __init__(self, checkpoint: Checkpoint, dtype: torch.dtype) -> None:
        self._checkpoint = checkpoint
        self._dtype = dtype

    def tensor(self, name: str) -> Tensor:
        return torch.from_numpy(self._checkpoint.read(name)).to(self._dtype)

    def fill(self, module: torch.nn.Module, prefix: str) -> None:
        state = {name: self.tensor(prefix + name) for name in module.state_dict()}
        module.load_state_dict(state, strict=True, assign=True)


def _groups(prompts: Sequence[Sequence[int]], rows: int) -> Iterator[list[list[int]]]:
    """Neighbours of one length, as many as have `rows` positions together, at least one."""
    for length, alike in groupby(map(list, prompts), key=len):
        group = list(alike)
        step = max(1, rows // length)
        for start in range(0, len(group), step):
            yield group[start : start + step]
