"""From what a checkpoint states to the constants a decoder is built from; nothing is guessed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..architecture import (
    DIMENSION_FIELDS,
    FAMILIES,
    ArchitectureConfig,
    aliased_twice,
    canonical_name,
    has_attention_bias,
    has_qk_norm,
    implausible,
    is_missing,
    resolve_aliases,
)
from ..errors import FileError
from .layout import Unsupported

_NUMBERS = ("rope_theta", "rms_norm_eps")


def configuration(
    metadata: Mapping[str, Any],
    tensor_names: set[str],
    *,
    path: Path,
    unsupported: tuple[Unsupported, ...] = (),
) -> ArchitectureConfig:
    """The decoder's constants. Aliases are resolved; whether embeddings are tied, q, k and v have biases and
    q and k norms is read off the tensors; an absent head_dim is hidden_size // num_heads, but of a family
    whose readers differ about it (see Family) it is missing.

    Raises FileError: metadata-alias-conflict, metadata-missing, unknown-architecture, metadata-type,
    metadata-implausible, and whatever `unsupported` names.
    """

    def refuse(code: str, message: str, fix: str = "") -> FileError:
        return FileError(code, message, path=path, fix=fix)

    twice = aliased_twice(metadata)
    if twice:
        raise refuse("metadata-alias-conflict", f"the metadata states {twice[0]!r} under more than one name")
    stated = resolve_aliases(metadata)
    _require(stated, ("architecture",), path)
    label = stated["architecture"]
    name = canonical_name(label) if isinstance(label, str) else None
    if name is None:
        known = ", ".join(FAMILIES)
        raise refuse("unknown-architecture", f"the architecture is {label!r}; known are {known}")
    for problem in unsupported:
        raise refuse(problem.code, problem.message, problem.fix)
    head_size = ("head_dim",) if FAMILIES[name].qk_norm else ()
    _require(stated, (*DIMENSION_FIELDS, *_NUMBERS, *head_size), path)
    whole = [field for field in (*DIMENSION_FIELDS, "head_dim") if stated.get(field) is not None]
    for field in whole:
        if not isinstance(stated[field], int) or isinstance(stated[field], bool):
            raise refuse("metadata-type", f"{field} is {stated[field]!r}, not a whole number")
    problems = implausible(stated)
    if problems:
        raise refuse("metadata-implausible", problems[0])
    head_dim = stated.get("head_dim")
    return ArchitectureConfig(
        architecture=name,
        hidden_size=stated["hidden_size"],
        num_layers=stated["num_layers"],
        num_heads=stated["num_heads"],
        num_kv_heads=stated["num_kv_heads"],
        head_dim=stated["hidden_size"] // stated["num_heads"] if head_dim is None else head_dim,
        intermediate_size=stated["intermediate_size"],
        vocab_size=stated["vocab_size"],
        max_position_embeddings=stated["max_position_embeddings"],
        rope_theta=float(stated["rope_theta"]),
        rms_norm_eps=float(stated["rms_norm_eps"]),
        tied_embeddings="lm_head.weight" not in tensor_names,
        attention_bias=has_attention_bias(tensor_names),
        qk_norm=has_qk_norm(tensor_names),
    )


def _require(stated: Mapping[str, Any], fields: tuple[str, ...], path: Path) -> None:
    for field in fields:
        if is_missing(stated, field):
            message = f"the metadata has no {field!r}"
            raise FileError("metadata-missing", message, path=path, fix="state it when saving")
