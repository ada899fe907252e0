"""`.apr` metadata to a tokenizer and back, exactly.

The format's own keys carry vocabulary, merges, BOS and EOS; `shipworthy.tokenizer` carries the rest, and
readers that do not know it ignore it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..errors import FileError
from .packed_texts import PackedTexts
from .tokenizer import TokenizerSpec
from .tokenizer_check import FIX, checked
from .tokenizer_json import added_token, said

OWN_KEY = "shipworthy.tokenizer"
_NAMED = {"im_start_token": "<|im_start|>", "im_end_token": "<|im_end|>"}


def apr_from_spec(spec: TokenizerSpec) -> dict[str, Any]:
    """The keys that carry a tokenizer; a token that there is none of has no key."""
    arrays = {"tokenizer.vocabulary": list(spec.tokens), "tokenizer.merges": list(spec.merges)}
    return {**arrays, **beside_arrays(spec)}


def beside_arrays(spec: TokenizerSpec) -> dict[str, Any]:
    """The same keys but for vocabulary and merges."""
    special = {
        f"{name}_token": spec.tokens[identifier]
        for name in ("bos", "eos", "unk", "pad")
        if (identifier := getattr(spec, f"{name}_token_id")) is not None
    }
    special |= {
        key: content
        for key, content in _NAMED.items()
        if any(t.content == content for t in spec.added_tokens)
    }
    metadata: dict[str, Any] = {
        "tokenizer.model_type": "gpt2",
        "special_tokens": special,
        OWN_KEY: {
            "pre": spec.pre,
            "added_tokens": [asdict(token) for token in spec.added_tokens],
            "unk_token_id": spec.unk_token_id,
            "pad_token_id": spec.pad_token_id,
            "add_bos_token": spec.add_bos_token,
            "components": dict(spec.components),
        },
    }
    for name in ("bos_token_id", "eos_token_id"):
        if getattr(spec, name) is not None:
            metadata[f"tokenizer.{name}"] = getattr(spec, name)
    if spec.chat_template is not None:
        metadata["chat_template"] = spec.chat_template
    return metadata


def spec_from_apr(metadata: Mapping[str, Any], path: Path) -> TokenizerSpec:
    """The tokenizer; one that another program wrote has no components and can be shown but not built.

    Raises FileError tokenizer-broken.
    """
    own = metadata.get(OWN_KEY, {})
    try:
        spec = TokenizerSpec(
            tokens=_strings(metadata["tokenizer.vocabulary"]),
            merges=_strings(metadata.get("tokenizer.merges", [])),
            pre=_typed(own.get("pre", ""), str),
            added_tokens=tuple(added_token(token) for token in own.get("added_tokens", [])),
            bos_token_id=_identifier(metadata.get("tokenizer.bos_token_id")),
            eos_token_id=_identifier(metadata.get("tokenizer.eos_token_id")),
            unk_token_id=_identifier(own.get("unk_token_id")),
            pad_token_id=_identifier(own.get("pad_token_id")),
            add_bos_token=_typed(own.get("add_bos_token", False), bool),
            chat_template=_optional(metadata.get("chat_template"), str),
            components=_typed(own.get("components", {}), dict),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        message = f"the tokenizer's metadata is broken: {said(error)}"
        raise FileError("tokenizer-broken", message, path=path, fix=FIX) from None
    return checked(spec, path)


def _strings(values: Any) -> Sequence[str]:
    if isinstance(values, PackedTexts | tuple):
        return values
    return tuple(_typed(value, str) for value in _typed(values, list))


def _identifier(value: Any) -> int | None:
    if isinstance(value, bool):
        raise ValueError(f"{value!r} is not a token id")
    identifier: int | None = _optional(value, int)
    return identifier


def _optional(value: Any, kind: type) -> Any:
    return None if value is None else _typed(value, kind)


def _typed(value: Any, kind: type) -> Any:
    if not isinstance(value, kind):
        raise ValueError(f"{value!r:.60} is not a {kind.__name__}")
    return value
