"""Raw samples of a throughput that is held against a baseline."""

from __future__ import annotations

from ..defect import PlantedDefect

_DESCRIBED = {
    "slower_by_a_fifth": "A change that looks harmless costs a fifth of the speed, still above any floor.",
    "slower_beside_faster_memory": (
        "The machine got faster memory, so the rate is as it was and the engine wastes half of what is new."
    ),
    "baseline_of_another_host": "The baseline was measured on somebody's laptop.",
    "baseline_of_another_device": "The baseline was measured on another GPU of the same machine.",
    "baseline_of_other_parameters": "The baseline decoded fewer tokens, with less of a cache to read.",
    "baseline_of_another_model": "The baseline is that of a model of another size.",
    "baseline_of_another_probe": "The baseline's figure was measured in another way, by another probe.",
    "baseline_without_a_figure": "The baseline's record holds no median, and nothing is no bar.",
    "baseline_of_zero": "The baseline was written by a run that measured nothing.",
}

DECLARED = tuple(
    PlantedDefect(name, description, of=frozenset({"measurement"}), fixture="fixture-regression")
    for name, description in _DESCRIBED.items()
)
