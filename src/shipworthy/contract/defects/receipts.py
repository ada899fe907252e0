"""Raw samples of a throughput measurement."""

from __future__ import annotations

from ..defect import PlantedDefect

_MEASURED = "fixture-throughput"
_DESCRIBED = {
    "constant_samples": "One duration is measured and written down for every iteration.",
    "other_token_count": "The benchmark ran 64 tokens where the criterion says 128.",
    "tokens_short": "The model chose its end-of-text token, and the rate is computed as if it had not.",
    "cpu_under_gpu_label": "The driver did not come up, the run fell back to the CPU, and kept its label.",
    "cache_on_the_cpu": (
        "The key/value cache was left on the CPU for want of memory, under the label of the GPU."
    ),
    "other_dtype": "The weights were cast for speed, and the receipt speaks for the checkpoint as it is.",
    "sample_dropped": "An iteration that went wrong is left out of the receipt.",
    "sample_repeated": "The best iteration is counted twice to make up the number.",
    "samples_missing": "The loop ran no iteration, and the summary is written all the same.",
    "samples_sorted": (
        "Samples are sorted for a median and stored so: drift and warm-up can no longer be seen."
    ),
    "run_dropped": "The slow run is taken for an accident and left out.",
    "run_copied": "One run is measured and its receipt copied to make three.",
    "samples_of_another_run": "Samples are copied from another run's receipt under a process of their own.",
    "one_process": "Three runs are a loop in one process, each warm from the one before.",
    "nan_sample": "A clock went backwards and the rate was written all the same.",
    "negative_sample": "Start and end are read from two clocks.",
    "zero_sample": "The clock is too coarse for the work, or the device was not waited for.",
    "slowed_down": "A debug build, or a model that lies in another device's memory: every token is slow.",
    "runs_missing": "The loop over the runs was never entered, and the receipt is written all the same.",
    "no_warm_up": "The first token pays for the loading of kernels, and the receipt calls it steady.",
    "other_engine": "The receipt of a faster engine is handed in for the one that is named.",
    "parameters_of_another_dtype": (
        "The label says the dtype that was asked for; the weights are held in another."
    ),
    "matrices_of_another_dtype": (
        "An export keeps its norms in float32, and the label was taken from the first tensor that was met."
    ),
    "matrices_quantized": "The quantized export lay in the cache, and was taken for the one asked for.",
    "bytes_per_token_inflated": (
        "The embedding was counted beside the head that shares it, and the fraction of the bandwidth rose."
    ),
    "weights_of_a_smaller_model": "A pruned copy was decoded, and the receipt filed under the subject.",
    "cache_of_another_dtype": "The cache was quantized for speed, which nobody had asked for.",
    "half_of_the_cores": "The process was pinned to one socket, and the statement says every core.",
    "samples_nearly_constant": "One duration was measured and the others were made up by rounding.",
    "runs_permuted": "One run was measured, and shuffled twice to make three.",
    "bandwidth_in_another_unit": "The bandwidth was multiplied by 10^9 twice: no rate is too fast beside it.",
    "another_driver_after": "Two halves of two runs were joined into one receipt.",
    "gpu_states_of_no_time": "NVML was asked twice when all was over.",
    "weights_beside_the_device": (
        "The device is named and the cache lies there; its memory holds none of the weights."
    ),
    "gpu_not_described": (
        "The run was on a GPU, and nobody asked which, at which clocks, under which power limit."
    ),
    "another_gpu": "The label names the GPU that was asked for, and NVML the one that was there.",
    "bandwidth_not_measured": "The bandwidth of the data sheet was to be filled in later.",
    "faster_than_memory": "The clock is stopped before the device has done what it was given.",
    "first_token_after_the_last": "The two clocks of a sample are read from different iterations.",
    "extension_not_declared": "The runs came out badly, and three more are added that nobody had announced.",
    "extension_needless": "The first runs decided, and more were taken to see whether the verdict holds.",
    "extension_twice": "The extension came out badly too, so there is a second one.",
    "extension_in_the_same_process": "The extension is taken by a process that is warm from the first runs.",
}

_OF_READS = {
    "bandwidth_understated": (
        "A read that a neighbour disturbed was taken for the bandwidth: beside it every fraction looks good."
    ),
    "bandwidth_of_a_data_sheet": "The bandwidth was looked up, and five reads were made up that give it.",
    "bandwidth_without_reads": "The bandwidth is a figure of which nobody kept what it was derived from.",
    "memory_read_by_one_thread": "Memory was read by one thread of many, ten times slower than it can be.",
}

_OF_A_SWEEP = {
    "sweep_missing": "The number of threads was chosen once, on another machine, and never tried here.",
    "sweep_of_other_counts": "The sweep was planned for another machine, with other cores.",
    "sweep_constant": "The sweep was filled in from one figure.",
    "sweep_of_another_engine": "The sweep is that of the engine that was there before.",
    "sweep_without_figures": "The sweep broke off, and its rows were kept.",
}

DECLARED = (
    *(
        PlantedDefect(name, description, of=frozenset({"measurement"}), fixture=_MEASURED)
        for name, description in _DESCRIBED.items()
    ),
    *(
        PlantedDefect(name, description, of=frozenset({"measurement"}), fixture="fixture-roofline")
        for name, description in {**_OF_READS, **_OF_A_SWEEP}.items()
    ),
    PlantedDefect(
        "reference_spoilt",
        "The device's receipt is looked at closely, and that of what it is faster than is taken as it comes.",
        of=frozenset({"measurement"}),
        fixture="fixture-speed-up",
        parameters={"by": {"enum": sorted(_DESCRIBED)}},
    ),
)
