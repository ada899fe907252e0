"""Whether this machine is one on which a falsifier may be measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..contract import Host, Outcome, judge_values
from ..evidence import nvidia_device_present


@dataclass(frozen=True)
class HostAnswer:
    """PASS, UNMEASURABLE (missing_hardware) or ERROR, with what was found."""

    outcome: Outcome
    detail: str
    facts: Mapping[str, Any]


def check_host(host: Host) -> HostAnswer:
    """Hold this machine against a host file.

    Without an NVIDIA device a cuda host is missing hardware; with one on which CUDA does not come up it is an
    error; with another device than the host's it is missing hardware again.
    """
    if host.device == "cpu":
        facts: dict[str, Any] = {"device": "cpu"}
    elif not nvidia_device_present():
        return HostAnswer(
            Outcome.UNMEASURABLE, f"{host.title} is needed; this machine has no NVIDIA device", {}
        )
    else:
        facts = cuda_facts()
        if not facts["cuda_available"]:
            return HostAnswer(
                Outcome.ERROR, "an NVIDIA device is present and CUDA does not come up in torch", facts
            )
    judgement = judge_values(host.expect, facts, None, {})
    if host.expect and judgement.outcome is not Outcome.PASS:
        found = "; ".join(check.message for check in judgement.checks)
        return HostAnswer(Outcome.UNMEASURABLE, f"{host.title} is needed: {found}", facts)
    return HostAnswer(Outcome.PASS, "", facts)


def cuda_facts() -> dict[str, Any]:
    """What torch says of the first CUDA device."""
    import torch

    if not torch.cuda.is_available():
        return {"device": "cuda", "cuda_available": False}
    properties = torch.cuda.get_device_properties(0)
    return {
        "device": "cuda",
        "cuda_available": True,
        "gpu_name": properties.name,
        "gpu_memory_bytes": properties.total_memory,
        "compute_capability": f"{properties.major}.{properties.minor}",
        "cuda": torch.version.cuda,
    }
