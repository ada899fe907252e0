"""The two orders of the rows of rotary projections: halves (Hugging Face, `.apr`) and interleaved pairs.

llama.cpp's `llama` rotates neighbouring rows; Hugging Face rotates row i with row i + head_dim/2.
The permutation is that of llama.cpp's converter (`permute` of its llama conversion), on weights and biases.
"""

from __future__ import annotations

import numpy as np


def to_interleaved(values: np.ndarray, heads: int) -> np.ndarray:
    """Rows of `heads` heads, from halves to neighbouring pairs. [heads x head_dim, ...] in and out."""
    pairs = values.reshape(heads, 2, values.shape[0] // heads // 2, *values.shape[1:])
    return np.ascontiguousarray(pairs.swapaxes(1, 2)).reshape(values.shape)


def to_halves(values: np.ndarray, heads: int) -> np.ndarray:
    """Rows of `heads` heads, from neighbouring pairs to halves: the inverse of `to_interleaved`."""
    pairs = values.reshape(heads, values.shape[0] // heads // 2, 2, *values.shape[1:])
    return np.ascontiguousarray(pairs.swapaxes(1, 2)).reshape(values.shape)
