"""K-quants of an export, made by llama.cpp itself: ggml's quantizers are the format's definition."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ..atomic import fsync_directory, refusing_unwritable
from ..checkpoint import open_checkpoint

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
    plain: Path, out: Path, dtype: str, names: Mapping[str, str], scratch: Path
) -> tuple[dict[str, str], list[Fallback]]:
    """Quantize the F32 GGUF `plain`, whose values are finite, in `scratch`, a directory on the disk of `out`,
    and put it in place.

    Returns the type of each tensor by its name in the file, as our reader finds it in what llama.cpp wrote,
    and the matrices that are of another type than the mixture has. `names` maps our names to the file's.
    Raises FileError unwritable; LlamaCppRefused, LlamaCppCrash.
    """
    from . import llama_cpp
    from .gguf_dtypes import Fallback

    written = scratch / "quantized.gguf"
    with refusing_unwritable(out):
        llama_cpp.quantize(
            plain, written, dtype, log=scratch / "llama-cpp.log", threads=len(os.sched_getaffinity(0))
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
