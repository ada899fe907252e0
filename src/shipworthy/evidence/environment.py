"""What of a machine matters to a measurement: processor, memory, device, versions; no name, no path."""

from __future__ import annotations

import os
import platform
from importlib import metadata
from pathlib import Path
from typing import Any

from .. import __version__

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
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "system": platform.system(),
        "machine": platform.machine(),
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "nvidia_device": nvidia_device_present(),
        "distributions": {name: _version(name) for name in _DISTRIBUTIONS},
    }


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
