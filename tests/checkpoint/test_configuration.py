"""A configuration is what the metadata states: nothing is guessed, and what is missing is named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shipworthy.architecture import ArchitectureConfig
from shipworthy.checkpoint import open_checkpoint
from shipworthy.errors import FileError

FIELDS = (
    *("architecture", "hidden_size", "num_layers", "num_heads", "intermediate_size", "num_kv_heads"),
    *("vocab_size", "max_position_embeddings", "rope_theta", "rms_norm_eps"),
)


@pytest.fixture
def refuse(weights: dict[str, np.ndarray], config: ArchitectureConfig, save: Callable[..., Path]) -> Any:
    """The refusal of the configuration whose metadata was changed so; None takes a field out."""

    def attempt(**changes: Any) -> FileError:
        with open_checkpoint(save(weights, {**config.to_metadata(), **changes})) as checkpoint:
            with pytest.raises(FileError) as refusal:
                checkpoint.config()
            return refusal.value

    return attempt


@pytest.mark.parametrize("field", FIELDS)
def test_a_missing_field_is_named(field: str, refuse: Any) -> None:
    error = refuse(**{field: None})
    assert error.code == "metadata-missing"
    assert repr(field) in error.message


def test_of_several_missing_fields_the_first_is_named(refuse: Any) -> None:
    assert "'hidden_size'" in refuse(hidden_size=None, num_layers=None, rope_theta=None).message


def test_aliases_are_resolved(
    weights: dict[str, np.ndarray], config: ArchitectureConfig, save: Callable[..., Path]
) -> None:
    metadata = config.to_metadata()
    metadata["n_embd"] = metadata.pop("hidden_size")
    metadata["n_ctx"] = metadata.pop("max_position_embeddings")
    metadata["architecture"] = "LlamaForCausalLM"
    with open_checkpoint(save(weights, metadata)) as checkpoint:
        assert checkpoint.config() == config
        assert checkpoint.metadata == metadata


def test_two_aliases_of_one_field_are_an_error_of_their_own(refuse: Any) -> None:
    error = refuse(n_embd=16)
    assert error.code == "metadata-alias-conflict"
    assert "hidden_size" in error.message


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"architecture": "mamba"}, "unknown-architecture"),
        ({"architecture": 7}, "unknown-architecture"),
        ({"hidden_size": "16"}, "metadata-type"),
        ({"num_layers": 2.5}, "metadata-type"),
        ({"num_heads": True}, "metadata-type"),
        ({"num_layers": 10**12}, "metadata-implausible"),
        ({"num_heads": 0}, "metadata-implausible"),
        ({"num_kv_heads": 3}, "metadata-implausible"),
        ({"rope_theta": "1e4"}, "metadata-implausible"),
        ({"rms_norm_eps": 1.0}, "metadata-implausible"),
        ({"head_dim": None, "hidden_size": 18}, "metadata-implausible"),
    ],
)
def test_what_cannot_be_a_configuration_is_refused(changes: dict[str, Any], code: str, refuse: Any) -> None:
    assert refuse(**changes).code == code


def test_an_absent_head_dim_is_hidden_over_heads(
    weights: dict[str, np.ndarray], config: ArchitectureConfig, save: Callable[..., Path]
) -> None:
    metadata = {key: value for key, value in config.to_metadata().items() if key != "head_dim"}
    with open_checkpoint(save(weights, metadata)) as checkpoint:
        assert checkpoint.config() == config


def test_tying_and_biases_are_read_off_the_tensors(
    weights: dict[str, np.ndarray], config: ArchitectureConfig, save: Callable[..., Path]
) -> None:
    bias = {"model.layers.0.self_attn.q_proj.bias": np.zeros(16, np.float32)}
    head = {"lm_head.weight": np.zeros((32, 16), np.float32)}
    with open_checkpoint(save({**weights, **bias, **head}, config.to_metadata())) as checkpoint:
        assert checkpoint.config().attention_bias
        assert not checkpoint.config().tied_embeddings


def test_a_qwen3_states_its_head_size(refuse: Any) -> None:
    error = refuse(architecture="qwen3", head_dim=None)
    assert error.code == "metadata-missing"
    assert "'head_dim'" in error.message
