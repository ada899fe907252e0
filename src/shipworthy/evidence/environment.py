"""What of a machine matters to a measurement: processor, memory, device, versions; no name, no path."""

from __future__ import annotations

import os
import platform
from functools import cache
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from .. import __version__
from ..canonical import sha256_file, sha256_json
from ..own_sources import sources_sha256

ENVIRONMENT = "environment.json"
"""The file of a bundle that `describe_environment` is kept in."""
_DISTRIBUTIONS = (
    "torch",
    "numpy",
    "gguf",
    "tokenizers",
    "safetensors",
    "llama-cpp-python",
    "jsonschema",
    "PyYAML",
    "pytest",
)


def describe_environment() -> dict[str, Any]:
    """Facts of this machine and installation as JSON."""
    return {
        "shipworthy": __version__,
        "sources_sha256": sources_sha256(),
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "system": platform.system(),
        "machine": platform.machine(),
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "nvidia_device": nvidia_device_present(),
        "distributions": {name: _version(name) for name in _DISTRIBUTIONS},
        "llama_cpp_library_sha256": llama_cpp_library_sha256(),
    }


@cache
def llama_cpp_library_sha256() -> str | None:
    """SHA-256 over the names and digests of llama.cpp's shared libraries, as `sources_sha256` of ours.

    They are compiled at installation, so a version is not enough. None where they are not installed; nothing
    is imported.
    """
    spec = find_spec("llama_cpp")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / "lib"
    found = sorted([*folder.glob("lib*.so"), *folder.glob("lib*.dylib")])
    return sha256_json({path.name: sha256_file(path) for path in found}) if found else None


def nvidia_device_present() -> bool:
    """Whether the kernel shows an NVIDIA device, whatever CUDA says about it."""
    return any(Path("/proc/driver/nvidia/gpus").glob("*")) or any(Path("/dev").glob("nvidia[0-9]*"))


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _processor() -> str:
    for line in _cpuinfo().splitlines():
        if line.startswith(("model name", "Model")):
            return line.partition(":")[2].strip()
    return platform.processor()


def _cpuinfo() -> str:
    path = Path("/proc/cpuinfo")
    return path.read_text() if path.exists() else ""
