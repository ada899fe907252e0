"""The keys of an exported GGUF: what llama.cpp needs to load it, and where the file came from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gguf

from ..architecture import ArchitectureConfig

_GENERAL = {
    "name": "general.name",
    "description": "general.description",
    "author": "general.author",
    "version": "general.version",
    "license": "general.license",
    "source": "general.source.url",
}
_OWN_PREFIX = "shipworthy."
_NOT_CARRIED = ("shipworthy.tokenizer",)


def write_fields(
    writer: gguf.GGUFWriter,
    config: ArchitectureConfig,
    metadata: Mapping[str, Any],
    tokenizer: Mapping[str, Any],
) -> None:
    """Write every key: constants, general information that the checkpoint states, provenance, tokenizer.

    `shipworthy.*` text of the checkpoint is carried as it is, a mapping as one key per entry.
    """
    for key, value in {**_stated(metadata), **provenance(metadata)}.items():
        writer.add_string(key, value)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_heads)
    writer.add_head_count_kv(config.num_kv_heads)
    if config.qk_norm or config.head_dim * config.num_heads != config.hidden_size:
        writer.add_key_length(config.head_dim)
        writer.add_value_length(config.head_dim)
    writer.add_rope_dimension_count(config.head_dim)
    writer.add_rope_freq_base(config.rope_theta)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_vocab_size(config.vocab_size)
    for key, value in tokenizer.items():
        _write(writer, key, value)


def provenance(metadata: Mapping[str, Any]) -> dict[str, str]:
    """The text among a checkpoint's own `shipworthy.*` keys, a mapping as `key.entry`."""
    found: dict[str, str] = {}
    for key, value in metadata.items():
        if not key.startswith(_OWN_PREFIX) or key in _NOT_CARRIED:
            continue
        entries = (
            {f"{key}.{name}": one for name, one in value.items()}
            if isinstance(value, Mapping)
            else {key: value}
        )
        found |= {name: one for name, one in entries.items() if isinstance(one, str)}
    return found


def _stated(metadata: Mapping[str, Any]) -> dict[str, str]:
    return {
        key: metadata[name]
        for name, key in _GENERAL.items()
        if isinstance(metadata.get(name), str) and metadata[name]
    }


def _write(writer: gguf.GGUFWriter, key: str, value: Any) -> None:
    if isinstance(value, bool):
        writer.add_bool(key, value)
    elif isinstance(value, int):
        writer.add_uint32(key, value)
    elif isinstance(value, str):
        writer.add_string(key, value)
    else:
        writer.add_array(key, value)
