"""config.json, as transformers 4 and 5 write it, under the field names of `.apr`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..architecture import FAMILIES, ArchitectureConfig, canonical_name
from ..errors import FileError
from .carried import CONFIG_KEY
from .layout import Unsupported

if TYPE_CHECKING:
    from .tokenizer import TokenizerSpec

_FIELDS = {
    "hidden_size": "hidden_size",
    "num_hidden_layers": "num_layers",
    "num_attention_heads": "num_heads",
    "num_key_value_heads": "num_kv_heads",
    "head_dim": "head_dim",
    "intermediate_size": "intermediate_size",
    "vocab_size": "vocab_size",
    "max_position_embeddings": "max_position_embeddings",
    "rms_norm_eps": "rms_norm_eps",
    "model_type": "hf_model_type",
    "num_experts": "num_experts",
    "num_experts_per_tok": "num_experts_per_tok",
    "moe_intermediate_size": "moe_intermediate_size",
}
_READ = (
    *("architectures", "rope_theta", "rope_parameters", "rope_scaling", "hidden_act", "attention_bias"),
    *("use_sliding_window", "layer_types", "tie_word_embeddings", "quantization_config", "dtype"),
    *("torch_dtype", "transformers_version", CONFIG_KEY),
)
_IDS = ("bos_token_id", "eos_token_id", "pad_token_id")
KEPT = "shipworthy.hf_config"
"""The metadata key under which other keys of a config.json stay with a checkpoint."""

_LICENSE = re.compile(r"\A---\s*\n(?:(?!---).*\n)*?license:[ \t]*([^\s#]+)", re.ASCII)


def metadata_from_config(config: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """What config.json states, under `.apr` names; null counts as not stated.

    Raises FileError rope-theta-conflict where `rope_theta` and `rope_parameters` disagree.
    """
    metadata = {name: config[key] for key, name in _FIELDS.items() if config.get(key) is not None}
    classes = config.get("architectures")
    if isinstance(classes, list) and classes and isinstance(classes[0], str):
        metadata["hf_architecture"] = classes[0]
        metadata["architecture"] = canonical_name(classes[0]) or classes[0]
    stated = {
        source: value
        for source, value in (
            ("rope_theta", config.get("rope_theta")),
            ("rope_parameters.rope_theta", _rope(config, "rope_parameters").get("rope_theta")),
            ("rope_scaling.rope_theta", _rope(config, "rope_scaling").get("rope_theta")),
        )
        if value is not None
    }
    if len(set(map(repr, map(_number, stated.values())))) > 1:
        listing = ", ".join(f"{source} {value}" for source, value in stated.items())
        raise FileError("rope-theta-conflict", f"the rotary base is stated twice: {listing}", path=path)
    if stated:
        metadata["rope_theta"] = next(iter(stated.values()))
    return metadata


def config_from(
    config: ArchitectureConfig, metadata: Mapping[str, Any], tokenizer: TokenizerSpec | None
) -> dict[str, Any]:
    """A config.json that transformers 4 (rope_theta) and 5 (rope_parameters) read.

    Keys that another config.json had and `.apr` has no field for come back from `metadata`.
    """
    family = FAMILIES[config.architecture]
    before = metadata.get(KEPT, {})
    numbers = {key: getattr(config, name) for key, name in _FIELDS.items() if hasattr(config, name)}
    ids = {name: getattr(tokenizer, name, None) for name in _IDS}
    return {
        "architectures": [family.hf_class],
        "model_type": family.hf_model_type,
        **ids,
        **(before if isinstance(before, Mapping) else {}),
        **numbers,
        "rope_theta": config.rope_theta,
        "rope_parameters": {"rope_theta": config.rope_theta, "rope_type": "default"},
        "hidden_act": "silu",
        **({} if family.attention_bias else {"attention_bias": False}),
        "use_sliding_window": False,
        "tie_word_embeddings": config.tied_embeddings,
    }


def unread(config: Mapping[str, Any], tokenizer: TokenizerSpec | None) -> dict[str, Any]:
    """Under KEPT, the keys of a config.json that have no field in `.apr`, say nothing of the weights, and are
    not what the tokenizer says anyway."""
    known = {*_READ, *_FIELDS}
    for name in _IDS:
        if config.get(name) is None or config[name] == getattr(tokenizer, name, None):
            known.add(name)
    left = {key: value for key, value in config.items() if key not in known}
    return {KEPT: left} if left else {}


def unsupported_in_config(config: Mapping[str, Any], tensor_names: set[str]) -> tuple[Unsupported, ...]:
    """What config.json states and our decoder does not compute, each by name."""
    found = []
    for key in ("rope_parameters", "rope_scaling"):
        rope = _rope(config, key)
        kind = rope.get("rope_type", rope.get("type", "default"))
        if kind != "default" or any(isinstance(value, dict) for value in rope.values()):
            message = f"{key} is of rope_type {kind!r}; only 'default' is supported"
            found.append(Unsupported("unsupported-rope", message))
        if rope.get("partial_rotary_factor") not in (None, 1.0):
            found.append(Unsupported("unsupported-rope", f"{key} rotates only a part of each head"))
    if config.get("hidden_act", "silu") != "silu":
        found.append(
            Unsupported("unsupported-activation", f"hidden_act is {config['hidden_act']!r}, not 'silu'")
        )
    if config.get("use_sliding_window") is True or "sliding_attention" in _layer_types(config):
        found.append(Unsupported("unsupported-attention", "some layers attend in a sliding window"))
    if config.get("quantization_config") is not None:
        found.append(
            Unsupported("unsupported-quantization", "the weights are quantized (quantization_config)")
        )
    if config.get("num_experts") or config.get("num_local_experts"):
        found.append(Unsupported("unsupported-experts", "the model is a mixture of experts"))
    tied, stored = config.get("tie_word_embeddings"), "lm_head.weight" in tensor_names
    if isinstance(tied, bool) and tied == stored:
        message = f"tie_word_embeddings is {tied}, yet lm_head.weight is {'' if stored else 'not '}stored"
        found.append(Unsupported("tied-embeddings-conflict", message))
    return tuple(found)


def license_from_card(text: str) -> str | None:
    """The licence that a model card's front matter states."""
    match = _LICENSE.match(text)
    return match[1].strip("\"'") if match else None


def _rope(config: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = config.get(key)
    return value if isinstance(value, dict) else {}


def _layer_types(config: Mapping[str, Any]) -> list[Any]:
    value = config.get("layer_types")
    return value if isinstance(value, list) else []


def _number(value: Any) -> Any:
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
