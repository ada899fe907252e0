"""Decoder families as tables: tensor names, shapes, parameter counts, metadata fields and aliases."""

from .agreement import Disagreement, against_tensors, disagreements
from .config import ArchitectureConfig
from .families import (
    FAMILIES,
    HF_CLASS_TO_NAME,
    Family,
    RotaryLayout,
    canonical_name,
    families_by_evidence,
    has_attention_bias,
    has_qk_norm,
)
from .metadata import (
    ALIASES,
    C03_FIELDS,
    DIMENSION_FIELDS,
    PLAUSIBLE,
    aliased_twice,
    implausible,
    is_missing,
    resolve_aliases,
)

__all__ = [
    "ALIASES",
    "C03_FIELDS",
    "DIMENSION_FIELDS",
    "FAMILIES",
    "HF_CLASS_TO_NAME",
    "PLAUSIBLE",
    "ArchitectureConfig",
    "Disagreement",
    "Family",
    "RotaryLayout",
    "against_tensors",
    "aliased_twice",
    "canonical_name",
    "disagreements",
    "families_by_evidence",
    "has_attention_bias",
    "has_qk_norm",
    "implausible",
    "is_missing",
    "resolve_aliases",
]
