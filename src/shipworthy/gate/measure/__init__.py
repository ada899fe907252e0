"""How each probe takes its raw samples: `measure(subject, artifacts, **with) -> raw`, by probe name.

Modules are imported when their probe runs, since some need torch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

Measure = Callable[..., dict[str, Any]]

_MODULES = {
    "checkpoint_metadata@1": "checkpoint_metadata",
    "decode_throughput@1": "decode_throughput",
    "llama_cpp_parity@1": "llama_cpp_parity",
    "self_contained@1": "self_contained",
}


def measured_probes() -> frozenset[str]:
    """The probes that can be measured."""
    return frozenset(_MODULES)


def measure(
    probe: str, subject: Path, artifacts: Mapping[str, Path], parameters: Mapping[str, Any], log: Path
) -> dict[str, Any]:
    """Take the raw samples of one probe. `log` is where a probe keeps what its child processes say."""
    module = import_module(f".{_MODULES[probe]}", __name__)
    run: Measure = module.measure
    return run(subject, artifacts, log=log, **parameters)
