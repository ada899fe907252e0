"""Raw samples of a throughput measurement."""

from __future__ import annotations

from ..defect import DefectOf, PlantedDefect

_MEASUREMENT: frozenset[DefectOf] = frozenset({"measurement"})
_MEASURED = "fixture-throughput"

DECLARED = (
    PlantedDefect(
        "constant_samples",
        "One duration is measured and written down for every iteration.",
        of=_MEASUREMENT,
        fixture=_MEASURED,
    ),
    PlantedDefect(
        "other_token_count",
        "The benchmark ran 64 tokens where the criterion says 128.",
        of=_MEASUREMENT,
        fixture=_MEASURED,
    ),
    PlantedDefect(
        "tokens_short",
        "The model chose its end-of-text token, and the rate is computed as if it had not.",
        of=_MEASUREMENT,
        fixture=_MEASURED,
    ),
    PlantedDefect(
        "cpu_under_gpu_label",
        "The driver did not come up, the run fell back to the CPU, and kept its label.",
        of=_MEASUREMENT,
        fixture=_MEASURED,
    ),
    PlantedDefect(
        "cache_on_the_cpu",
        "The key/value cache was left on the CPU for want of memory, under the label of the GPU.",
        of=_MEASUREMENT,
        fixture=_MEASURED,
    ),
    PlantedDefect(
        "other_dtype",
        "The weights were cast for speed, and the receipt speaks for the checkpoint as it is.",
        of=_MEASUREMENT,
        fixture=_MEASURED,
    ),
    PlantedDefect(
        "sample_dropped",
        "An iteration that went wrong is left out of the receipt.",
        of=_MEASUREMENT,
        fixture=_MEASURED,
    ),
    PlantedDefect(
        "sample_repeated",
        "The best iteration is counted twice to make up the number.",
        of=_MEASUREMENT,
        fixture=_MEASURED,
    ),
    PlantedDefect(
        "samples_missing",
        "The loop ran no iteration, and the summary is written all the same.",
        of=_MEASUREMENT,
        fixture=_MEASURED,
    ),
    PlantedDefect(
        "samples_sorted",
        "Samples are sorted for a median and stored so: drift and warm-up can no longer be seen.",
        of=_MEASUREMENT,
        fixture=_MEASURED,
    ),
    PlantedDefect(
        "run_dropped",
        "The slow run is taken for an accident and left out.",
        of=_MEASUREMENT,
        fixture=_MEASURED,
    ),
    PlantedDefect(
        "run_copied",
        "One run is measured and its receipt copied to make three.",
        of=_MEASUREMENT,
        fixture=_MEASURED,
    ),
    PlantedDefect(
        "samples_of_another_run",
        "Samples are copied from another run's receipt under a process of their own.",
        of=_MEASUREMENT,
        fixture=_MEASURED,
    ),
    PlantedDefect(
        "one_process",
        "Three runs are a loop in one process, each warm from the one before.",
        of=_MEASUREMENT,
        fixture=_MEASURED,
    ),
    PlantedDefect(
        "nan_sample",
        "A clock went backwards and the rate was written all the same.",
        of=_MEASUREMENT,
        fixture=_MEASURED,
    ),
    PlantedDefect(
        "negative_sample",
        "Start and end are read from two clocks.",
        of=_MEASUREMENT,
        fixture=_MEASURED,
    ),
    PlantedDefect(
        "zero_sample",
        "The clock is too coarse for the work, or the device was not waited for.",
        of=_MEASUREMENT,
        fixture=_MEASURED,
    ),
    PlantedDefect(
        "slowed_down",
        "A debug build, or a model that lies in another device's memory: every token is slow.",
        of=_MEASUREMENT,
        fixture=_MEASURED,
    ),
)
