"""Whether a tensor's stored values are finite, and whether they are all zero or all the same.

Floats are looked at as the integers their bits are. Without its sign bit, a float's bits grow with its
magnitude: the largest of them is zero only where every value is zero, and reaches the exponent of all ones
only where there is an infinity or a NaN. Two maxima, as signed and as unsigned integers, give that largest
one at the speed of memory; what is not finite is counted only where there is some.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class FloatBits:
    """Where a float dtype keeps its parts: its size in bits, and the bits of positive infinity."""

    bits: int
    infinity: int


PLAIN = {"F32": FloatBits(32, 0x7F80_0000), "F16": FloatBits(16, 0x7C00), "BF16": FloatBits(16, 0x7F80)}
"""The dtypes whose stored bytes are the values. Sources: IEEE 754 binary32, binary16; BF16 is F32's half."""


@dataclass(frozen=True)
class ValueScan:
    """What all values of one tensor are. `first_not_finite` is a flat index in stored order, or None.

    `constant` says that every value has the same bits, one value included; it and `all_zero` are False of
    a tensor without values. Zeros of either sign are zeros.
    """

    count: int
    nan: int
    infinite: int
    first_not_finite: int | None
    all_zero: bool
    constant: bool


class Scanner:
    """Takes the values of one tensor piece by piece, in order; reads each once and keeps none."""

    def __init__(self, dtype: str) -> None:
        self._float = PLAIN[dtype]
        self.count = self.nan = self.infinite = 0
        self.first_not_finite: int | None = None
        self._largest = 0
        self._value: int | None = None
        self._constant = True

    def feed(self, piece: memoryview | np.ndarray) -> None:
        """The next stored bytes, whole values of the dtype, little-endian."""
        import numpy as np

        unsigned = np.frombuffer(piece, f"<u{self._float.bits // 8}")
        if not unsigned.size:
            return
        largest = self._magnitude(unsigned)
        if largest >= self._float.infinity:
            self._count_not_finite(unsigned)
        self._largest = max(self._largest, largest)
        if self._constant:
            if self._value is None:
                self._value = int(unsigned[0])
            self._constant = bool(unsigned[-1] == self._value and (unsigned == self._value).all())
        self.count += unsigned.size

    def result(self) -> ValueScan:
        """What was found in everything that was fed."""
        some = self.count > 0
        return ValueScan(
            count=self.count,
            nan=self.nan,
            infinite=self.infinite,
            first_not_finite=self.first_not_finite,
            all_zero=some and self._largest == 0,
            constant=some and self._constant,
        )

    def _magnitude(self, unsigned: np.ndarray) -> int:
        """The largest bits without their sign: of the positive values, and of the negative ones."""
        positive = int(unsigned.view(f"<i{unsigned.itemsize}").max())
        negative = int(unsigned.max()) - (1 << (self._float.bits - 1))
        return max(positive, negative, 0)

    def _count_not_finite(self, unsigned: np.ndarray) -> None:
        import numpy as np

        magnitudes = unsigned & unsigned.dtype.type((1 << (self._float.bits - 1)) - 1)
        bad = magnitudes >= self._float.infinity
        if self.first_not_finite is None:
            self.first_not_finite = self.count + int(bad.argmax())
        infinite = int(np.count_nonzero(magnitudes == self._float.infinity))
        self.infinite += infinite
        self.nan += int(np.count_nonzero(bad)) - infinite
