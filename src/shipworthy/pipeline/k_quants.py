"""K-quants of an export, made by llama.cpp itself: ggml's quantizers are the format's definition."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ..atomic import fsync_directory, refusing_unwritable
from ..checkpoint import open_checkpoint
from ..errors import UsageError

if TYPE_CHECKING:
    from .gguf_dtypes import Fallback

_BLOCK = 256
"""Values of a row that a K-quant's block holds (ggml's QK_K)."""
K_QUANTS: Mapping[str, frozenset[str]] = {
    "q4_k_m": frozenset({"Q4_K", "Q6_K"}),
    "q5_k_m": frozenset({"Q5_K", "Q6_K"}),
    "q6_k": frozenset({"Q6_K"}),
}
"""What can be asked for, and the types that llama.cpp mixes for it by design: tensors that matter more get
more bits."""


def quantize_export(
    plain: Path, out: Path, dtype: str, names: Mapping[str, str]
) -> tuple[dict[str, str], list[Fallback]]:
    """Quantize the F32 GGUF `plain`, in a directory of its own on the disk of `out`, and put it in place.

    Returns the type of each tensor by its name in the file, as our reader finds it in what llama.cpp wrote,
    and the matrices that are of another type than the mixture has. `names` maps our names to the file's.
    Raises UsageError non-finite-weight where a value is not finite: llama.cpp would write it as a number.
    FileError unwritable; LlamaCppRefused, LlamaCppCrash.
    """
    import numpy as np

    from . import llama_cpp
    from .gguf_dtypes import Fallback

    with open_checkpoint(plain) as source:
        for name in source.tensors:
            if not all(bool(np.isfinite(block).all()) for block in source.blocks(name)):
                message = f"{name} has values that are not finite, which {dtype} cannot hold"
                raise UsageError("non-finite-weight", message, fix="export as f32 to keep them")
    written = plain.with_name("quantized.gguf")
    with refusing_unwritable(out):
        llama_cpp.quantize(
            plain, written, dtype, log=plain.with_name("llama-cpp.log"), threads=len(os.sched_getaffinity(0))
        )
        with open_checkpoint(written) as found:
            entries = dict(found.tensors)
        with written.open("rb") as stream:
            os.fsync(stream.fileno())
        written.replace(out)
        fsync_directory(out.parent)
    fallbacks = [
        Fallback(
            name,
            dtype,
            entry.dtype.lower(),
            f"rows of {entry.shape[-1]} values are not a multiple of {_BLOCK}"
            if entry.shape[-1] % _BLOCK
            else "llama.cpp chose so",
        )
        for name, entry in entries.items()
        if len(entry.shape) > 1 and entry.dtype not in K_QUANTS[dtype]
    ]
    return {names[name]: entry.dtype for name, entry in entries.items()}, fallbacks
