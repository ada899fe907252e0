"""What an export carries, and how each tensor of it is stored."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest

from shipworthy.checkpoint import blocks, open_checkpoint
from shipworthy.pipeline.export import export_gguf
from small_checkpoints import CONFIGS, ROWS, random_weights, save_small
from tokenizer_cases import small_spec

EXPORTED = [("llama", "f32"), ("llama-untied", "f16"), ("qwen2", "bf16"), ("qwen2", "q8_0")]


@pytest.mark.parametrize(("name", "dtype"), EXPORTED)
def test_reading_it_back_gives_the_checkpoint(name: str, dtype: str, tmp_path: Path) -> None:
    source, out = save_small(tmp_path / "a.apr", CONFIGS[name]), tmp_path / "a.gguf"
    report = export_gguf(source, out, dtype)
    largest_error = {"f32": 0.0, "f16": 2e-4, "bf16": 2e-3, "q8_0": 2e-3}[dtype]
    with open_checkpoint(source) as before, open_checkpoint(out) as after:
        after.verify()
        assert after.config() == before.config()
        assert after.digest() == report.sha256
        assert after.tokenizer() == before.tokenizer()
        assert set(after.tensors) == set(before.tensors)
        for tensor in before.tensors:
            assert np.abs(after.read(tensor) - before.read(tensor)).max() <= largest_error


def test_every_key_that_llama_cpp_asks_for(tmp_path: Path) -> None:
    metadata = {
        "shipworthy.run_id": "ab" * 32,
        "shipworthy.producer": {"name": "shipworthy", "version": "0.1.0", "steps": 3},
        "data_source": "somewhere",
    }
    out = tmp_path / "a.gguf"
    export_gguf(save_small(tmp_path / "a.apr", CONFIGS["llama-untied"], metadata=metadata), out)
    with open_checkpoint(out) as checkpoint:
        found = dict(checkpoint.native_metadata)
    bulky = {key: len(found.pop(f"tokenizer.ggml.{key}")) for key in ("tokens", "token_type", "merges")}
    assert bulky == {"tokens": ROWS, "token_type": ROWS, "merges": len(small_spec().merges)}
    assert json.loads(found.pop("shipworthy.apr_metadata")) == {
        "model_type": "llama",
        "param_count": CONFIGS["llama-untied"].param_count(),
        "hf_architecture": "LlamaForCausalLM",
        "hf_model_type": "llama",
        "rope_type": 0,
        **metadata,
    }
    assert found == {
        "general.architecture": "llama",
        "general.type": "model",
        "general.name": "small",
        "general.license": "apache-2.0",
        "general.file_type": 0,
        "general.quantization_version": 2,
        "llama.context_length": 128,
        "llama.embedding_length": 64,
        "llama.block_count": 2,
        "llama.feed_forward_length": 96,
        "llama.attention.head_count": 4,
        "llama.attention.head_count_kv": 4,
        "llama.attention.key_length": 32,
        "llama.attention.value_length": 32,
        "llama.attention.layer_norm_rms_epsilon": pytest.approx(1e-6),
        "llama.rope.dimension_count": 32,
        "llama.rope.freq_base": 5e5,
        "llama.vocab_size": ROWS,
        "shipworthy.run_id": "ab" * 32,
        "shipworthy.producer.name": "shipworthy",
        "shipworthy.producer.version": "0.1.0",
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "smollm",
        "tokenizer.ggml.bos_token_id": 1,
        "tokenizer.ggml.eos_token_id": 2,
        "tokenizer.ggml.unknown_token_id": 0,
        "tokenizer.ggml.padding_token_id": 2,
        "tokenizer.ggml.add_bos_token": False,
        "tokenizer.chat_template": "{{ messages }}",
    }


@pytest.mark.parametrize("dtype", ["f32", "f16", "bf16", "q8_0"])
def test_norms_and_biases_are_f32_in_every_file(dtype: str, tmp_path: Path) -> None:
    report = export_gguf(save_small(tmp_path / "a.apr", CONFIGS["qwen2"]), tmp_path / "a.gguf", dtype)
    for name, kind in report.tensor_types.items():
        assert kind == ("F32" if "norm" in name or name.endswith(".bias") else dtype.upper())
    assert report.fallbacks == ()
    assert sum(report.counts().values()) == len(report.tensor_types)


def test_tied_embeddings_are_written_once(tmp_path: Path) -> None:
    tied = export_gguf(save_small(tmp_path / "a.apr", CONFIGS["llama"]), tmp_path / "a.gguf")
    untied = export_gguf(save_small(tmp_path / "b.apr", CONFIGS["llama-untied"]), tmp_path / "b.gguf")
    assert "output.weight" not in tied.tensor_types
    assert "output.weight" in untied.tensor_types


def test_the_same_checkpoint_gives_the_same_bytes(tmp_path: Path) -> None:
    source = save_small(tmp_path / "a.apr", CONFIGS["qwen2"])
    one = export_gguf(source, tmp_path / "one.gguf", "q8_0")
    two = export_gguf(source, tmp_path / "two.gguf", "q8_0")
    assert one.sha256 == two.sha256
    assert (tmp_path / "one.gguf").read_bytes() == (tmp_path / "two.gguf").read_bytes()


def test_rotary_rows_are_interleaved_for_llama_and_left_for_qwen2(tmp_path: Path) -> None:
    for name in ("llama", "qwen2"):
        config = CONFIGS[name]
        weights = random_weights(config)
        out = tmp_path / f"{name}.gguf"
        export_gguf(save_small(tmp_path / f"{name}.apr", config, weights=weights), out)
        stored = {tensor.name: tensor.data for tensor in gguf.GGUFReader(out).tensors}
        ours = weights["model.layers.1.self_attn.k_proj.weight"]
        half = config.head_dim // 2
        first_rows = ours[[0, half, 1]] if name == "llama" else ours[[0, 1, 2]]
        assert np.array_equal(stored["blk.1.attn_k.weight"][:3], first_rows)
        assert np.array_equal(
            stored["blk.1.attn_v.weight"], weights["model.layers.1.self_attn.v_proj.weight"]
        )


def test_rotary_rows_are_in_order_where_a_head_does_not_fit_what_is_read_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A llama of 3,072 columns was read 341 rows at a time, two heads of 128 and a part of a third."""
    source = save_small(tmp_path / "a.apr", CONFIGS["llama"])
    export_gguf(source, tmp_path / "whole.gguf")
    monkeypatch.setattr(blocks, "BLOCK", 22 * 64 * 4)  # 22 rows: a head of 16 and 6 of the next
    export_gguf(source, tmp_path / "parts.gguf")
    assert (tmp_path / "parts.gguf").read_bytes() == (tmp_path / "whole.gguf").read_bytes()


