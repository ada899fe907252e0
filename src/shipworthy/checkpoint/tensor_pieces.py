"""What a tensor source loads as the bytes that are stored, held against what it announced."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from ..errors import UsageError
from .apr_format import CODES, DTYPES, WRITABLE

if TYPE_CHECKING:
    import numpy as np

    from .apr_writer import TensorSource

_ELEMENTS = 1 << 20
"""Values that are encoded at once where a whole array is given."""


class StoredPieces(NamedTuple):
    """The bytes of a tensor, consecutive: each piece stays valid if they are `kept`, else until the next."""

    pieces: Iterator[memoryview]
    kept: bool


def stored_pieces(name: str, source: TensorSource) -> StoredPieces:
    """What is to be stored of a tensor.

    Taking the pieces raises UsageError tensor-shape where the source gives other than it announced,
    dtype-not-writable where it gives values for a dtype that is only passed on, dtype-overflow.
    """
    import numpy as np

    loaded = source.load()
    if not isinstance(loaded, np.ndarray):
        return StoredPieces(_pieces(name, source, loaded), kept=False)
    return StoredPieces(_pieces(name, source, _split(name, source, loaded)), kept=True)


def _split(name: str, source: TensorSource, loaded: np.ndarray) -> Iterator[np.ndarray]:
    import numpy as np

    if loaded.shape != source.shape:
        raise _other(name, source, f"loaded as {loaded.dtype} {list(loaded.shape)}")
    flat = np.ascontiguousarray(loaded).reshape(-1)
    for start in range(0, flat.size, _ELEMENTS):
        yield flat[start : start + _ELEMENTS]


def _pieces(
    name: str, source: TensorSource, loaded: Iterable[np.ndarray] | Iterable[memoryview]
) -> Iterator[memoryview]:
    import numpy as np

    from .encode import encode

    expected = DTYPES[CODES[source.dtype]].size(source.shape)
    given = 0
    for block in loaded:
        if isinstance(block, np.ndarray):
            if block.dtype != np.float32:
                raise _other(name, source, f"loaded as {block.dtype} {list(block.shape)}")
            if source.dtype not in WRITABLE:
                message = f"values of {name} cannot be written as {source.dtype}"
                raise UsageError("dtype-not-writable", message, fix=f"use {', '.join(WRITABLE)}")
            piece = encode(block, source.dtype, name)
        else:
            piece = memoryview(block)
        given += len(piece)
        if given > expected:
            raise _other(name, source, f"loaded as more than {expected} bytes")
        yield piece
    if given != expected:
        raise _other(name, source, f"loaded as {given} bytes of {expected}")


def _other(name: str, source: TensorSource, found: str) -> UsageError:
    return UsageError(
        "tensor-shape", f"{name} was announced as {source.dtype} {list(source.shape)} and {found}"
    )
