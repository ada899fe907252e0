"""What a measurement must hold in memory, reckoned from a subject's sizes before anything is loaded."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..checkpoint import open_checkpoint
from ..contract import Falsifier
from ..errors import FileError

_F32 = 4
_BYTES = {"f32": 4.0, "f16": 2.0, "bf16": 2.0, "q8_0": 34 / 32}
"""Of one weight of a matrix in an export."""


def too_large(subject: Path, falsifier: Falsifier) -> str:
    """Why the subject does not fit into the falsifier's limit, or into this machine; empty where it fits, or
    where nothing can be said of it yet."""
    import psutil

    reckon = _NEEDED.get(falsifier.probe)
    if reckon is None:
        return ""
    try:
        needed = reckon(subject, falsifier.parameters)
    except FileError:
        return ""
    machine, limit = psutil.virtual_memory().total, falsifier.limits.memory_bytes
    for bound, what in ((limit, "its limit is"), (machine, "this machine has")):
        if bound is not None and needed > bound:
            return f"it needs about {needed} bytes of memory, {what} {bound}; nothing was started"
    return ""


def parity_bytes(subject: Path, parameters: Mapping[str, Any]) -> int:
    """Of `llama_cpp_parity`: llama.cpp holds all weights and a batch of logits; our side, which reads one
    layer at a time, the matrices of tokens and a prompt's logits of both.

    Raises FileError where the subject does not state its sizes.
    """
    with open_checkpoint(subject) as checkpoint:
        config = checkpoint.config()
    sizes = {name: math.prod(shape) for name, shape in config.tensor_shapes().items()}
    weights = sum(sizes.values()) * _BYTES[parameters["export"]]
    ours = sum(size for name, size in sizes.items() if ".layers." not in name)
    logits = parameters["positions"] * config.vocab_size
    doubled = 2 if parameters["in_float64"] else 1
    return int(weights + ours * _F32 * doubled + 3 * logits * _F32)


_NEEDED: Mapping[str, Callable[[Path, Mapping[str, Any]], int]] = {"llama_cpp_parity@2": parity_bytes}
