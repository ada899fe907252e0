"""What a planted defect declares. How each is made stands in `gate`."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

from jsonschema import Draft202012Validator

from ..errors import ContractError
from .schema_check import schema_problems
from .written import WrittenValidator

DefectOf = Literal["apr", "gguf", "hf", "run", "measurement"]
DEFECT_OF: tuple[DefectOf, ...] = ("apr", "gguf", "hf", "run", "measurement")

_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")


@dataclass(frozen=True, eq=False)
class PlantedDefect:
    """A change to something good that a gate must notice.

    `description` says how it happens in real life, `of` what it changes, `fixture` from which good fixture it
    starts unless a contract says `on`. `parameters` holds a JSON Schema per key of a contract's `with`, all
    required but those in `optional`. `kl_nats` is the largest KL that llama_cpp_parity@2 finds of a wrong
    value on that fixture: what a limit must lie below.
    """

    name: str
    description: str
    of: frozenset[DefectOf]
    fixture: str
    parameters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    optional: frozenset[str] = frozenset()
    kl_nats: float | None = None


def defect_registry(defects: Iterable[PlantedDefect]) -> dict[str, PlantedDefect]:
    """The planted defects by name. Raises ContractError for a duplicate or a declaration that is no use."""
    table: dict[str, PlantedDefect] = {}
    for defect in defects:
        if defect.name in table:
            raise ContractError("duplicate-defect", f"two planted defects are called {defect.name!r}")
        for problem in _declaration_problems(defect):
            raise ContractError("bad-defect", problem, where=f"planted defect {defect.name}")
        table[defect.name] = defect
    return table


def _declaration_problems(defect: PlantedDefect) -> Iterable[str]:
    if not _NAME.match(defect.name):
        yield "the name must be lower_case_with_underscores"
    if not defect.description.strip():
        yield "does not say how it happens in real life"
    if not defect.of or defect.of - set(DEFECT_OF):
        yield f"`of` is {sorted(defect.of)}; it takes {', '.join(DEFECT_OF)}"
    if not defect.fixture:
        yield "names no fixture to start from"
    if defect.kl_nats is not None and not (math.isfinite(defect.kl_nats) and defect.kl_nats > 0):
        yield f"kl_nats is {defect.kl_nats}; it takes a positive number"
    if undeclared := defect.optional - defect.parameters.keys():
        yield f"optional names {sorted(undeclared)}, which are no parameters"
    for schema in defect.parameters.values():
        yield from schema_problems(schema)


@cache
def defect_validators(defect: PlantedDefect) -> Mapping[str, Draft202012Validator]:
    """A prebuilt validator per parameter of the defect."""
    return {name: WrittenValidator(schema) for name, schema in defect.parameters.items()}
