"""How a subject differs from a registration: each constant, the tokenizer, and the number of parameters.

Whoever has what was found can compare again; the checkpoint itself is not needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..architecture import FAMILIES
from .language import Registration
from .values import without_non_finite


@dataclass(frozen=True)
class Found:
    """What a checkpoint is: constants by the names of a registration, the tokenizer's digest, the parameters.

    `tokenizer` is `absent` or `broken` where there is no digest, None where nobody looked.
    """

    constants: Mapping[str, Any]
    parameters: int
    tokenizer: str | None

    def to_json(self) -> dict[str, Any]:
        """As a bundle keeps it: what is not finite meets no registration, and is null."""
        return {
            "constants": without_non_finite(dict(self.constants))[0],
            "parameters": self.parameters,
            "tokenizer": self.tokenizer,
        }


def registered_constants(registration: Registration) -> dict[str, Any]:
    """The constants that a subject must have, q and k norms among them: the family settles these."""
    registered = dict(registration.constants)
    if (family := FAMILIES.get(registered["architecture"])) is not None:
        registered["qk_norm"] = family.qk_norm
    return registered


def with_head_dim(constants: Mapping[str, Any]) -> dict[str, Any]:
    """The constants, and the head dimension that follows where it is not stated."""
    hidden, heads = constants.get("hidden_size"), constants.get("num_heads")
    if constants.get("head_dim") is None and isinstance(hidden, int) and isinstance(heads, int) and heads:
        return {**constants, "head_dim": hidden // heads}
    return dict(constants)


def differences_from(registration: Registration, found: Found) -> tuple[str, ...]:
    """A sentence for each way in which a subject is not the registered model."""
    constants = found.constants
    problems = [
        f"{name} is {constants.get(name)!r}, registered is {value!r}"
        for name, value in registered_constants(registration).items()
        if constants.get(name) != value
    ]
    expected = registration.tokenizer["digest"]
    if found.tokenizer is not None and found.tokenizer != expected is not None:
        problems.append(f"its tokenizer is {found.tokenizer}, registered is {expected}")
    low, high = registration.parameters["low"], registration.parameters["high"]
    if not low <= found.parameters <= high:
        problems.append(f"it has {found.parameters} parameters, registered are {low}..{high}")
    return tuple(problems)
