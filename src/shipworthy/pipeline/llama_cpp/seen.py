"""What llama.cpp says, as it makes them, of the memory that holds its weights and its cache.

Its C API has no word for either. Its log has: a line per buffer, with the name of the backend that the buffer
belongs to, and one with the types of the cache. A line that another version words otherwise is not found, and
what was not found is `unknown`, which no device and no dtype is called.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

UNKNOWN = "unknown"
_WEIGHTS = re.compile(r"load_tensors:\s+(\S+) model buffer size")
_CACHE = re.compile(r"llama_kv_cache:\s+(\S+) KV buffer size")
_TYPES = re.compile(r"llama_kv_cache: size =.*\bK \((\w+)\):.*\bV \((\w+)\):")
_BACKEND = re.compile(r"[A-Za-z]+")


def is_of_memory(line: str) -> bool:
    """Whether a line of the log is one that `seen` reads."""
    return any(pattern.match(line) for pattern in (_WEIGHTS, _CACHE, _TYPES))


def seen(lines: Iterable[str]) -> dict[str, str]:
    """`parameters_on` and `cache_on`, such as cpu or cuda, `cache_dtype`, such as f32; joined by +."""
    said = list(lines)
    return {
        "parameters_on": _joined(_backend(m[1]) for m in map(_WEIGHTS.match, said) if m),
        "cache_on": _joined(_backend(m[1]) for m in map(_CACHE.match, said) if m),
        "cache_dtype": _joined(kind for m in map(_TYPES.match, said) if m for kind in m.groups()),
    }


def _backend(buffer: str) -> str:
    """CPU, CPU_Mapped and CPU_REPACK are of the CPU, CUDA0 of CUDA."""
    found = _BACKEND.match(buffer)
    return found[0].lower() if found else UNKNOWN


def _joined(found: Iterable[str]) -> str:
    return "+".join(sorted(set(found))) or UNKNOWN
