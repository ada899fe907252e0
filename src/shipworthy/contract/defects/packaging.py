"""How a checkpoint and its export are packed: special ids, labels, vocabularies, offsets, licences."""

from __future__ import annotations

from ..defect import DefectOf, PlantedDefect

_TEXT = {"type": "string", "minLength": 1}
_APR: frozenset[DefectOf] = frozenset({"apr"})
_GGUF: frozenset[DefectOf] = frozenset({"gguf"})
_HF: frozenset[DefectOf] = frozenset({"hf"})
_LLAMA = "fixture-llama"
_QWEN2 = "fixture-qwen2"

DECLARED = (
    PlantedDefect(
        "false_zero_id",
        "A tool has no begin-of-text token to name, and writes 0, which is an ordinary token.",
        of=_APR,
        fixture=_LLAMA,
    ),
    PlantedDefect(
        "special_id_as_text",
        "A configuration passed through an environment variable: the id is the text '2'.",
        of=_APR,
        fixture=_LLAMA,
    ),
    PlantedDefect(
        "merges_not_embedded",
        "Vocabulary and merges are two files, and only the first was packed.",
        of=_APR,
        fixture=_LLAMA,
    ),
    PlantedDefect(
        "output_projection_lost",
        "A save that drops shared tensors also drops the output projection of a model that is not tied.",
        of=_APR,
        fixture=_QWEN2,
    ),
    PlantedDefect(
        "export_relabelled",
        "general.architecture is the Hugging Face class, or a misspelling: 'unknown model architecture'.",
        of=_GGUF,
        fixture=_LLAMA,
        parameters={"label": _TEXT},
    ),
    PlantedDefect(
        "keys_of_another_family",
        "The label was corrected by hand after the export; the constants stay under the old name.",
        of=_GGUF,
        fixture=_LLAMA,
    ),
    PlantedDefect(
        "pads_over_added_tokens",
        "Padding starts behind the base tokens and overwrites the added ones that stand there.",
        of=_GGUF,
        fixture=_QWEN2,
    ),
    PlantedDefect(
        "pads_as_ordinary_tokens",
        "Pads are appended without a type of their own: sampling can choose them.",
        of=_GGUF,
        fixture=_QWEN2,
    ),
    PlantedDefect(
        "pads_all_alike",
        "Every row without a token is called <pad>; llama.cpp maps text to one id only.",
        of=_GGUF,
        fixture=_QWEN2,
    ),
    PlantedDefect(
        "offsets_before_padding",
        "Offsets are computed from the embedding before it was padded: 'offset 1091882496, expected ...'.",
        of=_GGUF,
        fixture=_LLAMA,
    ),
    PlantedDefect(
        "k_quant_of_narrow_rows",
        "A K-quant is chosen for a matrix whose rows are not multiples of 256 values.",
        of=_GGUF,
        fixture=_LLAMA,
    ),
    PlantedDefect(
        "padding_not_zeroed",
        "A writer seeks over the padding, and what the disk held before stays in the file.",
        of=_GGUF,
        fixture=_LLAMA,
    ),
    PlantedDefect(
        "bytes_after_the_end",
        "A new, shorter file is written over an old one that is not truncated first.",
        of=_GGUF,
        fixture=_LLAMA,
    ),
    PlantedDefect(
        "biases_not_exported",
        "The export follows llama's tensor list: 72 biases of a qwen2 are never written.",
        of=_GGUF,
        fixture=_QWEN2,
    ),
    PlantedDefect(
        "licence_not_exported",
        "The exporter copies what llama.cpp needs to run, and a licence is not needed to run.",
        of=_GGUF,
        fixture=_LLAMA,
    ),
    PlantedDefect(
        "licence_replaced_in_export",
        "A fine-tune is published under another licence than the one its upstream gave.",
        of=_GGUF,
        fixture=_LLAMA,
        parameters={"licence": _TEXT},
    ),
    PlantedDefect(
        "weight_not_finite",
        "One weight overflowed in the last step, and the save did not look.",
        of=_HF,
        fixture=_QWEN2,
    ),
    PlantedDefect(
        "tensor_under_another_name",
        "A wrapper that compiles the model gives its tensors another name, and the save keeps it.",
        of=_HF,
        fixture=_QWEN2,
    ),
    PlantedDefect(
        "shape_reversed",
        "A matrix is saved as [in, out], as another framework keeps it.",
        of=_HF,
        fixture=_QWEN2,
    ),
)
