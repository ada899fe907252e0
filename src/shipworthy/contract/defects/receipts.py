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
        "cpu_under_gpu_label",
        "The driver did not come up, the run fell back to the CPU, and kept its label.",
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
        "nan_sample",
        "A clock went backwards and the rate was written all the same.",
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
