"""The keys of an exported GGUF: what llama.cpp needs to load it, and where the file came from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gguf

from ..architecture import ArchitectureConfig
from ..checkpoint.carried import GGUF_KEY, left_over, refuse_reserved, text_of, to_text
from ..checkpoint.gguf_metadata import metadata_from_gguf
from ..checkpoint.shortest import shortest_float32
from ..checkpoint.tokenizer_gguf import spec_from_gguf

_GENERAL = {
    "name": "general.name",
    "description": "general.description",
    "author": "general.author",
    "version": "general.version",
    "license": "general.license",
    "source": "general.source.url",
}
_OWN_PREFIX = "shipworthy."
_NO_PROVENANCE = ("shipworthy.tokenizer", "shipworthy.gguf", "shipworthy.hf_config")


def write_fields(
    writer: gguf.GGUFWriter,
    config: ArchitectureConfig,
    metadata: Mapping[str, Any],
    tokenizer: Mapping[str, Any],
    out: Path,
) -> None:
    """Write every key: constants, general information that the checkpoint states, provenance, tokenizer.

    `shipworthy.*` text of the checkpoint is carried as it is, a mapping as one key per entry. `metadata` is
    that of `.apr`, with the keys of its tokenizer; what no key states is carried as JSON under one of ours.
    Raises what `to_text` raises, naming `out`.
    """
    refuse_reserved(metadata)
    fields = {
        **_stated(metadata),
        **provenance(metadata),
        "general.quantization_version": gguf.GGML_QUANT_VERSION,
        **_constants(config),
        **tokenizer,
    }
    carried = left_over(metadata, _read_back(fields, config))
    if carried:
        fields[GGUF_KEY] = to_text(carried, out)
    for key, value in fields.items():
        _write(writer, key, value)


def provenance(metadata: Mapping[str, Any]) -> dict[str, str]:
    """The text among a checkpoint's own `shipworthy.*` keys, a mapping as `key.entry`."""
    found: dict[str, str] = {}
    for key, value in metadata.items():
        if key.startswith(_OWN_PREFIX) and key not in _NO_PROVENANCE:
            found |= text_of(key, value)
    return found


def _constants(config: ArchitectureConfig) -> dict[str, int | float]:
    keys = gguf.Keys
    heads: dict[str, int | float] = {}
    if config.qk_norm or config.head_dim * config.num_heads != config.hidden_size:
        heads = {keys.Attention.KEY_LENGTH: config.head_dim, keys.Attention.VALUE_LENGTH: config.head_dim}
    constants = {
        keys.LLM.CONTEXT_LENGTH: config.max_position_embeddings,
        keys.LLM.EMBEDDING_LENGTH: config.hidden_size,
        keys.LLM.BLOCK_COUNT: config.num_layers,
        keys.LLM.FEED_FORWARD_LENGTH: config.intermediate_size,
        keys.Attention.HEAD_COUNT: config.num_heads,
        keys.Attention.HEAD_COUNT_KV: config.num_kv_heads,
        **heads,
        keys.Rope.DIMENSION_COUNT: config.head_dim,
        keys.Rope.FREQ_BASE: config.rope_theta,
        keys.Attention.LAYERNORM_RMS_EPS: config.rms_norm_eps,
        keys.LLM.VOCAB_SIZE: config.vocab_size,
    }
    return {key.format(arch=config.architecture): value for key, value in constants.items()}


def _read_back(fields: Mapping[str, Any], config: ArchitectureConfig) -> dict[str, Any]:
    """The metadata that a reader finds in these keys."""
    stored = {
        key: shortest_float32(value) if isinstance(value, float) else value for key, value in fields.items()
    }
    stored["general.architecture"] = config.architecture
    here = Path("model.gguf")
    tokenizer = spec_from_gguf(stored, here).to_apr()
    return {**tokenizer, **metadata_from_gguf(stored, (config.vocab_size, config.hidden_size), here)}


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
    elif isinstance(value, float):
        writer.add_float32(key, value)
    elif isinstance(value, str):
        writer.add_string(key, value)
    else:
        writer.add_array(key, value)
