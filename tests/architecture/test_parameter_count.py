"""Parameter counts follow from the constants alone, and match what was counted elsewhere."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shipworthy.architecture import ArchitectureConfig
from shipworthy.contract import Catalogue

MODEL_2 = ArchitectureConfig(
    architecture="llama",
    hidden_size=1024,
    num_layers=24,
    num_heads=16,
    num_kv_heads=4,
    head_dim=64,
    intermediate_size=2816,
    vocab_size=50257,
    max_position_embeddings=4096,
    rope_theta=1e4,
    rms_norm_eps=1e-5,
    tied_embeddings=False,
    attention_bias=False,
)


def test_model_2_untied_is_inside_its_band_in_219_tensors(catalogue: Catalogue) -> None:
    band = catalogue.registrations["model-2"].parameters
    assert MODEL_2.param_count() == 373_509_120
    assert len(MODEL_2.tensor_shapes()) == 219
    assert band["low"] <= MODEL_2.param_count() <= band["high"]


def test_model_2_tied_is_outside_its_band(catalogue: Catalogue) -> None:
    tied = replace(MODEL_2, tied_embeddings=True)
    assert tied.param_count() == 322_045_952
    assert len(tied.tensor_shapes()) == 218
    assert tied.param_count() < catalogue.registrations["model-2"].parameters["low"]


@pytest.mark.parametrize(
    ("name", "count", "tensors"),
    [
        ("smollm2-135m", 134_515_008, 272),
        ("model-2", 373_509_120, 219),
        ("fixture-llama", 138_048, 20),
        ("fixture-qwen2", 205_376, 27),
    ],
)
def test_the_registered_constants_give_a_count_in_the_registered_band(
    catalogue: Catalogue, name: str, count: int, tensors: int
) -> None:
    registration = catalogue.registrations[name]
    config = ArchitectureConfig(**registration.constants)
    assert config.param_count() == count
    assert len(config.tensor_shapes()) == tensors
    assert registration.parameters["low"] <= count <= registration.parameters["high"]


def test_biases_and_an_output_head_are_tensors_of_their_own() -> None:
    biased = replace(MODEL_2, architecture="qwen2", attention_bias=True)
    added = biased.tensor_shapes().keys() - MODEL_2.tensor_shapes().keys()
    assert len(added) == 3 * 24
    assert {name.rsplit(".", 1)[1] for name in added} == {"bias"}
    assert biased.param_count() - MODEL_2.param_count() == 24 * (1024 + 2 * 256)


def test_metadata_states_the_constants_and_the_count() -> None:
    metadata = MODEL_2.to_metadata()
    assert metadata["architecture"] == "llama"
    assert metadata["hf_architecture"] == "LlamaForCausalLM"
    assert metadata["param_count"] == 373_509_120
    of_tensors = ("tied_embeddings", "attention_bias", "qk_norm")
    stated = {k: v for k, v in vars(MODEL_2).items() if k not in of_tensors}
    assert stated.items() <= metadata.items()
