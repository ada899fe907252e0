"""A continuation of a text, up to where it has said what it was asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import tokenizers

    from ...checkpoint.tokenizer import TokenizerSpec
    from ..engines import Engine
    from ..sampling import Sampling

Stopped = Literal["stop", "eos", "length"]
Ends = Callable[[str], int | None]
"""Where a continuation has ended, as an offset into it, or None while it may go on."""


@dataclass(frozen=True)
class Continued:
    """The text up to its end, the tokens that were taken, and why no more were: the end was found (stop),
    the model ended it (eos), or there was no room for more (length)."""

    text: str
    tokens: int
    stopped: Stopped


def without_end(prompt: str) -> str:
    """A prompt without the white space at its end, which is left to the model to write.

    Tokenizers join a line break with the indentation behind it: cut between the two, a prompt ends in a token
    that no text has there, and a model answers it with something else than code.
    """
    return prompt.rstrip()


class Continuer:
    """Continues texts with one engine and one tokenizer, by at most `max_tokens` tokens."""

    def __init__(self, engine: Engine, tokenizer: TokenizerSpec, max_tokens: int, sampling: Sampling) -> None:
        self._engine, self._tokenizer, self._max_tokens = engine, tokenizer, max_tokens
        self._sampling = sampling
        self._encoder = tokenizer.build()

    def __call__(self, prompt: str, ends: Ends) -> Continued:
        """Continue a text; one that fills the context is continued by nothing, for length."""
        spec = self._tokenizer
        ids = self._encoder.encode(prompt, add_special_tokens=False).ids
        if spec.add_bos_token and spec.bos_token_id is not None:
            ids = [spec.bos_token_id, *ids]
        room = min(self._max_tokens, self._engine.context - len(ids))
        if room <= 0:
            return Continued("", 0, "length")
        source = self._engine.tokens(ids, room, eos=spec.eos_token_id, sampling=self._sampling)
        with closing(source):
            return continued(source, self._encoder, room, ends)


def continued(tokens: Iterator[int], encoder: tokenizers.Tokenizer, room: int, ends: Ends) -> Continued:
    """Take tokens until the text that they decode to has ended, or there are no more."""
    ids: list[int] = []
    for token in tokens:
        ids.append(token)
        text = encoder.decode(ids, skip_special_tokens=False)
        if (end := ends(text)) is not None:
            return Continued(text[:end], len(ids), "stop")
    text = encoder.decode(ids, skip_special_tokens=False)
    return Continued(text, len(ids), "length" if len(ids) == room else "eos")
