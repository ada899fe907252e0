"""What a child process may use, llama.cpp or a chat template: time, memory, environment, and no network."""

from __future__ import annotations

import ctypes
import os
import resource
from dataclasses import dataclass
from pathlib import Path

_CLONE_NEWUSER = 0x1000_0000
_CLONE_NEWNET = 0x4000_0000
_INHERITED = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "LLAMA_CPP_LIB_PATH")


@dataclass(frozen=True)
class Limits:
    """`seconds` that the caller waits for one child, all its replies together; `memory_bytes` that the
    child may allocate (the memory-mapped weights are not counted); `file_bytes` of the largest file that
    it may write, none unless said."""

    seconds: float = 300.0
    memory_bytes: int = 8_000_000_000
    file_bytes: int = 0


def child_environment(threads: int) -> dict[str, str]:
    """The whole environment of a child: the allow-listed variables of ours and what makes it CPU-only."""
    package_root = Path(__file__).resolve().parents[2]
    return {
        **{name: os.environ[name] for name in _INHERITED if name in os.environ},
        "PYTHONPATH": str(package_root),
        "PYTHONDONTWRITEBYTECODE": "1",
        "OMP_NUM_THREADS": str(threads),
        # Threads that sleep at once halve the speed of an idle machine, threads that spin for long starve on
        # one whose cores others use: this much of spinning costs neither (docs/throughput.md).
        "GOMP_SPINCOUNT": "3000",
        "CUDA_VISIBLE_DEVICES": "",
        # On an abort, ggml would start a debugger and bury the assertion under its output.
        "GGML_NO_BACKTRACE": "1",
    }


def restrict(limits: Limits, threads: int) -> None:
    """Limit this process: memory, processor seconds, files that it may write, no core dump."""
    _lower(resource.RLIMIT_DATA, limits.memory_bytes)
    _lower(resource.RLIMIT_CPU, int(limits.seconds * max(threads, 1)) + 10)
    _lower(resource.RLIMIT_FSIZE, limits.file_bytes)
    _lower(resource.RLIMIT_CORE, 0)


def _lower(which: int, value: int) -> None:
    hard = resource.getrlimit(which)[1]
    allowed = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(which, (allowed, allowed))


def cut_network() -> str:
    """Move this single-threaded process into a network namespace of its own, which has no route out.

    Returns "cut", or "open: REASON" where the kernel does not permit it.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "unshare"):
        return "open: this system has no unshare"
    # A user namespace makes this possible without privilege, but costs access to files of other
    # users, so it is only the second choice.
    for flags in (_CLONE_NEWNET, _CLONE_NEWUSER | _CLONE_NEWNET):
        if libc.unshare(flags) == 0:
            return "cut"
    return f"open: unshare: {os.strerror(ctypes.get_errno())}"
