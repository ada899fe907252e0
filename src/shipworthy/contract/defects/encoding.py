"""How the values of an export are encoded: quantizers, scales, labels of types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..defect import DefectOf, PlantedDefect

_APR: frozenset[DefectOf] = frozenset({"apr"})
_GGUF: frozenset[DefectOf] = frozenset({"gguf"})
_LLAMA = "fixture-llama"
_WIDE = "wide-llama"
_NAME = {"type": "string", "minLength": 1}
_DTYPES = ["f16", "bf16", "q8_0", "q4_k_m", "q5_k_m", "q6_k"]
_EXPORT: Mapping[str, Mapping[str, Any]] = {"dtype": {"enum": _DTYPES}}
_ONE_TENSOR: Mapping[str, Mapping[str, Any]] = {**_EXPORT, "tensor": _NAME}

DECLARED = (
    PlantedDefect(
        "full_precision_weights",
        "Weights as training leaves them: four bits reach a cosine of 0.997, whatever the file is called.",
        of=_APR,
        fixture=_WIDE,
    ),
    PlantedDefect(
        "blocks_along_the_wrong_axis",
        "A quantizer walks down the columns, and its blocks are written as if they were rows.",
        of=_GGUF,
        fixture=_LLAMA,
        parameters=_ONE_TENSOR,
    ),
    PlantedDefect(
        "quantized_twice",
        "One tensor comes from a cache of an earlier 4-bit export; nobody sees that in its type.",
        of=_GGUF,
        fixture=_LLAMA,
        parameters=_ONE_TENSOR,
    ),
    PlantedDefect(
        "made_from_another_export",
        "The full weights are not at hand, and the Q8_0 file is quantized again.",
        of=_GGUF,
        fixture=_LLAMA,
        parameters=_EXPORT,
    ),
    PlantedDefect(
        "type_mislabelled",
        "F16 and BF16 have the same size: a table of types is off by one, and every offset still fits.",
        of=_GGUF,
        fixture=_LLAMA,
        parameters={**_ONE_TENSOR, "label": {"enum": ["F16", "BF16"]}},
    ),
    PlantedDefect(
        "file_type_misstated",
        "The quantized file keeps the type that its source stated of itself.",
        of=_GGUF,
        fixture=_LLAMA,
        parameters={**_EXPORT, "stated": _NAME},
    ),
    PlantedDefect(
        "scale_zeroed",
        "The scale of a small block underflows in F16, and 32 weights are gone.",
        of=_GGUF,
        fixture=_LLAMA,
        parameters=_ONE_TENSOR,
    ),
    PlantedDefect(
        "scales_lost",
        "Scales are written in a second pass, which leaves out one tensor.",
        of=_GGUF,
        fixture=_LLAMA,
        parameters=_ONE_TENSOR,
    ),
    PlantedDefect(
        "nan_scale",
        "A block with an infinite weight gets a scale that is no number, and the file loads.",
        of=_GGUF,
        fixture=_LLAMA,
        parameters=_ONE_TENSOR,
    ),
    PlantedDefect(
        "scales_rounded_down",
        "Scales are cut to F16 instead of rounded: every block comes out a little short.",
        of=_GGUF,
        fixture=_LLAMA,
        parameters={"dtype": {"const": "q8_0"}, "tensor": _NAME},
    ),
    PlantedDefect(
        "cast_by_truncation",
        "The lower half of every float32 is dropped: faster, and every weight a little towards zero.",
        of=_GGUF,
        fixture=_LLAMA,
        parameters={"dtype": {"enum": ["f16", "bf16"]}},
    ),
    PlantedDefect(
        "context_zeroed",
        "The key for the context is written from a field that the configuration does not have.",
        of=_GGUF,
        fixture=_WIDE,
        parameters=_EXPORT,
    ),
)