def test_rows_of_no_whole_block_fall_back_and_are_reported(tmp_path: Path) -> None:
    from dataclasses import replace

    config = replace(CONFIGS["llama"], intermediate_size=100)
    report = export_gguf(save_small(tmp_path / "a.apr", config), tmp_path / "a.gguf", "q8_0")
    assert [(one.tensor, one.asked, one.stored) for one in report.fallbacks] == [
        (f"model.layers.{layer}.mlp.down_proj.weight", "q8_0", "f16") for layer in range(2)
    ]
    assert "100" in report.fallbacks[0].reason
    assert report.tensor_types["blk.0.ffn_down.weight"] == "F16"


def test_what_f16_cannot_hold_stays_f32_and_is_reported(tmp_path: Path) -> None:
    weights = random_weights(CONFIGS["llama"])
    weights["model.layers.0.mlp.up_proj.weight"][3, 4] = 1e5
    source = save_small(tmp_path / "a.apr", CONFIGS["llama"], weights=weights)
    report = export_gguf(source, tmp_path / "a.gguf", "f16")
    assert [(one.tensor, one.stored) for one in report.fallbacks] == [
        ("model.layers.0.mlp.up_proj.weight", "f32")
    ]
    with open_checkpoint(tmp_path / "a.gguf") as after:
        assert after.read("model.layers.0.mlp.up_proj.weight")[3, 4] == np.float32(1e5)


@pytest.mark.parametrize(("dtype", "value"), [("q8_0", 1e7), ("bf16", 3.4e38), ("f16", 1e5)])
def test_no_finite_value_becomes_infinite(dtype: str, value: float, tmp_path: Path) -> None:
    name = "model.layers.0.mlp.up_proj.weight"
    weights = random_weights(CONFIGS["llama"])
    weights[name][3] = value
    source = save_small(tmp_path / "a.apr", CONFIGS["llama"], weights=weights)
    report = export_gguf(source, tmp_path / "a.gguf", dtype)
    assert [(one.tensor, one.asked, one.stored) for one in report.fallbacks] == [(name, dtype, "f32")]
    with open_checkpoint(tmp_path / "a.gguf") as after:
        assert np.array_equal(after.read(name), weights[name])


def test_values_whose_scale_has_no_reciprocal_are_quantized_without_a_word(tmp_path: Path) -> None:
    name = "model.layers.0.mlp.up_proj.weight"
    weights = random_weights(CONFIGS["llama"])
    weights[name][3] = 1e-44
    source = save_small(tmp_path / "a.apr", CONFIGS["llama"], weights=weights)
    assert export_gguf(source, tmp_path / "a.gguf", "q8_0").fallbacks == ()
    with open_checkpoint(tmp_path / "a.gguf") as after:
        assert not after.read(name)[3].any()


@pytest.mark.parametrize("dtype", ["f32", "f16", "bf16"])
def test_a_nan_is_carried_not_hidden(dtype: str, tmp_path: Path) -> None:
    weights = random_weights(CONFIGS["llama"])
    weights["model.layers.0.mlp.up_proj.weight"][3, 4] = np.nan
    source = save_small(tmp_path / "a.apr", CONFIGS["llama"], weights=weights)
    export_gguf(source, tmp_path / "a.gguf", dtype)
    with open_checkpoint(tmp_path / "a.gguf") as after:
        values = after.read("model.layers.0.mlp.up_proj.weight")
    assert np.isnan(values[3, 4])
    assert np.isnan(values).sum() == 1


def test_a_normalizer_that_llama_cpp_has_not_is_noted(tmp_path: Path) -> None:
    from dataclasses import replace

    spec = small_spec("qwen2")
    nfc: dict[str, Any] = {**spec.components, "normalizer": {"type": "NFC"}}
    source = save_small(tmp_path / "a.apr", CONFIGS["qwen2"], tokenizer=replace(spec, components=nfc))
    report = export_gguf(source, tmp_path / "a.gguf")
    assert len(report.notes) == 1
    assert "NFC" in report.notes[0]
