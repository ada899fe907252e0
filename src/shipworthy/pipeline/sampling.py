"""How the next token is chosen from logits: the same for every engine, on the CPU, without torch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..errors import UsageError


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
        if not 0 <= self.seed < 2**64:
            raise UsageError("seed", f"the seed is {self.seed}", fix="give one from 0 to 2^64 - 1")

    def draws(self) -> np.random.Generator:
        """The random numbers of one continuation."""
        return np.random.default_rng(self.seed)


def choose(logits: npt.NDArray[np.float32], sampling: Sampling, draws: np.random.Generator) -> int:
    """One token id from logits [V]. Ties go to the lowest id.

    Raises UsageError not-finite where nothing can be chosen: a model that gives NaN has no likeliest token.
    """
    if not np.isfinite(logits).all():
        raise UsageError("not-finite", "the model gives logits that are not finite", fix="validate the file")
    if sampling.temperature == 0:
        return int(logits.argmax())
    order = np.argsort(-logits, kind="stable")
    scaled = logits[order].astype(np.float64) / sampling.temperature
    probabilities = np.exp(scaled - scaled[0])
    probabilities /= probabilities.sum()
    before = np.cumsum(probabilities) - probabilities
    nucleus = np.where(before < sampling.top_p, probabilities, 0.0)
    reached = np.cumsum(nucleus)
    return int(order[np.searchsorted(reached, draws.random() * reached[-1], side="right")])
