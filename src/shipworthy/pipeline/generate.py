"""Text from an engine, piece by piece."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..errors import UsageError
from .sampling import Sampling

if TYPE_CHECKING:
    import tokenizers

    from ..checkpoint.tokenizer import TokenizerSpec
    from .engines import Engine

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def generate(
    engine: Engine,
    tokenizer: TokenizerSpec,
    prompt: str,
    max_tokens: int,
    *,
    sampling: Sampling | None = None,
) -> Iterator[str]:
    """The continuation of `prompt` as it grows, in pieces of whole characters; it ends at the eos token.

    Added tokens in the prompt, such as <|im_start|>, are read as such. Raises UsageError where the prompt is
    empty, no Unicode, or longer than the context together with `max_tokens`.
    """
    if any("\ud800" <= character <= "\udfff" for character in prompt):
        message = "the prompt holds bytes that are no UTF-8"
        raise UsageError("prompt-not-utf8", message, where="PROMPT", fix="write it in UTF-8")
    encoder = tokenizer.build()
    ids = encoder.encode(prompt, add_special_tokens=False).ids
    if tokenizer.add_bos_token and tokenizer.bos_token_id is not None:
        ids = [tokenizer.bos_token_id, *ids]
    if not ids or max_tokens < 1:
        raise UsageError(
            "nothing-to-generate",
            f"the prompt has {len(ids)} tokens and {max_tokens} are asked for",
            fix="give a prompt and at least one token",
        )
    if len(ids) + max_tokens > engine.context:
        raise UsageError(
            "context-exceeded",
            f"the prompt's {len(ids)} tokens and {max_tokens} more exceed the context of {engine.context}",
            fix="shorten the prompt or ask for fewer",
        )
    tokens = engine.tokens(ids, max_tokens, eos=tokenizer.eos_token_id, sampling=sampling or Sampling())
    yield from _pieces(encoder, tokens)


def _pieces(encoder: tokenizers.Tokenizer, tokens: Iterator[int]) -> Iterator[str]:
    """Decode a growing list of ids; a character whose bytes are spread over tokens comes when it is whole."""
    ids: list[int] = []
    given = ""
    for token in tokens:
        ids.append(token)
        text = encoder.decode(ids, skip_special_tokens=False)
        if not text.endswith(_REPLACEMENT):
            yield text[len(given) :]
            given = text
    rest = encoder.decode(ids, skip_special_tokens=False)[len(given) :]
    if rest:
        yield rest
