"""float32 values as the bytes of the dtypes that `.apr` is written in."""

from __future__ import annotations

import numpy as np

from ..errors import UsageError


def encode(values: np.ndarray, dtype: str, name: str) -> memoryview:
    """Little-endian bytes of a C-ordered float32 array in F32, F16 or BF16 (both rounded to nearest even).

    Raises UsageError dtype-overflow where a finite value has no finite counterpart.
    """
    if dtype == "F32":
        stored: np.ndarray = values.astype("<f4", copy=False)
    elif dtype == "F16":
        with np.errstate(over="ignore", invalid="ignore"):
            stored = values.astype("<f2")
        _refuse_overflow(values, np.isinf(stored), dtype, name)
    elif dtype == "BF16":
        stored = _bfloat16(values)
        _refuse_overflow(values, (stored & 0x7FFF) == 0x7F80, dtype, name)
    else:
        message = f"{name} cannot be written as {dtype}"
        raise UsageError("dtype-not-writable", message, fix="use F32, F16 or BF16")
    return np.ascontiguousarray(stored).reshape(-1).view(np.uint8).data


def _bfloat16(values: np.ndarray) -> np.ndarray:
    bits = np.ascontiguousarray(values, dtype="<f4").view("<u4")
    rounded = ((bits + (0x7FFF + ((bits >> 16) & 1))) >> 16).astype("<u2")
    # Adding the rounding increment to a NaN could carry into infinity; keep it a quiet NaN instead.
    quiet = ((bits >> 16) | 0x0040).astype("<u2")
    return np.where(np.isnan(values), quiet, rounded).astype("<u2")


def _refuse_overflow(values: np.ndarray, infinite: np.ndarray, dtype: str, name: str) -> None:
    lost = infinite & np.isfinite(values)
    if lost.any():
        worst = float(np.abs(values[lost]).max())
        message = f"{name} holds {worst:g}, which {dtype} cannot represent"
        raise UsageError("dtype-overflow", message, fix="write it as F32")
