"""What distinguishes two checkpoints, whatever their formats: metadata, names, tokenizer, every value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ..architecture import resolve_aliases
from .finite_json import finite
from .readable import require_one_value_a_field
from .tensor_comparison import TensorComparison, compare_tensor
from .tokenizer import TokenizerSpec
from .tokenizer_apr import OWN_KEY
from .view import Checkpoint

_OF_TOKENIZER = (OWN_KEY, "special_tokens")


@dataclass(frozen=True)
class Side:
    """One of the two checkpoints; `tokenizer` is its digest, None where none is embedded."""

    name: str
    format: str
    size: int
    sha256: str
    tokenizer: str | None


@dataclass(frozen=True)
class Differences:
    """`b` beside `a`. `changed` maps a field to its two values; `tensors` are those that both have."""

    a: Side
    b: Side
    added: Mapping[str, Any]
    removed: Mapping[str, Any]
    changed: Mapping[str, tuple[Any, Any]]
    only_in_a: tuple[str, ...]
    only_in_b: tuple[str, ...]
    tensors: tuple[TensorComparison, ...]

    @property
    def identical(self) -> bool:
        """Same metadata, names, tokenizer and values. A dtype alone is no difference in values."""
        return (
            not (self.added or self.removed or self.changed or self.only_in_a or self.only_in_b)
            and self.a.tokenizer == self.b.tokenizer
            and all(tensor.same for tensor in self.tensors)
        )

    def different(self) -> list[TensorComparison]:
        """The tensors that are not the same, the most different first."""
        return sorted(
            (tensor for tensor in self.tensors if not tensor.same),
            key=lambda tensor: (*(-part for part in tensor.distance), tensor.name),
        )

    def to_json(self) -> dict[str, Any]:
        """Strict JSON: what cannot be computed is null, beside what says why."""
        return {
            "identical": self.identical,
            "a": asdict(self.a),
            "b": asdict(self.b),
            "tokenizer_identical": self.a.tokenizer == self.b.tokenizer,
            "metadata": {
                "added": dict(self.added),
                "removed": dict(self.removed),
                "changed": {field: {"a": a, "b": b} for field, (a, b) in self.changed.items()},
            },
            "only_in_a": list(self.only_in_a),
            "only_in_b": list(self.only_in_b),
            "tensors": [{**asdict(tensor), "same": tensor.same} for tensor in self.tensors],
        }


def differences(
    a: Checkpoint, b: Checkpoint, progress: Callable[[int, int], None] | None = None
) -> Differences:
    """Verify both, then compare everything that both state and store.

    Aliases count as the field they mean. What only `.apr` says of a tokenizer is left to the tokenizer's
    digest where the formats differ. `progress` is called with bytes of `a`. Raises FileError where either
    does not verify, states a field twice, has a tokenizer that is not read, or changes meanwhile.
    """
    for side in (a, b):
        side.verify()
        require_one_value_a_field(side)
    spec_a, spec_b = a.tokenizer(), b.tokenizer()
    across = a.format != b.format
    stated_a, stated_b = _stated(a, spec_a, across=across), _stated(b, spec_b, across=across)
    common = [name for name in a.tensors if name in b.tensors]
    total = sum(a.tensors[name].nbytes for name in common)
    done = 0
    compared = []
    for name in common:
        compared.append(compare_tensor(a, b, name))
        done += a.tensors[name].nbytes
        if progress is not None:
            progress(done, total)
    return Differences(
        a=_side(a, spec_a),
        b=_side(b, spec_b),
        added={field: value for field, value in stated_b.items() if field not in stated_a},
        removed={field: value for field, value in stated_a.items() if field not in stated_b},
        changed={
            field: (value, stated_b[field])
            for field, value in stated_a.items()
            if field in stated_b and not _equal(value, stated_b[field])
        },
        only_in_a=tuple(name for name in a.tensors if name not in b.tensors),
        only_in_b=tuple(name for name in b.tensors if name not in a.tensors),
        tensors=tuple(compared),
    )


def _side(checkpoint: Checkpoint, spec: TokenizerSpec | None) -> Side:
    return Side(
        name=checkpoint.path.resolve().name,
        format=checkpoint.format,
        size=checkpoint.size,
        sha256=checkpoint.digest(),
        tokenizer=None if spec is None else spec.digest(),
    )


def _stated(checkpoint: Checkpoint, spec: TokenizerSpec | None, *, across: bool) -> dict[str, Any]:
    """Metadata by meaning; the chat template is a field wherever a format keeps it."""
    stated = {
        field: finite(value)
        for field, value in resolve_aliases(checkpoint.metadata).items()
        if not (across and (field in _OF_TOKENIZER or field.startswith("tokenizer.")))
    }
    if spec is not None and spec.chat_template is not None:
        stated.setdefault("chat_template", spec.chat_template)
    return stated


def _equal(a: Any, b: Any) -> bool:
    """Equal as JSON, where 1 and 1.0 are one number, as formats write it; True is not 1, at any depth."""
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(map(_equal, a, b))
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return a.keys() == b.keys() and all(_equal(value, b[key]) for key, value in a.items())
    return isinstance(a, bool) == isinstance(b, bool) and bool(a == b)
