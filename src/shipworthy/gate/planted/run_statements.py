"""Planted defects of what a run of decoding states beside its samples: device, dtypes, engine, memory."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from ...contract.probes.throughput_schema import TORCH_NAMES
from .receipts import each_run
from .table import makes

Raw = Mapping[str, Any]
Object = dict[str, Any]


def _hold(run: Object, held: dict[str, int]) -> None:
    """As a run whose weights have these bytes by dtype would have it throughout."""
    total = sum(held.values())
    run.update(parameters_by_dtype=held, parameters_bytes=total, bytes_per_token=total)


def _on_cuda(raw: Raw, **values: Any) -> Object:
    """As a run on a GPU would have it, every place and NVML's words included, but for `values`."""

    def move(run: Object) -> None:
        state = {
            "name": run["device_name"],
            "driver": "570.00",
            "sm_clock_mhz": 2520,
            "memory_clock_mhz": 10501,
            "power_watts": 300.0,
        }
        run.update(
            device="cuda",
            parameters_on="cuda",
            cache_on="cuda",
            device_memory_bytes=2 * run["parameters_bytes"],
            gpu={"before": dict(state), "after": dict(state)},
        )
        run.update(deepcopy(values))

    return each_run(raw, move)


def cpu_under_gpu_label(raw: Raw) -> Object:
    """The label says cuda; parameters and cache were seen elsewhere."""
    return _on_cuda(raw, parameters_on="cpu", cache_on="cpu")


def cache_on_the_cpu(raw: Raw) -> Object:
    """Device and parameters are cuda, the key/value cache is not."""
    return _on_cuda(raw, cache_on="cpu")


def other_dtype(raw: Raw) -> Object:
    """The weights were of another dtype than the criterion names."""
    return each_run(raw, lambda run: run.update(dtype="bf16" if run["dtype"] != "bf16" else "f32"))


def no_warm_up(raw: Raw) -> Object:
    """Nothing was decoded before the clock ran."""
    return each_run(raw, lambda run: run.update(warm_up_tokens=0))


def other_engine(raw: Raw) -> Object:
    """Another engine decoded."""
    return each_run(raw, lambda run: run.update(engine="torch" if run["engine"] != "torch" else "llama.cpp"))


def parameters_of_another_dtype(raw: Raw) -> Object:
    """The weights were seen in int8 under the label of the dtype that was asked for."""
    return each_run(raw, lambda run: _hold(run, {"int8": run["weights"]}))


def matrices_of_another_dtype(raw: Raw) -> Object:
    """All but a thousandth of the weights, the norms, lie in bfloat16 under float32, or the reverse."""

    def other(run: Object) -> None:
        few, narrow = run["weights"] // 1000, run["dtype"] == "f32"
        matrices = run["weights"] - few
        norms = {"float32": 4 * few} if narrow else {TORCH_NAMES[run["dtype"]]: 2 * few}
        _hold(run, {"bfloat16": 2 * matrices, **norms} if narrow else {"float32": 4 * matrices, **norms})

    return each_run(raw, other)


