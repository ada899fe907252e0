"""How each probe takes its raw samples: `measure(subject, artifacts, **with) -> raw`, by probe name.

Modules are imported when their probe runs, since some need torch; so is what finds the probes of others: it
needs all of `contract`, and a worker is started for every measurement.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

Measure = Callable[..., dict[str, Any]]

_MODULES = {
    "chat_template@1": "chat_template",
    "checkpoint_metadata@1": "checkpoint_metadata",
    "decode_throughput@2": "decode_throughput",
    "device_speed_up@1": "device_speed_up",
    "export_encoding@1": "export_encoding",
    "golden_continuations@1": "golden_continuations",
    "golden_output@1": "golden_output",
    "gguf_label@1": "gguf_label",
    "gguf_layout@1": "gguf_layout",
    "gguf_round_trip@1": "gguf_round_trip",
    "gguf_vocabulary@1": "gguf_vocabulary",
    "human_eval@1": "human_eval",
    "human_eval_drift@1": "human_eval_drift",
    "human_eval_repeats@1": "human_eval_repeats",
    "hostile_prompts@1": "hostile_prompts",
    "initial_weights@1": "initial_weights",
    "licence@1": "licence",
    "llama_cpp_loads@1": "llama_cpp_loads",
    "llama_cpp_parity@2": "llama_cpp_parity",
    "published_release@2": "published_release",
    "python_syntax@1": "python_syntax",
    "quantized_round_trip@1": "quantized_round_trip",
    "registered_constants@1": "registered_constants",
    "self_contained@1": "self_contained",
    "tensor_names@1": "tensor_names",
    "text_quality@1": "text_quality",
    "throughput_regression@1": "throughput_regression",
    "tokenizer_embedded@1": "tokenizer_embedded",
    "tokenizer_round_trip@1": "tokenizer_round_trip",
    "weights_load@1": "weights_load",
}

_IMPORT_TORCH = frozenset(
    {
        "golden_continuations@1",
        "gguf_round_trip@1",
        "hostile_prompts@1",
        "initial_weights@1",
        "llama_cpp_parity@2",
        "text_quality@1",
        "weights_load@1",
    }
)
"""Those of ours that import torch and the decoder when they measure."""

_RUN_CODE = frozenset({"human_eval@1", "human_eval_drift@1", "human_eval_repeats@1"})
"""Those of ours that run what a model wrote, in isolation or not at all."""


def measured_probes() -> frozenset[str]:
    """The probes that can be measured."""
    from ...contract.extension import brought_probes

    return frozenset(_MODULES) | brought_probes().keys()


def runs_generated_code(probe: str) -> bool:
    """Whether a probe needs isolation."""
    return probe in _RUN_CODE


def measuring_module(probe: str) -> str:
    """The module of this package that measures a probe of ours."""
    return _MODULES[probe]


def modules_of(probe: str) -> tuple[str, ...]:
    """What a process imports to measure a probe of ours, full names; of one that is brought nothing."""
    if probe not in _MODULES:
        return ()
    heavy = ("torch", "shipworthy.model") if probe in _IMPORT_TORCH else ()
    return (f"{__name__}.{_MODULES[probe]}", *heavy)


def measure(
    probe: str, subject: Path, artifacts: Mapping[str, Path], parameters: Mapping[str, Any], log: Path
) -> dict[str, Any]:
    """Take the raw samples of one probe. `log` is where a probe keeps what its child processes say."""
    run: Measure
    if probe in _MODULES:
        run = import_module(f".{_MODULES[probe]}", __name__).measure
    else:
        from ...contract.extension import brought_probes

        run = brought_probes()[probe].extension.measure
    return run(subject, artifacts, log=log, **parameters)
