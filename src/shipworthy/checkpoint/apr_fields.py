"""The metadata that an `.apr` of a checkpoint has, whatever the checkpoint's format."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..architecture import canonical_name, resolve_aliases
from .apr_format import FIELD_ORDER
from .view import Checkpoint

if TYPE_CHECKING:
    from .tokenizer import TokenizerSpec

KEPT_OF_GGUF = "shipworthy.gguf"
"""The metadata key under which keys of a GGUF that `.apr` has no field for stay with a checkpoint."""


def apr_metadata(checkpoint: Checkpoint) -> dict[str, Any]:
    """Every field, by its own name (no alias, the architecture as llama.cpp has it), the tokenizer's keys
    included; what a GGUF or a config.json states beyond that under a key of its own; nothing null, and in
    the order in which `.apr` is written.

    Constants that follow from the others are filled in. Raises FileError as `Checkpoint.config` and
    `Checkpoint.tokenizer` do.
    """
    stated = resolve_aliases(checkpoint.metadata)
    stated["architecture"] = canonical_name(stated.get("architecture", "")) or stated.get("architecture")
    tokenizer = checkpoint.tokenizer()
    if checkpoint.format == "apr":
        native = resolve_aliases(checkpoint.native_metadata)
        beside = {key: value for key, value in native.items() if key not in stated}
    else:
        beside = {} if tokenizer is None else tokenizer.to_apr()
        beside |= _unread(checkpoint, tokenizer)
    found = {**checkpoint.config().to_metadata(), **beside, **stated}
    known = [key for key in FIELD_ORDER if found.get(key) is not None]
    custom = sorted(key for key, value in found.items() if value is not None and key not in FIELD_ORDER)
    return {key: found[key] for key in (*known, *custom)}


def _unread(checkpoint: Checkpoint, tokenizer: TokenizerSpec | None) -> dict[str, Any]:
    if checkpoint.format == "gguf":
        from .gguf_metadata import unread as unread_of_gguf

        left = unread_of_gguf(checkpoint.native_metadata)
        return {KEPT_OF_GGUF: left} if left else {}
    from .hf_config import unread

    return unread(checkpoint.native_metadata, tokenizer)
