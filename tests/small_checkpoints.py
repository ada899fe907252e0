"""Random checkpoints of every family, small enough to compute in milliseconds, with a real tokenizer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from shipworthy.architecture import ArchitectureConfig
from shipworthy.checkpoint import TensorSource, TokenizerSpec, write_apr
from tokenizer_cases import small_spec

ROWS = 720
"""Embedding rows; the small tokenizer has fewer tokens, so that exports must pad."""

CONFIGS = {
    "llama": ArchitectureConfig("llama", 64, 2, 4, 2, 16, 96, ROWS, 128, 1e4, 1e-5, True, False),
    "llama-untied": ArchitectureConfig("llama", 64, 2, 4, 4, 32, 96, ROWS, 128, 5e5, 1e-6, False, False),
    "qwen2": ArchitectureConfig("qwen2", 64, 2, 4, 1, 16, 96, ROWS, 128, 1e6, 1e-6, True, True),
    "qwen2-untied": ArchitectureConfig("qwen2", 64, 2, 4, 4, 16, 96, ROWS, 128, 1e6, 1e-6, False, True),
    "qwen3": ArchitectureConfig("qwen3", 64, 2, 4, 2, 32, 96, ROWS, 128, 1e6, 1e-6, True, False, True),
    "qwen3-untied": ArchitectureConfig(
        "qwen3", 64, 2, 4, 1, 16, 96, ROWS, 128, 1e6, 1e-6, False, False, True
    ),
}


def random_weights(config: ArchitectureConfig, seed: int = 0) -> dict[str, np.ndarray]:
    """Standard deviation 0.05, norms around 1, biases too, so that no part can be left out unseen."""
    draws = np.random.default_rng(seed)
    return {
        name: (0.05 * draws.standard_normal(shape) + ("norm" in name)).astype(np.float32)
        for name, shape in config.tensor_shapes().items()
    }


def save_small(
    path: Path,
    config: ArchitectureConfig,
    *,
    weights: Mapping[str, np.ndarray] | None = None,
    metadata: Mapping[str, Any] | None = None,
    tokenizer: TokenizerSpec | str | None = "smollm",
) -> Path:
    """An `.apr`; None as a value in `metadata` removes a field; `tokenizer` is a spec, a pre id or None."""
    stated = {**config.to_metadata(), "name": "small", "license": "apache-2.0", **(metadata or {})}
    arrays = random_weights(config) if weights is None else weights
    write_apr(
        path,
        metadata={key: value for key, value in stated.items() if value is not None},
        tensors={
            name: TensorSource("F32", array.shape, lambda array=array: array)  # type: ignore[misc]
            for name, array in arrays.items()
        },
        tokenizer=small_spec(tokenizer) if isinstance(tokenizer, str) else tokenizer,
    )
    return path
