"""GGUF keys as the field names of `.apr`; what a file does not state stays absent."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .carried import GGUF_KEY, carried_in_gguf, completed, text_of
from .layout import Unsupported

_GENERAL = {
    "general.architecture": "architecture",
    "general.name": "name",
    "general.description": "description",
    "general.author": "author",
    "general.version": "version",
    "general.license": "license",
    "general.source.url": "source",
    "tokenizer.chat_template": "chat_template",
}
_OF_ARCHITECTURE = {
    "embedding_length": "hidden_size",
    "block_count": "num_layers",
    "attention.head_count": "num_heads",
    "attention.head_count_kv": "num_kv_heads",
    "attention.key_length": "head_dim",
    "feed_forward_length": "intermediate_size",
    "vocab_size": "vocab_size",
    "context_length": "max_position_embeddings",
    "rope.freq_base": "rope_theta",
    "attention.layer_norm_rms_epsilon": "rms_norm_eps",
    "expert_count": "num_experts",
    "expert_used_count": "num_experts_per_tok",
    "expert_feed_forward_length": "moe_intermediate_size",
}
_CHECKED = ("rope.dimension_count", "attention.value_length", "rope.scaling.type")
_OF_THE_FILE = (
    *("general.type", "general.file_type", "general.quantization_version", "general.alignment"),
    *("split.no", "split.count", "split.tensors.count", GGUF_KEY),
)
_OF_TOKENIZER = (
    *("model", "pre", "tokens", "token_type", "merges", "add_bos_token", "add_eos_token"),
    *("bos_token_id", "eos_token_id", "unknown_token_id", "padding_token_id"),
)


def metadata_from_gguf(
    fields: Mapping[str, Any], embedding: tuple[int, ...] | None, path: Path
) -> dict[str, Any]:
    """Metadata under `.apr` names, with what the file carries of it. `embedding` is [rows, columns].

    Few writers but llama's state a vocabulary size; the embedding's rows are then the format's statement.
    Raises FileError as `carried_in_gguf` and `completed` do.
    """
    prefix = f"{fields.get('general.architecture', '')}."
    table = {**_GENERAL, **{prefix + suffix: name for suffix, name in _OF_ARCHITECTURE.items()}}
    metadata = {name: fields[key] for key, name in table.items() if key in fields}
    if "vocab_size" not in metadata and embedding is not None and len(embedding) == 2:
        metadata["vocab_size"] = embedding[0]
    return completed(metadata, carried_in_gguf(fields, path), path)


def unread(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The keys that have no field in `.apr` and are no part of the tokenizer: what others may have added."""
    prefix = f"{fields.get('general.architecture', '')}."
    read = {*_GENERAL, *_OF_THE_FILE, *(prefix + name for name in (*_OF_ARCHITECTURE, *_CHECKED))}
    read |= {f"tokenizer.ggml.{name}" for name in _OF_TOKENIZER}
    carried = carried_in_gguf(fields, Path())
    read |= {name for key, value in carried.items() for name in text_of(key, value)}
    return {key: value for key, value in fields.items() if key not in read}


def unsupported_in_gguf(fields: Mapping[str, Any], metadata: Mapping[str, Any]) -> tuple[Unsupported, ...]:
    """What our decoder does not compute: scaled or partial rotary embeddings, unequal heads, experts."""
    prefix = f"{fields.get('general.architecture', '')}."
    found = []
    scaling = fields.get(f"{prefix}rope.scaling.type", "none")
    if scaling != "none":
        found.append(Unsupported("unsupported-rope", f"the rotary embedding is scaled ({scaling!r})"))
    heads, hidden = metadata.get("num_heads"), metadata.get("hidden_size")
    head_dim = metadata.get("head_dim")
    if head_dim is None and isinstance(heads, int) and isinstance(hidden, int) and heads > 0:
        head_dim = hidden // heads
    for key, what in (("rope.dimension_count", "rotary"), ("attention.value_length", "value")):
        stated = fields.get(prefix + key)
        if stated is not None and head_dim is not None and stated != head_dim:
            message = f"{prefix}{key} is {stated}, but a head has {head_dim} dimensions"
            found.append(Unsupported("unsupported-heads", f"{message} ({what} part differs)"))
    if metadata.get("num_experts"):
        found.append(Unsupported("unsupported-experts", f"the model has {metadata['num_experts']} experts"))
    return tuple(found)
