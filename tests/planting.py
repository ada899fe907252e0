"""How tests plant one defect: with what, where it asks for parameters."""

from __future__ import annotations

from typing import Any

from shipworthy.contract import Planted

_MATRIX = "model.layers.1.mlp.up_proj.weight"
PARAMETERS: dict[str, dict[str, Any]] = {
    "metadata_key_missing": {"key": "rope_theta"},
    "metadata_value_changed": {"key": "num_layers", "value": 3},
    "metadata_alias_added": {"key": "hidden_size", "alias": "n_embd"},
    "metadata_value_null": {"key": "rope_theta"},
    "metadata_value_as_text": {"key": "num_layers"},
    "metadata_value_as_fraction": {"key": "hidden_size"},
    "metadata_value_off_by_one": {"key": "vocab_size"},
    "wrong_architecture_label": {"label": "qwen2"},
    "export_relabelled": {"label": "lama"},
    "exported_in_another_dtype": {"dtype": "q8_0"},
    "licence_replaced_in_export": {"licence": "mit"},
    "blocks_along_the_wrong_axis": {"dtype": "q8_0", "tensor": _MATRIX},
    "quantized_twice": {"dtype": "q8_0", "tensor": _MATRIX},
    "made_from_another_export": {"dtype": "f16"},
    "type_mislabelled": {"dtype": "f16", "tensor": _MATRIX, "label": "BF16"},
    "file_type_misstated": {"dtype": "q8_0", "stated": "ALL_F32"},
    "scale_zeroed": {"dtype": "q8_0", "tensor": _MATRIX},
    "scales_lost": {"dtype": "q8_0", "tensor": _MATRIX},
    "nan_scale": {"dtype": "q8_0", "tensor": _MATRIX},
    "scales_rounded_down": {"dtype": "q8_0", "tensor": _MATRIX},
    "cast_by_truncation": {"dtype": "bf16"},
    "context_zeroed": {"dtype": "q8_0"},
    "receipt_of_another_dtype": {"asked": "q6_k"},
}


def planted(name: str, of: str) -> Planted:
    return Planted(name, of, "any", None, PARAMETERS.get(name, {}))  # type: ignore[arg-type]
