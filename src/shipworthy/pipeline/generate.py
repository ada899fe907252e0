"""Text from a decoder, piece by piece: greedy, or sampled with a temperature and a nucleus."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import UsageError

if TYPE_CHECKING:
    import tokenizers
    import torch

    from ..checkpoint.tokenizer import TokenizerSpec
    from ..model import Decoder

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True)
class Sampling:
    """How the next token is chosen: temperature 0 takes the likeliest.

    Above 0 a token is drawn from the smallest set of likeliest tokens whose probabilities reach `top_p`
    (Holtzman et al. 2020). Raises UsageError outside temperature >= 0 and 0 < top_p <= 1.
    """

    temperature: float = 0.0
    top_p: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.temperature <= 100:
            raise UsageError(
                "temperature", f"the temperature is {self.temperature}", fix="give one from 0 to 100"
            )
        if not 0 < self.top_p <= 1:
            raise UsageError("top-p", f"top_p is {self.top_p}", fix="give one above 0 and up to 1")


def generate(
    decoder: Decoder,
    tokenizer: TokenizerSpec,
    prompt: str,
    max_tokens: int,
    *,
    sampling: Sampling | None = None,
) -> Iterator[str]:
    """The continuation of `prompt` as it grows, in pieces of whole characters; it ends at the eos token.

    Added tokens in the prompt, such as <|im_start|>, are read as such. Raises UsageError where the prompt is
    empty, or longer than the context together with `max_tokens`.
    """
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
    context = decoder.config.max_position_embeddings
    if len(ids) + max_tokens > context:
        raise UsageError(
            "context-exceeded",
            f"the prompt's {len(ids)} tokens and {max_tokens} more exceed the context of {context}",
            fix="shorten the prompt or ask for fewer",
        )
    tokens = generate_ids(
        decoder, ids, max_tokens, eos=tokenizer.eos_token_id, sampling=sampling or Sampling()
    )
    yield from _pieces(encoder, tokens)


def generate_ids(
    decoder: Decoder, prompt: list[int], max_tokens: int, *, eos: int | None, sampling: Sampling
) -> Iterator[int]:
    """Up to `max_tokens` token ids after a prompt of ids; `eos` ends it and is not given."""
    import torch

    from ..model import decode_step

    cache = decoder.new_cache(1, len(prompt) + max_tokens)
    draws = torch.Generator(device="cpu").manual_seed(sampling.seed)
    fed = torch.tensor([prompt], device=decoder.device, dtype=torch.int64)
    for _ in range(max_tokens):
        chosen = choose(decode_step(decoder, fed, cache)[0], sampling, draws)
        if chosen == eos:
            return
        yield chosen
        fed = torch.tensor([[chosen]], device=decoder.device, dtype=torch.int64)


def choose(logits: torch.Tensor, sampling: Sampling, draws: torch.Generator) -> int:
    """One token id from logits [V] float32. Ties go to the lowest id; drawing is done on the CPU."""
    import torch

    if sampling.temperature == 0:
        return int(logits.argmax())
    probabilities, order = torch.softmax(logits.cpu() / sampling.temperature, dim=-1).sort(
        descending=True, stable=True
    )
    before = probabilities.cumsum(0) - probabilities
    nucleus = torch.where(before < sampling.top_p, probabilities, 0.0)
    return int(order[torch.multinomial(nucleus, 1, generator=draws)])


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