def matrices_quantized(raw: Raw) -> Object:
    """The matrices lie in Q8_0, the norms in float32, as in every quantized export."""

    def quantized(run: Object) -> None:
        few = run["weights"] // 1000
        _hold(run, {"Q8_0": (run["weights"] - few) * 34 // 32, "float32": 4 * few})

    return each_run(raw, quantized)


def bytes_per_token_inflated(raw: Raw) -> Object:
    """A token is said to read a quarter more than the weights have."""
    return each_run(raw, lambda run: run.update(bytes_per_token=run["bytes_per_token"] * 5 // 4))


def weights_of_a_smaller_model(raw: Raw) -> Object:
    """Half as many weights as the subject's were decoded, and every byte of them is accounted for."""

    def halve(run: Object) -> None:
        _hold(run, {name: nbytes // 2 for name, nbytes in run["parameters_by_dtype"].items()})

    return each_run(raw, halve)


def cache_of_another_dtype(raw: Raw) -> Object:
    """The cache was kept in eight bits."""
    return each_run(raw, lambda run: run.update(cache_dtype="q8_0"))


def half_of_the_cores(raw: Raw) -> Object:
    """The runs computed with half as many threads as they had cores."""
    return each_run(raw, lambda run: run.update(threads=run["cores"] // 2))


def weights_beside_the_device(raw: Raw) -> Object:
    """The device's memory holds a hundredth of the weights that are said to lie there."""
    held = min(run["parameters_bytes"] for run in raw["runs"]) // 100
    return _on_cuda(raw, device_memory_bytes=held)


def gpu_not_described(raw: Raw) -> Object:
    """A run on a GPU without a word of NVML."""
    return _on_cuda(raw, gpu=None)


def another_gpu(raw: Raw) -> Object:
    """NVML names another GPU than the receipt."""
    return each_run(_on_cuda(raw), lambda run: run.update(device_name="NVIDIA GeForce RTX 4090"))


def another_driver_after(raw: Raw) -> Object:
    """The state behind the samples is of another driver than the one before them."""

    def replaced(run: Object) -> None:
        run["gpu"]["after"]["driver"] = "555.00"

    return each_run(_on_cuda(raw), replaced)


def gpu_states_of_no_time(raw: Raw) -> Object:
    """Two states, and neither says whether it was before or after."""
    return each_run(
        _on_cuda(raw), lambda run: run.update(gpu=dict(zip("xy", run["gpu"].values(), strict=True)))
    )


def bandwidth_not_measured(raw: Raw) -> Object:
    """The bandwidth is null in every run."""
    return each_run(raw, lambda run: run.update(read_bandwidth_bytes_per_second=None))


def bandwidth_in_another_unit(raw: Raw) -> Object:
    """The bandwidth is a thousand million times what it was."""

    def scale(run: Object) -> None:
        run["read_bandwidth_bytes_per_second"] *= 1e9

    return each_run(raw, scale)


def bandwidth_understated(raw: Raw) -> Object:
    """Every run states a tenth of the bandwidth that its reads of memory came to."""

    def tenth(run: Object) -> None:
        run["read_bandwidth_bytes_per_second"] /= 10

    return each_run(raw, tenth)


def bandwidth_of_a_data_sheet(raw: Raw) -> Object:
    """Every read of a run took as long as its fastest."""

    def level(run: Object) -> None:
        reads = run["bandwidth_reads"]
        reads["seconds"] = [min(reads["seconds"])] * len(reads["seconds"])

    return each_run(raw, level)


def bandwidth_without_reads(raw: Raw) -> Object:
    """The reads are left out."""
    return each_run(raw, lambda run: run.pop("bandwidth_reads"))


def memory_read_by_one_thread(raw: Raw) -> Object:
    """Reads took ten times as long, and the bandwidth follows from them."""

    def slower(run: Object) -> None:
        run["read_bandwidth_bytes_per_second"] /= 10
        run["bandwidth_reads"]["seconds"] = [10 * took for took in run["bandwidth_reads"]["seconds"]]

    return each_run(raw, slower)


MADE = makes(
    "measurement",
    cpu_under_gpu_label,
    cache_on_the_cpu,
    other_dtype,
    no_warm_up,
    other_engine,
    parameters_of_another_dtype,
    matrices_of_another_dtype,
    matrices_quantized,
    bytes_per_token_inflated,
    weights_of_a_smaller_model,
    cache_of_another_dtype,
    half_of_the_cores,
    weights_beside_the_device,
    gpu_not_described,
    another_gpu,
    another_driver_after,
    gpu_states_of_no_time,
    bandwidth_not_measured,
    bandwidth_in_another_unit,
    bandwidth_understated,
    bandwidth_of_a_data_sheet,
    bandwidth_without_reads,
    memory_read_by_one_thread,
)
