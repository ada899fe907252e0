"""The GGUF reader reads what the format's own package reads, and hands it out in our terms."""

from __future__ import annotations

import time
from pathlib import Path

import gguf
import numpy as np
import pytest
from gguf import GGMLQuantizationType, GGUFReader, GGUFWriter
from gguf.quants import dequantize, quantize

from shipworthy.architecture import ArchitectureConfig
from shipworthy.checkpoint import Checkpoint, open_checkpoint
from shipworthy.checkpoint.file_bytes import FileBytes
from shipworthy.checkpoint.gguf_header import read_gguf_header
from shipworthy.checkpoint.rotary import to_interleaved
from shipworthy.errors import FileError


def write_gguf(
    path: Path,
    config: ArchitectureConfig,
    weights: dict[str, np.ndarray],
    *,
    architecture: str = "llama",
    label: str | None = None,
    permute: bool = True,
    heads: bool = True,
) -> Path:
    """A GGUF as llama.cpp's converter would write it, through the `gguf` package."""
    writer = GGUFWriter(path, label or architecture)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_layers)
    if heads:
        writer.add_head_count(config.num_heads)
        writer.add_head_count_kv(config.num_kv_heads)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_rope_freq_base(config.rope_theta)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, config.num_layers)
    for name, array in weights.items():
        stored = array
        if permute and "q_proj" in name:
            stored = to_interleaved(array, config.num_heads)
        if permute and "k_proj" in name:
            stored = to_interleaved(array, config.num_kv_heads)
        writer.add_tensor(names.get_name(name, try_suffixes=(".weight", ".bias")), stored)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def with_biases(config: ArchitectureConfig, weights: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    numbers = np.random.default_rng(8)
    biases = {
        name.replace("weight", "bias"): numbers.standard_normal(array.shape[0], dtype=np.float32)
        for name, array in weights.items()
        if name.split(".")[-2] in ("q_proj", "k_proj", "v_proj")
    }
    return {**weights, **biases}


def test_llama_rows_come_back_in_halves_biases_included(
    config: ArchitectureConfig, weights: dict[str, np.ndarray], tmp_path: Path
) -> None:
    given = with_biases(config, weights)
    with open_checkpoint(write_gguf(tmp_path / "m.gguf", config, given)) as checkpoint:
        assert set(checkpoint.tensors) == set(given)
        for name, array in given.items():
            assert np.array_equal(checkpoint.read(name), array), name


def test_qwen2_rows_are_left_as_they_are(
    config: ArchitectureConfig, weights: dict[str, np.ndarray], tmp_path: Path
) -> None:
    given = with_biases(config, weights)
    path = write_gguf(tmp_path / "m.gguf", config, given, architecture="qwen2", permute=False)
    with open_checkpoint(path) as checkpoint:
        assert checkpoint.config().architecture == "qwen2"
        assert checkpoint.config().attention_bias
        for name, array in given.items():
            assert np.array_equal(checkpoint.read(name), array), name


def test_a_label_of_hugging_face_is_stated_as_it_is_and_still_understood(
    config: ArchitectureConfig, weights: dict[str, np.ndarray], tmp_path: Path
) -> None:
    path = write_gguf(tmp_path / "m.gguf", config, weights, label="LlamaForCausalLM")
    with open_checkpoint(path) as checkpoint:
        assert checkpoint.metadata["architecture"] == "LlamaForCausalLM"
        assert checkpoint.config().architecture == "llama"
        name = "model.layers.1.self_attn.k_proj.weight"
        assert np.array_equal(checkpoint.read(name), weights[name])


def test_an_architecture_that_nobody_knows_opens_and_has_no_config(
    config: ArchitectureConfig, weights: dict[str, np.ndarray], tmp_path: Path
) -> None:
    path = write_gguf(tmp_path / "m.gguf", config, weights, label="novel")
    with open_checkpoint(path) as checkpoint:
        assert set(checkpoint.tensors) == set(weights)
        with pytest.raises(FileError, match="novel") as refusal:
            checkpoint.config()
        assert refusal.value.code == "unknown-architecture"


def test_rows_cannot_be_ordered_without_a_number_of_heads(
    config: ArchitectureConfig, weights: dict[str, np.ndarray], tmp_path: Path
) -> None:
    path = write_gguf(tmp_path / "m.gguf", config, weights, heads=False)
    with open_checkpoint(path) as checkpoint:
        assert "num_heads" not in checkpoint.metadata
        with pytest.raises(FileError) as refusal:
            checkpoint.read("model.layers.0.self_attn.q_proj.weight")
        assert refusal.value.code == "rotary-heads"


def test_tensors_without_a_counterpart_keep_their_names(
    config: ArchitectureConfig, weights: dict[str, np.ndarray], tmp_path: Path
) -> None:
    path = tmp_path / "m.gguf"
    writer = GGUFWriter(path, "llama")
    writer.add_tensor("rope_freqs.weight", np.ones(2, np.float32))
    writer.add_tensor("blk.12.attn_norm.weight", np.ones(4, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    with open_checkpoint(path) as checkpoint:
        assert list(checkpoint.tensors) == ["rope_freqs.weight", "model.layers.12.input_layernorm.weight"]


def test_every_value_type_is_read(tmp_path: Path) -> None:
    path = tmp_path / "types.gguf"
    writer = GGUFWriter(path, "llama")
    stated = {
        "u8": 255, "i8": -128, "u16": 65535, "i16": -32768, "u32": 2**32 - 1, "i32": -(2**31),
        "u64": 2**64 - 1, "i64": -(2**63), "b": True, "s": "grüße 🚢", "f64": 0.1, "f32": 0.1,
        "ints": [1, -2, 3], "strings": ["a", "", "ß"], "floats": [0.5, 1.5], "bools": [True, False],
    }  # fmt: skip
    writer.add_uint8("u8", 255)
    writer.add_int8("i8", -128)
    writer.add_uint16("u16", 65535)
    writer.add_int16("i16", -32768)
    writer.add_uint32("u32", 2**32 - 1)
    writer.add_int32("i32", -(2**31))
    writer.add_uint64("u64", 2**64 - 1)
    writer.add_int64("i64", -(2**63))
    writer.add_bool("b", True)
    writer.add_string("s", "grüße 🚢")
    writer.add_float64("f64", 0.1)
    writer.add_float32("f32", 0.1)
    for key in ("ints", "strings", "floats", "bools"):
        writer.add_array(key, stated[key])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    with open_checkpoint(path) as checkpoint:
        read = dict(checkpoint.native_metadata)
    assert read.pop("general.architecture") == "llama"
    assert read == stated
    assert [type(value) for value in read.values()] == [type(stated[key]) for key in read]


@pytest.mark.slow
def test_the_base_model_reads_as_with_ggufs_own_reader(
    base_model: Path, opened_base_model: Checkpoint
) -> None:
    theirs = GGUFReader(base_model)
    ours = read_gguf_header(FileBytes(base_model))
    fields = {key: field.contents() for key, field in theirs.fields.items() if not key.startswith("GGUF.")}
    assert list(ours.fields) == list(fields)
    for key, value in fields.items():
        if isinstance(value, float):
            assert np.float32(ours.fields[key]) == np.float32(value), key
        else:
            assert ours.fields[key] == value, key
    assert ours.fields["llama.attention.layer_norm_rms_epsilon"] == 1e-5
    assert list(ours.tensors) == [tensor.name for tensor in theirs.tensors]
    renamed = dict(zip(ours.tensors, opened_base_model.tensors, strict=True))
    for tensor in theirs.tensors:
        entry = ours.tensors[tensor.name]
        assert entry.shape == tuple(int(size) for size in reversed(tensor.shape))
        assert (entry.dtype, entry.nbytes) == (tensor.tensor_type.name, tensor.n_bytes)
        assert entry.offset == tensor.data_offset
    assert set(opened_base_model.tensors) == set(opened_base_model.config().tensor_shapes())
    first_and_last_layers = [
        tensor for tensor in theirs.tensors if "blk.0." in tensor.name or "blk.29." in tensor.name
    ]
    for tensor in [*first_and_last_layers, theirs.tensors[0], theirs.tensors[-1]]:
        entry = ours.tensors[tensor.name]
        values = dequantize(tensor.data, tensor.tensor_type).reshape(entry.shape)
        read = opened_base_model.read(renamed[tensor.name])
        for part, heads in (("attn_q", 9), ("attn_k", 3)):
            if part in tensor.name:
                read = to_interleaved(read, heads)
        assert np.array_equal(read, values), tensor.name


def test_the_base_models_header_is_read_in_well_under_a_second(base_model: Path) -> None:
    open_checkpoint(base_model).close()
    start = time.perf_counter()
    open_checkpoint(base_model).close()
    assert time.perf_counter() - start < 0.5


def test_quantized_rows_are_ordered_after_they_are_decoded(
    config: ArchitectureConfig, tmp_path: Path
) -> None:
    values = np.random.default_rng(4).standard_normal((16, 32), dtype=np.float32)
    path = tmp_path / "m.gguf"
    writer = GGUFWriter(path, "llama")
    writer.add_head_count(4)
    stored = quantize(to_interleaved(values, 4), GGMLQuantizationType.Q8_0)
    writer.add_tensor("blk.0.attn_q.weight", stored, raw_dtype=GGMLQuantizationType.Q8_0)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    expected = dequantize(quantize(values, GGMLQuantizationType.Q8_0), GGMLQuantizationType.Q8_0)
    with open_checkpoint(path) as checkpoint:
        assert np.array_equal(checkpoint.read("model.layers.0.self_attn.q_proj.weight"), expected)
