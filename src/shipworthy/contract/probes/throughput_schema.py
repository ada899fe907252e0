"""What runs of decoding declare: parameters, the shape of raw samples, quantities."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..probe import Quantity

TORCH_NAMES = {"f32": "float32", "f16": "float16", "bf16": "bfloat16"}

RUN_QUANTITIES: Mapping[str, Quantity] = {
    "runs": Quantity("integer", "runs measured before any extension", minimum=0),
    "extensions": Quantity("integer", "how often more runs were taken after a first look", minimum=0),
    "extension_runs": Quantity("integer", "runs of extensions; they count in all that follows", minimum=0),
    "processes": Quantity("integer", "distinct processes that measured the first runs", minimum=0),
    "fresh_processes": Quantity("boolean", "every run, an extension's too, has a process of its own"),
    "iterations": Quantity("integer", "iterations of every run; 0 where runs differ", minimum=0),
    "tokens": Quantity("integer", "tokens decoded in every iteration; 0 where iterations differ", minimum=0),
    "warm_up_tokens": Quantity("integer", "fewest tokens that a run decoded before it was timed", minimum=0),
    "engine": Quantity(
        "string", "what decoded in every run; mixed if they differ", values=("torch", "llama.cpp", "mixed")
    ),
    "threads": Quantity("integer", "threads of every run; 0 where they differ", minimum=0),
    "every_core": Quantity("boolean", "every run computed with as many threads as it had cores to use"),
    "device": Quantity("string", "what every run says it ran on; mixed if they differ"),
    "device_name": Quantity("string", "what the device of every run is called; mixed if they differ"),
    "device_proven": Quantity("boolean", "in every run parameters and cache were seen on that device"),
    "memory_on_device": Quantity("boolean", "a device with its own memory held the bytes of the parameters"),
    "gpu_state_recorded": Quantity(
        "boolean", "on CUDA, NVML gave name, driver, clocks and power in every run"
    ),
    "dtype": Quantity("string", "dtype of every run; mixed if they differ"),
    "dtype_proven": Quantity(
        "boolean",
        "in every run 95 % of the bytes of the weights were seen in that dtype, the rest in float32",
    ),
    "dtype_kept": Quantity(
        "boolean", "in every run each weight was seen in that dtype or in float32, which holds its value"
    ),
    "cache_dtype": Quantity("string", "in which dtype the cache was seen in every run; mixed if they differ"),
    "weights_read": Quantity(
        "boolean", "in every run a token read the bytes of as many weights as the subject has, to a hundredth"
    ),
    "finite": Quantity("boolean", "every duration and bandwidth is positive and finite, and there is one"),
    "samples_vary": Quantity(
        "boolean", "within every run no duration stands for more than half of the samples"
    ),
    "runs_differ": Quantity("boolean", "no two runs have half of their durations in common"),
    "order_plausible": Quantity("boolean", "not every run's samples stand in one order of their durations"),
    "bytes_per_token": Quantity(
        "integer", "bytes of weights that a token reads; 0 where runs differ", minimum=0
    ),
    "read_bandwidth": Quantity("number", "slowest read of memory that a run's process measured", unit="GB/s"),
    "bandwidth_sampled": Quantity(
        "boolean",
        "in every run the bandwidth is that of the fastest of five or more reads of memory, which vary",
    ),
    "tokens_per_second": Quantity("interval", "median of the slowest run", unit="tokens/s", minimum=0),
    "median_tokens_per_second": Quantity("number", "least median of a run", unit="tokens/s", minimum=0),
    "fraction_of_bandwidth": Quantity(
        "interval",
        "bytes of weights read a second over the read bandwidth, median of the least run",
        minimum=0,
    ),
    "median_fraction_of_bandwidth": Quantity("number", "least median fraction of a run", minimum=0),
    "greatest_fraction_of_bandwidth": Quantity(
        "number",
        "largest fraction of any sample: above 1 memory would be read faster than it can be",
        minimum=0,
        with_more_samples="grows",
    ),
}

_NUMBER_OR_NULL = {"type": ["number", "null"]}
_GPU = {
    "type": "object",
    "required": ["name", "driver", "sm_clock_mhz", "memory_clock_mhz", "power_watts"],
    "properties": {
        "name": {"type": "string"},
        "driver": {"type": "string"},
        "sm_clock_mhz": _NUMBER_OR_NULL,
        "memory_clock_mhz": _NUMBER_OR_NULL,
        "power_watts": _NUMBER_OR_NULL,
    },
}

RUN_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "required": [
        "extension", "process", "engine", "device", "device_name", "device_memory_bytes", "gpu",
        "parameters_on", "parameters_bytes", "parameters_by_dtype", "weights", "cache_on", "cache_dtype",
        "dtype", "threads", "cores", "warm_up_tokens", "bytes_per_token",
        "read_bandwidth_bytes_per_second", "samples",
    ],
    "properties": {
        "extension": {"type": "integer", "minimum": 0},
        "process": {"type": "string"},
        "engine": {"enum": ["torch", "llama.cpp"]},
        "device": {"type": "string"},
        "device_name": {"type": "string"},
        "device_memory_bytes": {"type": ["integer", "null"], "minimum": 0},
        "gpu": {"type": ["object", "null"], "additionalProperties": _GPU},
        "parameters_on": {"type": "string"},
        "parameters_bytes": {"type": "integer", "minimum": 0},
        "parameters_by_dtype": {"type": "object", "additionalProperties": {"type": "integer", "minimum": 0}},
        "weights": {"type": "integer", "minimum": 0},
        "cache_on": {"type": "string"},
        "cache_dtype": {"type": "string"},
        "dtype": {"enum": [*TORCH_NAMES]},
        "threads": {"type": "integer", "minimum": 0},
        "cores": {"type": "integer", "minimum": 1},
        "warm_up_tokens": {"type": "integer", "minimum": 0},
        "bytes_per_token": {"type": "integer", "minimum": 0},
        "read_bandwidth_bytes_per_second": _NUMBER_OR_NULL,
        "bandwidth_reads": {
            "type": "object",
            "required": ["bytes", "seconds"],
            "properties": {
                "bytes": {"type": "integer", "minimum": 0},
                "seconds": {"type": "array", "items": _NUMBER_OR_NULL},
            },
        },
        "samples": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["tokens", "seconds", "ttft_seconds"],
                "properties": {
                    "tokens": {"type": "integer", "minimum": 0},
                    "seconds": _NUMBER_OR_NULL,
                    "ttft_seconds": _NUMBER_OR_NULL,
                },
            },
        },
    },
}  # fmt: skip
"""One run as a measurement keeps it: what it was taken with, where everything lay, and each duration."""

RUN_PARAMETERS: Mapping[str, Mapping[str, Any]] = {
    "runs": {"type": "integer", "minimum": 1, "maximum": 20},
    "extension": {"type": "integer", "minimum": 1, "maximum": 20},
    "iterations": {"type": "integer", "minimum": 2, "maximum": 100},
    "max_tokens": {"type": "integer", "minimum": 2, "maximum": 4096},
    "engine": {"enum": ["torch", "llama.cpp"]},
    "threads": {"type": "integer", "minimum": 1, "maximum": 1024},
    "device": {"enum": ["cpu", "cuda"]},
    "dtype": {"enum": ["f32", "f16", "bf16"]},
}
"""`threads` unless given: every core; `extension` unless given: none."""
