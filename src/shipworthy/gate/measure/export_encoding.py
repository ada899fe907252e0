"""Measures export_encoding@1: an export beside the checkpoint and beside what other quantizers make of it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from ...canonical import sha256_file
from ...checkpoint import Checkpoint, open_checkpoint
from ...checkpoint.rotary import to_interleaved
from ...checkpoint.tensor_comparison import compare_tensor
from ...errors import FileError
from ...pipeline import llama_cpp
from ...pipeline.export import export_ggufs, planned
from ...pipeline.gguf_dtypes import Fallback, look_at
from ...pipeline.k_quants import K_QUANTS
from .gguf_file_type import file_type
from .independent_casts import bf16_bits, f16_bits
from .refusal import as_text

_CASTS = {"F32": lambda values: values, "F16": f16_bits, "BF16": bf16_bits}


def measure(subject: Path, artifacts: Mapping[str, Path], *, log: Path, export: str) -> dict[str, Any]:
    """Raw: per tensor shape, largest magnitude, stored type, digests of the stored bytes and of those of
    another quantizer, and the cosine; what the exporter lists; digests of llama.cpp's own files."""
    raw: dict[str, Any] = {"asked": export, "refusal": None, "file_type": None}
    with ExitStack() as stack:
        source = stack.enter_context(open_checkpoint(subject))
        raw["names"] = {"checkpoint": sorted(source.tensors), "gguf": []}
        try:
            file = stack.enter_context(open_checkpoint(artifacts["gguf"]))
        except FileError as error:
            return {**raw, "refusal": as_text(error), "listed": [], "runs": [], "tensors": []}
        raw["names"]["gguf"] = sorted(file.tensors)
        other = stack.enter_context(_other(subject, export, log))
        return {
            **raw,
            "file_type": file_type(file),
            "listed": [
                {"tensor": one.tensor, "stored": one.stored, "reason": one.reason} for one in other.listed
            ],
            "runs": list(other.runs),
            "tensors": [
                _row(source, file, other, name)
                for name in source.tensors
                if name in file.tensors and source.tensors[name].shape == file.tensors[name].shape
            ],
        }


@dataclass(frozen=True)
class _Other:
    """What the exporter lists, and llama.cpp's file where another quantizer is llama.cpp's: the first of the
    runs whose digests `runs` are."""

    listed: tuple[Fallback, ...]
    file: Checkpoint | None = None
    runs: tuple[str, ...] = field(default=())


@contextmanager
def _other(subject: Path, export: str, log: Path) -> Iterator[_Other]:
    """Runs llama.cpp's quantizer where it is the other one, on an F32 export of the subject."""
    if export not in ("q8_0", *K_QUANTS):
        yield _Other(planned(subject, export).fallbacks)
        return
    written: tuple[Path, ...]
    with TemporaryDirectory(dir=log.parent, prefix="quantized-") as name, ExitStack() as stack:
        folder = Path(name)
        plain, first, second = folder / "f32.gguf", folder / "first.gguf", folder / "second.gguf"
        if export in K_QUANTS:
            listed = export_ggufs(subject, {"f32": plain, export: first})[export].fallbacks
            llama_cpp.quantize(plain, second, export, log=log, threads=1)
            written = (first, second)
        else:
            listed = planned(subject, export).fallbacks
            export_ggufs(subject, {"f32": plain})
            llama_cpp.quantize(plain, first, export, log=log, threads=len(os.sched_getaffinity(0)))
            written = (first,)
        runs = tuple(map(sha256_file, written))
        yield _Other(listed, stack.enter_context(open_checkpoint(first)), runs)


def _row(source: Checkpoint, file: Checkpoint, other: _Other, name: str) -> dict[str, Any]:
    stored = file.tensors[name].dtype
    compared = compare_tensor(source, file, name)
    cosine = 1.0 if compared.identical_values else compared.cosine
    return {
        "name": name,
        "shape": list(file.tensors[name].shape),
        "largest": look_at(source.blocks(name)).largest,
        "source": source.tensors[name].dtype,
        "stored": stored,
        "stored_sha256": _sha256(file.raw_blocks(name)),
        "independent_sha256": _independent(source, file, other, name),
        "copied": compared.identical_bytes,
        "cosine": cosine,
    }


def _independent(source: Checkpoint, file: Checkpoint, other: _Other, name: str) -> str | None:
    """The digest of what another quantizer makes of a tensor in the type in which it is stored, or None where
    there is none."""
    cast = _CASTS.get(file.tensors[name].dtype)
    if cast is not None:
        return _sha256(cast(values).view(np.uint8).data for values in _as_stored(source, file, name))
    if other.file is not None and other.file.tensors[name].dtype == file.tensors[name].dtype:
        return _sha256(other.file.raw_blocks(name))
    return None


def _as_stored(source: Checkpoint, file: Checkpoint, name: str) -> Iterator[np.ndarray]:
    """The values of the checkpoint, float32, rows in the order of the file."""
    if not file.is_permuted(name):
        yield from source.blocks(name)
        return
    head_dim = file.config().head_dim
    for _, block in source.blocks_as_stored(name, together=head_dim):
        yield to_interleaved(block, len(block) // head_dim)


def _sha256(pieces: Iterable[memoryview]) -> str:
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()
