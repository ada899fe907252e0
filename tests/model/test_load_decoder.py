"""Weights are loaded whole, or refused by name: nothing starts from random weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from shipworthy.architecture import ArchitectureConfig
from shipworthy.checkpoint import TensorSource, open_checkpoint, write_apr
from shipworthy.errors import FileError
from shipworthy.model import Decoder, load_decoder

CPU = torch.device("cpu")


def write(path: Path, config: ArchitectureConfig, arrays: dict[str, np.ndarray]) -> Path:
    tensors = {name: TensorSource("F32", array.shape, array.copy) for name, array in arrays.items()}
    write_apr(path, metadata=config.to_metadata(), tensors=tensors, tokenizer=None)
    return path


def arrays_of(decoder: Decoder) -> dict[str, np.ndarray]:
    return {name: tensor.numpy() for name, tensor in decoder.state_dict().items()}


def test_every_tensor_is_loaded_exactly(decoder: Decoder, config: ArchitectureConfig, tmp_path: Path) -> None:
    with open_checkpoint(write(tmp_path / "m.apr", config, arrays_of(decoder))) as checkpoint:
        loaded = load_decoder(checkpoint, device=CPU)
    assert loaded.config == config
    assert all(
        torch.equal(tensor, loaded.state_dict()[name]) for name, tensor in decoder.state_dict().items()
    )
    assert all(parameter.requires_grad and not parameter.is_meta for parameter in loaded.parameters())


def test_loaded_weights_outlive_the_file(
    decoder: Decoder, config: ArchitectureConfig, tmp_path: Path
) -> None:
    path = write(tmp_path / "m.apr", config, arrays_of(decoder))
    with open_checkpoint(path) as checkpoint:
        loaded = load_decoder(checkpoint, device=CPU)
    path.unlink()
    with torch.no_grad():
        loaded.model.norm.weight.add_(1)
    assert torch.equal(loaded.model.norm.weight, decoder.model.norm.weight + 1)


def test_dtype_is_converted(decoder: Decoder, config: ArchitectureConfig, tmp_path: Path) -> None:
    with open_checkpoint(write(tmp_path / "m.apr", config, arrays_of(decoder))) as checkpoint:
        loaded = load_decoder(checkpoint, device=CPU, dtype=torch.bfloat16)
    assert {parameter.dtype for parameter in loaded.parameters()} == {torch.bfloat16}


def refusal(path: Path) -> FileError:
    with open_checkpoint(path) as checkpoint, pytest.raises(FileError) as caught:
        load_decoder(checkpoint, device=CPU)
    return caught.value


def test_a_missing_tensor_is_named(decoder: Decoder, config: ArchitectureConfig, tmp_path: Path) -> None:
    arrays = arrays_of(decoder)
    del arrays["model.layers.1.mlp.up_proj.weight"]
    error = refusal(write(tmp_path / "m.apr", config, arrays))
    assert error.code == "tensor-missing"
    assert "model.layers.1.mlp.up_proj.weight" in error.message


def test_an_unexpected_tensor_is_named(decoder: Decoder, config: ArchitectureConfig, tmp_path: Path) -> None:
    arrays = {**arrays_of(decoder), "model.layers.0.self_attn.extra.weight": np.zeros((2, 2), np.float32)}
    error = refusal(write(tmp_path / "m.apr", config, arrays))
    assert error.code == "tensor-unexpected"
    assert "model.layers.0.self_attn.extra.weight" in error.message


def test_a_wrong_shape_is_named(decoder: Decoder, config: ArchitectureConfig, tmp_path: Path) -> None:
    arrays = arrays_of(decoder)
    arrays["model.norm.weight"] = arrays["model.norm.weight"][:-1]
    error = refusal(write(tmp_path / "m.apr", config, arrays))
    assert error.code == "tensor-shape"
    assert "model.norm.weight" in error.message


@pytest.mark.parametrize("label", ["llama", "qwen2"])
def test_a_qwen3_checkpoint_of_another_label_is_refused(
    label: str, make_decoder: Callable[[ArchitectureConfig], Decoder], tmp_path: Path
) -> None:
    config = ArchitectureConfig("qwen3", 64, 2, 4, 2, 32, 96, 131, 64, 1e6, 1e-6, True, False, True)
    path = write(tmp_path / "m.apr", replace(config, architecture=label), arrays_of(make_decoder(config)))
    error = refusal(path)
    assert error.code == "architecture-disagrees"
    assert repr(label) in error.message


def test_a_qwen2_checkpoint_labelled_llama_is_refused(
    make_decoder: Callable[[ArchitectureConfig], Decoder], tmp_path: Path
) -> None:
    config = ArchitectureConfig("qwen2", 64, 2, 4, 2, 16, 96, 131, 64, 1e6, 1e-6, True, True)
    arrays = arrays_of(make_decoder(config))
    path = write(tmp_path / "m.apr", replace(config, architecture="llama"), arrays)
    error = refusal(path)
    assert error.code == "architecture-disagrees"
    assert "'llama'" in error.message
