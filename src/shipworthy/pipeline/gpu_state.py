"""What NVML, NVIDIA's management library, says of a GPU: its name, driver, clocks, power and temperature."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..errors import ShipworthyError

_FIX = "pip install 'shipworthy[cuda]' beside an NVIDIA driver"


class NoGpuState(ShipworthyError):
    """NVML is not there or does not answer: a measurement on CUDA without it would not say what it was on."""

    exit_code = 1


def gpu_state(index: int) -> dict[str, Any]:
    """The state of torch's CUDA device `index`: megahertz, watts, degrees Celsius. Raises NoGpuState."""
    import torch

    # NVML numbers devices otherwise than CUDA does; the UUID is the same, and is not recorded.
    uuid = f"GPU-{torch.cuda.get_device_properties(index).uuid}"
    with _nvml() as nvml:
        handle = nvml.nvmlDeviceGetHandleByUUID(uuid)
        return {
            "name": nvml.nvmlDeviceGetName(handle),
            "driver": nvml.nvmlSystemGetDriverVersion(),
            "sm_clock_mhz": nvml.nvmlDeviceGetClockInfo(handle, nvml.NVML_CLOCK_SM),
            "memory_clock_mhz": nvml.nvmlDeviceGetClockInfo(handle, nvml.NVML_CLOCK_MEM),
            "sm_clock_most_mhz": nvml.nvmlDeviceGetMaxClockInfo(handle, nvml.NVML_CLOCK_SM),
            "power_watts": nvml.nvmlDeviceGetPowerUsage(handle) / 1000,
            "power_limit_watts": nvml.nvmlDeviceGetEnforcedPowerLimit(handle) / 1000,
            "temperature_celsius": nvml.nvmlDeviceGetTemperature(handle, nvml.NVML_TEMPERATURE_GPU),
        }


def nvml_problem() -> str | None:
    """Why NVML cannot be asked here, or None where it can."""
    try:
        with _nvml():
            return None
    except NoGpuState as error:
        return error.message


@contextmanager
def _nvml() -> Iterator[Any]:
    try:
        import pynvml
    except ImportError as error:
        raise NoGpuState("no-nvml", "nvidia-ml-py is not installed", fix=_FIX) from error
    try:
        pynvml.nvmlInit()
        try:
            yield pynvml
        finally:
            pynvml.nvmlShutdown()
    except pynvml.NVMLError as error:
        raise NoGpuState("no-nvml", f"NVML does not answer: {error}", fix=_FIX) from error
