"""How far two stored tensors are apart, block by block, in a few megabytes whatever their size."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import FileError
from .view import Checkpoint

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class TensorComparison:
    """One tensor in two checkpoints, `a` and `b`; pairs are (in a, in b).

    `identical_bytes`: same dtype and the same stored bytes. `identical_values`: every value equals the other;
    a NaN equals nothing, so a tensor with one is never identical in values, whatever its bytes.
    `cosine` and `max_abs_difference` are sums and maxima over all values in float64; None where a value is
    not finite (`not_finite` counts them) or where shapes or dtypes cannot be compared (`not_compared` says
    why), and `cosine` also where one side is all zeros.
    """

    name: str
    dtypes: tuple[str, str]
    shapes: tuple[tuple[int, ...], tuple[int, ...]]
    identical_bytes: bool
    identical_values: bool
    cosine: float | None
    max_abs_difference: float | None
    not_finite: tuple[int, int]
    not_compared: str = ""

    @property
    def same(self) -> bool:
        """Whether nothing that is computed from this tensor can differ."""
        return self.identical_bytes or self.identical_values

    @property
    def distance(self) -> tuple[float, float]:
        """A key to sort by: what cannot be told first, then by angle, then by the largest difference."""
        unknown = math.inf if not self.same else 0.0
        angle = unknown if self.cosine is None else 1.0 - self.cosine
        return angle, unknown if self.max_abs_difference is None else self.max_abs_difference


def compare_tensor(a: Checkpoint, b: Checkpoint, name: str) -> TensorComparison:
    """Compare one tensor that both have; rotary order and dtype are those of the view, not of the file.

    Raises FileError changed-while-open and what else reading raises; a dtype that cannot be decoded is a
    tensor that is not compared.
    """
    entries = a.tensors[name], b.tensors[name]
    dtypes = (entries[0].dtype, entries[1].dtype)
    shapes = (tuple(entries[0].shape), tuple(entries[1].shape))
    same_layout = (
        dtypes[0] == dtypes[1] and shapes[0] == shapes[1] and a.is_permuted(name) == b.is_permuted(name)
    )
    identical_bytes = same_layout and _same_bytes(a, b, name)
    if shapes[0] != shapes[1]:
        return TensorComparison(name, dtypes, shapes, False, False, None, None, (0, 0), "the shapes differ")
    try:
        sums = _sums(a, b, name)
    except FileError as error:
        if error.code not in ("unsupported-dtype", "rotary-heads"):
            raise
        why = error.message
        return TensorComparison(name, dtypes, shapes, identical_bytes, False, None, None, (0, 0), why)
    finite = not any(sums.not_finite)
    norms = math.sqrt(sums.aa) * math.sqrt(sums.bb)
    cosine = None
    if finite and norms > 0:
        cosine = 1.0 if sums.equal else max(-1.0, min(1.0, sums.ab / norms))
    return TensorComparison(
        name,
        dtypes,
        shapes,
        identical_bytes,
        sums.equal,
        cosine,
        sums.largest if finite else None,
        sums.not_finite,
    )


@dataclass
class _Sums:
    """Running sums over pairs of values: a·b, a·a, b·b, max |a-b|."""

    ab: float = 0.0
    aa: float = 0.0
    bb: float = 0.0
    largest: float = 0.0
    equal: bool = True
    not_finite: tuple[int, int] = (0, 0)

    def add(self, left: np.ndarray, right: np.ndarray) -> None:
        import numpy as np

        self.equal = self.equal and bool((left == right).all())
        x, y = left.astype(np.float64), right.astype(np.float64)
        xx, yy = float(x @ x), float(y @ y)
        # A square of a float32 is finite in float64, and so is any sum of them unless a value is not.
        if not math.isfinite(xx + yy):
            bad = [int(values.size - np.count_nonzero(np.isfinite(values))) for values in (left, right)]
            self.not_finite = (self.not_finite[0] + bad[0], self.not_finite[1] + bad[1])
            return
        self.ab += float(x @ y)
        self.aa += xx
        self.bb += yy
        if not self.equal:
            x -= y
            self.largest = max(self.largest, float(np.abs(x, out=x).max()))


def _sums(a: Checkpoint, b: Checkpoint, name: str) -> _Sums:
    import numpy as np

    sums = _Sums()
    # Comparing a signalling NaN, or subtracting what has one, is the content's matter.
    with np.errstate(invalid="ignore"):
        for left, right in _aligned(a.blocks(name), b.blocks(name)):
            sums.add(left, right)
    return sums


_PIECE = 1 << 13
"""Values of a pair of pieces: their float64 copies stay in cache, and a product this short stays on one core,
where threads would cost ten times what they bring."""


def _aligned(a: Iterator[np.ndarray], b: Iterator[np.ndarray]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Both tensors flat, in pieces of equal length; formats cut their blocks at different rows."""
    left = right = None
    while True:
        left = _rest(left, a)
        right = _rest(right, b)
        if left is None or right is None:
            return
        count = min(len(left), len(right), _PIECE)
        yield left[:count], right[:count]
        left, right = left[count:], right[count:]


def _rest(values: np.ndarray | None, blocks: Iterator[np.ndarray]) -> np.ndarray | None:
    while values is None or not len(values):
        block = next(blocks, None)
        if block is None:
            return None
        values = block.reshape(-1)
    return values


def _same_bytes(a: Checkpoint, b: Checkpoint, name: str) -> bool:
    import numpy as np

    pairs = zip(a.raw_blocks(name), b.raw_blocks(name), strict=True)
    return all(np.array_equal(np.frombuffer(x, "u1"), np.frombuffer(y, "u1")) for x, y in pairs)
