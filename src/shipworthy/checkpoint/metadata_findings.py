"""What is wrong with what a checkpoint states, beside itself and beside its tensors; no value is read."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from ..architecture import (
    ALIASES,
    DIMENSION_FIELDS,
    ArchitectureConfig,
    aliased_twice,
    canonical_name,
    disagreements,
    implausible,
    is_missing,
    resolve_aliases,
)
from ..errors import FileError
from .configuration import configuration
from .finding import Finding
from .tensor_set import tensor_problems
from .tokenizer import TokenizerSpec
from .view import Checkpoint

REQUIRED = ("architecture", *DIMENSION_FIELDS, "rope_theta", "rms_norm_eps")
"""Without these no runtime can compute the model."""

_OURS = "unsupported-"
_STAMP = "state what is true with `shipworthy stamp --set`"
_EMBEDDING = "model.embed_tokens.weight"


def metadata_findings(checkpoint: Checkpoint) -> Iterator[Finding]:
    """Fields that are missing, stated twice, implausible, or that the tensors contradict."""
    stated = resolve_aliases(checkpoint.metadata)
    seen = set()
    for finding in (
        *_missing(stated),
        *_stated_twice(checkpoint.metadata),
        *_implausible(stated),
        *_disagreements(stated, checkpoint),
    ):
        seen.add(finding.code)
        yield finding
    # What only the decoder asks for, such as a whole number stated as 64.0 or an unknown family.
    for error in _refusals(checkpoint):
        if error.code not in seen:
            yield Finding(error.code, error.message, "metadata", fix=error.fix or _STAMP)


def _missing(stated: Mapping[str, Any]) -> Iterator[Finding]:
    for field in REQUIRED:
        if is_missing(stated, field):
            yield Finding("metadata-missing", f"the metadata has no {field!r}", field, fix=_STAMP)


def _stated_twice(metadata: Mapping[str, Any]) -> Iterator[Finding]:
    for field in aliased_twice(metadata):
        names = {name: metadata[name] for name in (field, *ALIASES[field]) if name in metadata}
        what = f"the metadata states {field!r} under {len(names)} names: {', '.join(names)}"
        yield Finding("metadata-alias-conflict", what, field, names, fix="unset all but one")


def _implausible(stated: Mapping[str, Any]) -> Iterator[Finding]:
    for what in implausible(stated):
        field = what.split(" ", 1)[0]
        yield Finding("metadata-implausible", what, field, _json(stated.get(field)), fix=_STAMP)


def _disagreements(stated: Mapping[str, Any], checkpoint: Checkpoint) -> Iterator[Finding]:
    shapes = {name: entry.shape for name, entry in checkpoint.tensors.items()}
    for what in disagreements(stated, shapes):
        field, _, found = what.partition(" is ")
        code = "architecture-mislabelled" if field == "architecture" else "metadata-disagrees"
        claimed, _, found = found.partition(", but the tensors ")
        yield Finding(code, what, field, _json(stated.get(field, claimed)), found, _STAMP)
    label, hf_class = stated.get("architecture"), stated.get("hf_architecture")
    if isinstance(label, str) and isinstance(hf_class, str):
        names = canonical_name(label) or label, canonical_name(hf_class) or hf_class
        if names[0] != names[1]:
            what = f"architecture is {label!r} and hf_architecture {hf_class!r}: two families"
            yield Finding("metadata-disagrees", what, "hf_architecture", hf_class, label, _STAMP)
    counted = sum(math.prod(shape) for shape in shapes.values())
    parameters = stated.get("param_count")
    if parameters is not None and parameters != counted:
        what = f"param_count is {parameters!r}, but the tensors have {counted} values"
        yield Finding("metadata-disagrees", what, "param_count", _json(parameters), counted, _STAMP)


def _refusals(checkpoint: Checkpoint) -> Iterator[FileError]:
    for problem in checkpoint.unsupported:
        if not problem.code.startswith(_OURS):
            yield FileError(problem.code, problem.message, path=checkpoint.path, fix=problem.fix)
    try:
        _configuration(checkpoint)
    except FileError as error:
        yield error


def _configuration(checkpoint: Checkpoint) -> ArchitectureConfig:
    """As `Checkpoint.config`, but what only our decoder cannot compute is no reason to look no further."""
    return configuration(checkpoint.metadata, set(checkpoint.tensors), path=checkpoint.path)


def config_or_none(checkpoint: Checkpoint) -> ArchitectureConfig | None:
    """The constants that names and shapes follow from; None where the metadata does not give them.

    None too of a mixture of experts, whose tensors are not ours to name.
    """
    if any(problem.code == "unsupported-experts" for problem in checkpoint.unsupported):
        return None
    try:
        return _configuration(checkpoint)
    except FileError:
        return None


def metadata_notes(checkpoint: Checkpoint) -> Iterator[Finding]:
    """What the file states and this project's decoder does not compute: its limit, not the file's fault."""
    for problem in checkpoint.unsupported:
        if problem.code.startswith(_OURS):
            yield Finding(problem.code, problem.message, "metadata", fix=problem.fix)


def tensor_findings(checkpoint: Checkpoint, config: ArchitectureConfig) -> Iterator[Finding]:
    """Tensors that the stated model lacks, does not know, or has in another shape."""
    for problem in tensor_problems(checkpoint, config):
        if problem.code != "architecture-mislabelled":
            yield Finding(
                problem.code, problem.message, problem.where, problem.claimed, problem.found, problem.fix
            )


def tokenizer_findings(checkpoint: Checkpoint, spec: TokenizerSpec) -> Iterator[Finding]:
    """A vocabulary of more tokens than the embedding has rows."""
    embedding = checkpoint.tensors.get(_EMBEDDING)
    if embedding is not None and embedding.shape and len(spec.tokens) > embedding.shape[0]:
        rows = embedding.shape[0]
        what = f"the tokenizer has {len(spec.tokens)} tokens, the embedding {rows} rows"
        fix = "embed the tokenizer that the model was trained with"
        yield Finding("tokenizer-larger-than-embedding", what, _EMBEDDING, len(spec.tokens), rows, fix)


def _json(value: Any) -> Any:
    """The value, or its spelling where strict JSON has none."""
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value
