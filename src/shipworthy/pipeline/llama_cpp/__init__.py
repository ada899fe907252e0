"""llama.cpp as a judge in a process of its own: load, logits, tokenize, detokenize, generate.

Every call starts a child with an allow-listed environment, limits on time and memory and, where the
kernel permits it, no network. The child's stderr is kept in the file named `log`; its death is
`LlamaCppCrash`, a model that it will not load `LlamaCppRefused`.
"""

from ..child_limits import Limits
from .client import (
    Generation,
    Logits,
    Seen,
    Timed,
    bench,
    continuations,
    detokenize,
    generate,
    load,
    logits,
    quantize,
    stream,
    tokenize,
)
from .process import LlamaCppCrash, LlamaCppError, LlamaCppRefused

__all__ = [
    "Generation",
    "Limits",
    "LlamaCppCrash",
    "LlamaCppError",
    "LlamaCppRefused",
    "Logits",
    "Seen",
    "Timed",
    "bench",
    "continuations",
    "detokenize",
    "generate",
    "load",
    "logits",
    "quantize",
    "stream",
    "tokenize",
]
