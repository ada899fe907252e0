"""The file that is handed over, and how it is packed."""

from __future__ import annotations

from ..defect import DefectOf, PlantedDefect

_APR: frozenset[DefectOf] = frozenset({"apr"})
_GGUF: frozenset[DefectOf] = frozenset({"gguf"})
_LLAMA = "fixture-llama"

DECLARED = (
    PlantedDefect(
        "written_as_gguf",
        "The file that is handed over is the export under the checkpoint's name.",
        of=_APR,
        fixture=_LLAMA,
    ),
    PlantedDefect(
        "vocabulary_not_padded",
        "The embedding has more rows than the tokenizer has tokens, and the export lists only these.",
        of=_GGUF,
        fixture="fixture-qwen2",
    ),
    PlantedDefect(
        "pre_tokenizer_renamed",
        "tokenizer.ggml.pre names another pre-tokenizer: it loads, and splits text differently.",
        of=_GGUF,
        fixture=_LLAMA,
    ),
)
