"""Devices and dtypes as they are asked for: what was asked is what is used, or it is an error."""

from __future__ import annotations

import platform
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import UsageError

if TYPE_CHECKING:
    import torch

DTYPES = ("f32", "bf16", "f16")
"""Names of dtypes in recipes, options and measurements."""


@dataclass(frozen=True)
class DtypeChoice:
    """The dtype that is computed in, by its name here, and why."""

    name: str
    reason: str

    @property
    def torch_dtype(self) -> torch.dtype:
        """The same as torch names it."""
        import torch

        return {"f32": torch.float32, "bf16": torch.bfloat16, "f16": torch.float16}[self.name]


def resolve_device(name: str) -> torch.device:
    """`cpu`, `cuda` (its first device) or `cuda:N` as a torch device with its index.

    Raises UsageError `unknown-device` for another name and `no-such-device` where it is absent; there is
    no falling back.
    """
    import torch

    match = re.fullmatch(r"cpu|cuda(?::(\d+))?", name)
    if match is None:
        raise UsageError("unknown-device", f"{name!r} is not a device", fix="write cpu, cuda or cuda:N")
    if name == "cpu":
        return torch.device("cpu")
    if not torch.cuda.is_available():
        found = "torch is built without CUDA" if torch.version.cuda is None else "torch finds no CUDA device"
        raise UsageError(
            "no-such-device",
            f"the device {name} is not here: {found}",
            fix="use --device cpu, or another machine",
        )
    index = int(match[1] or 0)
    count = torch.cuda.device_count()
    if index >= count:
        raise UsageError(
            "no-such-device",
            f"the device {name} is not here: CUDA devices are 0 to {count - 1}",
            fix="use one of them",
        )
    return torch.device("cuda", index)


def describe_device(device: torch.device) -> dict[str, Any]:
    """What a measurement records about the hardware, as JSON; memory in bytes."""
    import torch

    if device.type == "cpu":
        return {
            "type": "cpu",
            "name": _processor_name(),
            "capability": torch.backends.cpu.get_cpu_capability(),
            "threads": torch.get_num_threads(),
            "torch": torch.__version__,
        }
    properties = torch.cuda.get_device_properties(device)
    return {
        "type": "cuda",
        "index": device.index,
        "name": properties.name,
        "capability": f"{properties.major}.{properties.minor}",
        "memory_bytes": properties.total_memory,
        "cuda": torch.version.cuda,
        "driver": _nvidia_driver(),
        "torch": torch.__version__,
    }


def choose_dtype(requested: str, device: torch.device) -> DtypeChoice:
    """The compute dtype for `f32`, `bf16`, `f16` or `auto`.

    `auto` is BF16 where the processor multiplies it natively (CUDA capability 8.0 and above, AVX512-BF16
    or AMX), else F32: emulated BF16 is many times slower. Raises UsageError for another name.
    """
    if requested in DTYPES:
        return DtypeChoice(requested, "as asked")
    if requested != "auto":
        raise UsageError(
            "unknown-dtype", f"{requested!r} is not a dtype", fix=f"write auto or one of {', '.join(DTYPES)}"
        )
    if _native_bf16(device):
        return DtypeChoice("bf16", "the processor multiplies BF16 natively")
    return DtypeChoice("f32", "the processor has no native BF16")


def _native_bf16(device: torch.device) -> bool:
    import torch

    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()


def _processor_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _nvidia_driver() -> str | None:
    try:
        text = Path("/proc/driver/nvidia/version").read_text()
    except OSError:
        return None
    match = re.search(r"\b\d+\.\d+(?:\.\d+)?\b", text)
    return match[0] if match else None
