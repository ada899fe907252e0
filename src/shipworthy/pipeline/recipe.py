"""Recipes: what is trained, from what, on which data and device, and what is made of it afterwards.

A recipe is strict YAML. Every key is known, typed and bounded here, or refused with file, line and column.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..errors import UsageError
from ..strict_yaml import Document, load
from .recipe_fields import SECTIONS, Field


@dataclass(frozen=True)
class DataSpec:
    """Which text; `held_out_fraction` of its modules is never trained on."""

    source: str
    held_out_fraction: float
    license: str | None


@dataclass(frozen=True)
class TrainSpec:
    """How it is trained: lengths in tokens; without `steps_per_epoch` an epoch is one pass over the data."""

    epochs: int
    steps_per_epoch: int | None
    batch_size: int
    sequence_length: int
    learning_rate: float
    warmup_steps: int
    weight_decay: float
    gradient_clip: float
    validation_batches: int
    seed: int


@dataclass(frozen=True)
class BenchSpec:
    """How the checkpoint's decoding is timed."""

    iterations: int
    max_tokens: int


@dataclass(frozen=True)
class Recipe:
    """A whole recipe; `model` names the registration that the result is meant to meet."""

    name: str
    model: str
    initial_weights: str
    data: DataSpec
    train: TrainSpec
    device: str
    dtype: str
    bench: BenchSpec
    export: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The resolved recipe as JSON; of local paths only the last part, so that no machine shows."""
        value = asdict(self)
        value["initial_weights"] = public_source(self.initial_weights)
        value["data"]["source"] = public_source(self.data.source)
        value["export"] = list(self.export)
        return value


def public_source(source: str) -> str:
    """A source as records name it: ids and hub names whole, of a local path the last part."""
    return source if source.startswith("hf://") else Path(source).name


def load_recipe(path: Path, device: str | None = None) -> Recipe:
    """Read a recipe; `device` takes the place of its own.

    Raises ContractError where the file is no strict YAML, and UsageError `recipe-not-a-mapping`,
    `recipe-unknown-key`, `recipe-missing-key` or `recipe-value` with the place in the file.
    """
    document = load(path)
    top = _section(document, ())
    if device is not None:
        top["device"] = SECTIONS[()]["device"].check(device, "--device", "device")
    return Recipe(
        **top,
        data=DataSpec(**_section(document, ("data",))),
        train=TrainSpec(**_section(document, ("train",))),
        bench=BenchSpec(**_section(document, ("bench",))),
    )


def _section(document: Document, keys: tuple[str, ...]) -> dict[str, Any]:
    """The fields of one section, checked, defaults filled in; nested sections are left out."""
    value = document.value
    for key in keys:
        value = value.get(key, {})
    title = ".".join(keys) or "a recipe"
    if not isinstance(value, dict):
        raise UsageError(
            "recipe-not-a-mapping",
            f"{title} is not a mapping of keys to values",
            where=document.where(keys),
            fix="see recipes/ for examples",
        )
    fields = SECTIONS[keys]
    nested = {section[0] for section in SECTIONS if len(section) == 1} if not keys else set()
    for key in value:
        if key not in fields and key not in nested:
            known = ", ".join(sorted({*fields, *nested}))
            raise UsageError(
                "recipe-unknown-key",
                f"{title} has no key {key!r}",
                where=document.where((*keys, key)),
                fix=f"its keys are {known}",
            )
    return {name: _field(document, keys, name, field, value) for name, field in fields.items()}


def _field(document: Document, keys: tuple[str, ...], name: str, field: Field, value: dict[str, Any]) -> Any:
    dotted = ".".join((*keys, name))
    if name in value:
        return field.check(value[name], document.where((*keys, name)), dotted)
    if field.required:
        raise UsageError(
            "recipe-missing-key",
            f"the key {dotted} is missing",
            where=document.where(keys),
            fix=f"write {field.describe()}",
        )
    return field.default
