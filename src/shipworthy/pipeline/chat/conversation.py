"""What a chat template is given: messages, and the text of the model's special tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ...checkpoint import TokenizerSpec

_KINDS = ("bos", "eos", "unk", "pad")


@dataclass(frozen=True)
class Conversation:
    """Messages of a `role` and a `content`, and whether the assistant's next turn is to be opened."""

    messages: Sequence[dict[str, Any]]
    add_generation_prompt: bool


def special_tokens(spec: TokenizerSpec) -> dict[str, str]:
    """`bos_token` and the like, as a template may name them; one that the model has not is left out."""
    added = {token.id: token.content for token in spec.added_tokens}
    found: dict[str, str] = {}
    for kind in _KINDS:
        identifier = getattr(spec, f"{kind}_token_id")
        if identifier in added:
            found[f"{kind}_token"] = added[identifier]
        elif identifier is not None and 0 <= identifier < len(spec.tokens):
            found[f"{kind}_token"] = spec.tokens[identifier]
    return found
