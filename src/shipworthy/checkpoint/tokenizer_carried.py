"""What a format's own keys cannot carry of a tokenizer, read from beside them and held against them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import FileError
from .pretokenizers import cuts_as, surroundings
from .tokenizer import TokenizerSpec
from .tokenizer_apr import OWN_KEY, beside_arrays, spec_from_apr
from .tokenizer_check import FIX, checked
from .tokenizer_json import said

OF_GGUF = ("added_tokens", "components")
"""A GGUF has no key for the flags of added tokens and for a normalizer."""

OF_CONFIG = ("pre", "bos_token_id", "eos_token_id", "unk_token_id", "pad_token_id", "add_bos_token")
"""A Hugging Face directory names no pre-tokenizer, and special tokens only among the added ones."""

_IDS = ("bos_token_id", "eos_token_id", "unk_token_id", "pad_token_id")


def with_carried(
    spec: TokenizerSpec, carried: Mapping[str, Any], allowed: tuple[str, ...], path: Path
) -> TokenizerSpec:
    """The tokenizer that a format's own keys state, completed by what is carried of it.

    Raises FileError metadata-conflict where that contradicts them, tokenizer-broken.
    """
    own = carried.get(OWN_KEY, {})
    if not isinstance(own, Mapping):
        raise FileError("tokenizer-broken", f"{OWN_KEY} is not an object", path=path)
    ids = {name: carried[f"tokenizer.{name}"] for name in _IDS[:2] if f"tokenizer.{name}" in carried}
    if not own and not ids:
        return spec
    stated = {**beside_arrays(spec), "tokenizer.vocabulary": spec.tokens, "tokenizer.merges": spec.merges}
    stated |= {f"tokenizer.{name}": value for name, value in ids.items()}
    stated[OWN_KEY] = {**stated[OWN_KEY], **own}
    found = checked(spec_from_apr(stated, path), path)
    unknown = [name for name in (*own, *ids) if name not in allowed]
    try:
        problem = f"{unknown[0]!r} is not carried here" if unknown else _contradiction(spec, found)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        message = f"the tokenizer that is carried is broken: {said(error)}"
        raise FileError("tokenizer-broken", message, path=path, fix=FIX) from None
    if problem:
        message = f"the tokenizer that is carried is not the one that is stated: {problem}"
        raise FileError("metadata-conflict", message, path=path, fix="convert it again")
    return found


def _contradiction(native: TokenizerSpec, found: TokenizerSpec) -> str:
    for name in _IDS:
        stated = getattr(native, name)
        if stated not in (None, getattr(found, name)):
            return f"{name} is {getattr(found, name)}, not {stated}"
    if _named(native) != _named(found):
        return "the added tokens are others"
    if found.pre and not cuts_as(found.pre, found.components):
        return f"its components do not cut as {found.pre}"
    before = surroundings(found.components.get("post_processor"))[0]
    bos = None if found.bos_token_id is None else found.tokens[found.bos_token_id]
    if found.add_bos_token != (bos is not None and before == bos):
        return f"it puts {before!r} in front, and the BOS token is {bos!r}"
    return ""


def _named(spec: TokenizerSpec) -> list[tuple[int, str, bool]]:
    return sorted((token.id, token.content, token.special) for token in spec.added_tokens)
