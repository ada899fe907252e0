"""The file that is handed over, and how it is packed."""

from __future__ import annotations

from ..defect import DefectOf, PlantedDefect

_APR: frozenset[DefectOf] = frozenset({"apr"})
_GGUF: frozenset[DefectOf] = frozenset({"gguf"})
_LLAMA = "fixture-llama"
_QWEN2 = "fixture-qwen2"

DECLARED = (
    PlantedDefect(
        "written_as_gguf",
        "The file that is handed over is the export under the checkpoint's name.",
        of=_APR,
        fixture=_LLAMA,
    ),
    PlantedDefect(
        "export_cut_short",
        "The disk was full, or the copy broke off.",
        of=_GGUF,
        fixture=_LLAMA,
    ),
    PlantedDefect(
        "export_empty",
        "The file was created and the process that should fill it died.",
        of=_GGUF,
        fixture=_LLAMA,
    ),
    PlantedDefect(
        "vocabulary_not_padded",
        "The embedding has more rows than the tokenizer has tokens, and the export lists only these.",
        of=_GGUF,
        fixture=_QWEN2,
    ),
    PlantedDefect(
        "alignment_misstated",
        "The key for the alignment is written, and the writer keeps its default.",
        of=_GGUF,
        fixture=_LLAMA,
    ),
    PlantedDefect(
        "exported_as_another_family",
        "Every exporter writes llama: llama.cpp computes with llama's rotary layout and without an error.",
        of=_GGUF,
        fixture=_QWEN2,
        kl_nats=0.0024,
    ),
    PlantedDefect(
        "stored_as_f16",
        "The export script's default is F16, and the file is called model-f32.gguf.",
        of=_GGUF,
        fixture=_LLAMA,
        kl_nats=1.4e-07,
    ),
    PlantedDefect(
        "exported_in_another_dtype",
        "A loop over dtypes captures its variable late: the file called model-f16.gguf is what came last.",
        of=_GGUF,
        fixture=_LLAMA,
        parameters={"dtype": {"enum": ["f16", "bf16", "q8_0"]}},
    ),
    PlantedDefect(
        "output_untied",
        "The exporter allocates an output matrix that a tied model has not, and fills it with what is there.",
        of=_GGUF,
        fixture=_LLAMA,
        kl_nats=0.19,
    ),
    PlantedDefect(
        "rope_scaling_added",
        "A configuration for a longer context is copied beside weights that were not trained for it.",
        of=_GGUF,
        fixture=_LLAMA,
        kl_nats=0.0021,
    ),
)
