"""The keys of a recipe as a table: type, bounds, default."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from ..errors import UsageError

_REQUIRED = object()


@dataclass(frozen=True)
class Field:
    """One key. `kind` is str, int, float (a whole number passes too) or list (of distinct strings).

    Numbers lie within [low, high]; strings match `pattern` whole, or are among `choices`.
    """

    kind: type
    default: Any = _REQUIRED
    low: float = 0
    high: float = 2**32 - 1
    pattern: str = r"\S(.*\S)?"
    choices: tuple[str, ...] = ()

    @property
    def required(self) -> bool:
        """Whether there is no default."""
        return self.default is _REQUIRED

    def check(self, value: Any, where: str, name: str) -> Any:
        """The value as the recipe keeps it. Raises UsageError `recipe-value` naming key, value and rule."""
        checked = self._checked(value)
        if checked is None:
            raise UsageError(
                "recipe-value", f"{name} is {value!r}", where=where, fix=f"write {self.describe()}"
            )
        return checked

    def describe(self) -> str:
        """What may be written, for messages."""
        if self.choices:
            listed = ", ".join(self.choices)
            return f"a list without repetition of {listed}" if self.kind is list else f"one of {listed}"
        if self.kind is str:
            return f"a string that matches {self.pattern}"
        if self.kind is int:
            return f"a whole number from {self.low} to {self.high}"
        return f"a number from {self.low:g} to {self.high:g}"

    def _checked(self, value: Any) -> Any:
        if self.kind is list:
            return self._checked_list(value)
        if self.kind is str:
            fits = isinstance(value, str) and re.fullmatch(self.pattern, value)
            return value if fits and (not self.choices or value in self.choices) else None
        accepted = int if self.kind is int else (int, float)
        if isinstance(value, bool) or not isinstance(value, accepted) or not self.low <= value <= self.high:
            return None
        return self.kind(value)

    def _checked_list(self, value: Any) -> tuple[str, ...] | None:
        if not isinstance(value, list) or len(set(map(str, value))) != len(value):
            return None
        return tuple(value) if all(item in self.choices for item in value) else None


_NAME = r"[a-z0-9][a-z0-9._-]{0,63}"
_COUNT = 1_000_000

SECTIONS: dict[tuple[str, ...], dict[str, Field]] = {
    (): {
        "name": Field(str, pattern=_NAME),
        "model": Field(str, pattern=_NAME),
        "initial_weights": Field(str),
        "device": Field(str, pattern=r"cpu|cuda(:\d{1,3})?"),
        "dtype": Field(str, "auto", choices=("auto", "f32", "bf16")),
        "export": Field(list, (), choices=("f32", "f16", "bf16", "q8_0", "q4_k_m", "q5_k_m", "q6_k")),
    },
    ("data",): {
        "source": Field(str, "python-stdlib"),
        "held_out_fraction": Field(float, 0.05, low=0.001, high=0.5),
        "license": Field(str, None),
    },
    ("train",): {
        "epochs": Field(int, low=1, high=_COUNT),
        "steps_per_epoch": Field(int, None, low=1, high=_COUNT),
        "batch_size": Field(int, low=1, high=_COUNT),
        "sequence_length": Field(int, low=1, high=_COUNT),
        "learning_rate": Field(float, low=1e-12, high=1),
        "warmup_steps": Field(int, 0, high=_COUNT),
        "weight_decay": Field(float, 0.1, high=1),
        "gradient_clip": Field(float, 1.0, low=1e-6, high=1e6),
        "validation_batches": Field(int, 4, low=1, high=_COUNT),
        "seed": Field(int, 0),
    },
    ("bench",): {
        "iterations": Field(int, 5, low=1, high=1000),
        "max_tokens": Field(int, 128, low=1, high=_COUNT),
    },
}
"""Sections by key path, then their fields."""
