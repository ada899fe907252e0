"""Small checkpoints of each format, and the real base model."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from shipworthy.architecture import ArchitectureConfig
from shipworthy.checkpoint import Checkpoint, TensorSource, open_checkpoint, write_apr
from shipworthy.pipeline.base_model import base_model_path

CONFIG = ArchitectureConfig(
    architecture="llama",
    hidden_size=16,
    num_layers=2,
    num_heads=4,
    num_kv_heads=2,
    head_dim=4,
    intermediate_size=24,
    vocab_size=32,
    max_position_embeddings=64,
    rope_theta=10_000.0,
    rms_norm_eps=1e-5,
    tied_embeddings=True,
    attention_bias=False,
)


@pytest.fixture
def config() -> ArchitectureConfig:
    return CONFIG


@pytest.fixture
def weights(config: ArchitectureConfig) -> dict[str, np.ndarray]:
    """Random float32 values for every tensor of `config`."""
    numbers = np.random.default_rng(7)
    return {
        name: numbers.standard_normal(shape, dtype=np.float32)
        for name, shape in config.tensor_shapes().items()
    }


@pytest.fixture
def save(tmp_path: Path) -> Callable[..., Path]:
    """Write arrays and metadata as an `.apr` of a name and dtype."""

    def write(
        arrays: dict[str, np.ndarray],
        metadata: dict[str, Any],
        *,
        name: str = "model.apr",
        dtype: str = "F32",
    ) -> Path:
        path = tmp_path / name
        sources = {
            key: TensorSource(dtype, array.shape, lambda array=array: array) for key, array in arrays.items()
        }
        write_apr(path, metadata=metadata, tensors=sources, tokenizer=None)
        return path

    return write


@pytest.fixture
def hf_directory(tmp_path: Path, weights: dict[str, np.ndarray]) -> Path:
    """A directory as transformers 5 writes it, of `config` and `weights`."""
    root = tmp_path / "hf"
    root.mkdir()
    stated = {
        "architectures": ["LlamaForCausalLM"],
        "attention_bias": False,
        "dtype": "float32",
        "head_dim": 4,
        "hidden_act": "silu",
        "hidden_size": 16,
        "intermediate_size": 24,
        "max_position_embeddings": 64,
        "model_type": "llama",
        "num_attention_heads": 4,
        "num_hidden_layers": 2,
        "num_key_value_heads": 2,
        "rms_norm_eps": 1e-5,
        "rope_parameters": {"rope_theta": 10_000.0, "rope_type": "default"},
        "tie_word_embeddings": True,
        "vocab_size": 32,
    }
    (root / "config.json").write_text(json.dumps(stated))
    save_file(weights, root / "model.safetensors")
    return root


@pytest.fixture(scope="session")
def base_model() -> Path:
    """SmolLM2-135M-Instruct as its package brings it."""
    return base_model_path()


@pytest.fixture(scope="session")
def opened_base_model(base_model: Path) -> Checkpoint:
    return open_checkpoint(base_model)
