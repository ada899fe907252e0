"""What all stored values of a checkpoint say: NaN, infinities, tensors of nothing but zeros."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from ..errors import FileError
from .entry import TensorEntry
from .finding import Finding
from .value_scan import PLAIN, Scanner, ValueScan
from .view import Checkpoint

if TYPE_CHECKING:
    import numpy as np

Progress = Callable[[int, int], None]
"""Called with the bytes that were read and those there are."""

_AGAIN = "save it again from weights that are whole"


def scan_values(checkpoint: Checkpoint, progress: Progress | None = None) -> dict[str, ValueScan | FileError]:
    """Every value of every tensor, in the order of `tensors`; the file is verified on the way.

    Plain floats are looked at as they are stored, in one reading with the checksum; block formats as they are
    decoded. A tensor that cannot be decoded has its error instead. Raises FileError as `verify` does.
    """
    tensors = checkpoint.tensors
    plain = {name: Scanner(entry.dtype) for name, entry in tensors.items() if entry.dtype in PLAIN}
    total = sum(entry.nbytes for entry in tensors.values())
    done = 0

    def count(nbytes: int) -> None:
        nonlocal done
        done += nbytes
        if progress is not None:
            progress(done, total)

    def observe(name: str, piece: memoryview) -> None:
        if name in plain:
            plain[name].feed(piece)
            count(len(piece))

    checkpoint.verify(observe)
    scans: dict[str, ValueScan | FileError] = {}
    for name, entry in tensors.items():
        if name in plain:
            scans[name] = plain[name].result()
        else:
            scans[name] = _decoded(checkpoint, name)
            count(entry.nbytes)
    return scans


def _decoded(checkpoint: Checkpoint, name: str) -> ValueScan | FileError:
    scanner = Scanner("F32")
    try:
        for block in checkpoint.blocks(name):
            scanner.feed(_bytes(block))
    except FileError as error:
        if error.code not in ("unsupported-dtype", "rotary-heads"):
            raise
        return error
    return scanner.result()


def _bytes(block: np.ndarray) -> memoryview:
    return memoryview(block.reshape(-1).view("u1"))  # type: ignore[arg-type]


def value_findings(checkpoint: Checkpoint, scans: dict[str, ValueScan | FileError]) -> Iterator[Finding]:
    """What is wrong with the values, tensor by tensor."""
    for name, scan in scans.items():
        if isinstance(scan, FileError):
            yield Finding("values-not-read", scan.message, name, fix=scan.fix)
            continue
        yield from _not_finite(checkpoint.tensors[name], scan)
        if scan.all_zero:
            what = f"all {scan.count} values of {name} are zero"
            yield Finding("all-zero", what, name, "weights", "zeros", _AGAIN)


def value_notes(scans: dict[str, ValueScan | FileError]) -> Iterator[Finding]:
    """Tensors of one value only. Norms are left out: they start as ones, and may stay so."""
    for name, scan in scans.items():
        if isinstance(scan, FileError) or not scan.constant or scan.count < 2:
            continue
        if not (scan.all_zero or scan.nan or scan.infinite or name.endswith("norm.weight")):
            yield Finding("constant", f"all {scan.count} values of {name} are the same", name)


def _not_finite(entry: TensorEntry, scan: ValueScan) -> Iterator[Finding]:
    for code, count, what in (("nan", scan.nan, "NaN"), ("infinite", scan.infinite, "infinite")):
        if count:
            assert scan.first_not_finite is not None
            at = _position(scan.first_not_finite, entry.shape)
            message = (
                f"{count} of {scan.count} values of {entry.name} are {what}; the first not finite is {at}"
            )
            found = {"count": count, "first_not_finite": at}
            yield Finding(code, message, entry.name, 0, found, _AGAIN)


def _position(index: int, shape: tuple[int, ...]) -> list[int]:
    """The flat index as one index for each axis, in the order in which the file stores the values."""
    at = []
    for axis in range(len(shape)):
        stride = math.prod(shape[axis + 1 :])
        at.append(index // stride)
        index %= stride
    return at
