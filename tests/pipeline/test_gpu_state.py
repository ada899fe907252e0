"""What NVML says of a GPU; where it does not answer, that is said and never left out."""

from __future__ import annotations

import pytest

from shipworthy.evidence import nvidia_device_present
from shipworthy.pipeline.gpu_state import NoGpuState, gpu_state, nvml_problem


def test_without_a_driver_nvml_has_a_problem_and_with_one_it_describes_the_device() -> None:
    import torch

    problem = nvml_problem()
    if not nvidia_device_present():
        assert problem is not None
        assert problem.startswith(("NVML does not answer: ", "nvidia-ml-py is not installed"))
        return
    if torch.cuda.is_available() and problem is None:
        found = gpu_state(0)
        assert found["name"] == torch.cuda.get_device_name(0)
        assert found["power_watts"] > 0
    else:
        assert isinstance(problem, str)


def test_the_refusal_says_what_to_install() -> None:
    error = NoGpuState("no-nvml", "nvidia-ml-py is not installed", fix="pip install 'shipworthy[cuda]'")
    assert error.exit_code == 1
    with pytest.raises(NoGpuState, match="no-nvml"):
        raise error
