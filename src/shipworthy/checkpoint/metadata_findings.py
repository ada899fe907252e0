"""What is wrong with what a checkpoint states, beside itself and beside its tensors; no value is read."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from ..architecture import (
    ALIASES,
    DIMENSION_FIELDS,
    FAMILIES,
    ArchitectureConfig,
    against_tensors,
    aliased_twice,
    canonical_name,
    implausible,
    is_missing,
    resolve_aliases,
)
from ..errors import FileError
from .configuration import configuration
from .finding import Finding
from .finite_json import finite
from .tensor_set import tensor_problems
from .tokenizer import TokenizerSpec
from .view import Checkpoint

REQUIRED = ("architecture", *DIMENSION_FIELDS, "rope_theta", "rms_norm_eps")
"""Without these no runtime can compute the model."""

STATE = "state what is true with `shipworthy stamp --set`"
_OURS = "unsupported-"
_EMBEDDING = "model.embed_tokens.weight"


def metadata_findings(checkpoint: Checkpoint) -> Iterator[Finding]:
    """Fields that are missing, stated twice, implausible, or that the tensors contradict."""
    shapes = {name: entry.shape for name, entry in checkpoint.tensors.items()}
    seen = set()
    for finding in stated_findings(checkpoint.metadata, shapes):
        seen.add(finding.code)
        yield finding
    for problem in checkpoint.unsupported:
        if not problem.code.startswith(_OURS):
            yield Finding(problem.code, problem.message, "metadata", fix=problem.fix or STATE)
    # Whatever else the decoder would refuse; never a clean report on a file that cannot be built.
    try:
        _configuration(checkpoint)
    except FileError as error:
        if error.code not in seen:
            yield Finding(error.code, error.message, "metadata", fix=error.fix or STATE)


def stated_findings(metadata: Mapping[str, Any], shapes: Mapping[str, tuple[int, ...]]) -> Iterator[Finding]:
    """What is wrong with metadata under `.apr` names, beside tensors of these shapes.

    `found` is None of a field that contradicts the tensors only in that none of them can tell.
    """
    stated = resolve_aliases(metadata)
    yield from _missing(stated)
    yield from _stated_twice(metadata)
    yield from _implausible(stated)
    yield from _not_whole(stated)
    yield from _disagreements(stated, shapes)
    yield from _labels(stated)


def _missing(stated: Mapping[str, Any]) -> Iterator[Finding]:
    for field in REQUIRED:
        if is_missing(stated, field):
            yield Finding("metadata-missing", f"the metadata has no {field!r}", field, fix=STATE)


def _stated_twice(metadata: Mapping[str, Any]) -> Iterator[Finding]:
    for field in aliased_twice(metadata):
        names = {name: metadata[name] for name in (field, *ALIASES[field]) if name in metadata}
        what = f"the metadata states {field!r} under {len(names)} names: {', '.join(names)}"
        yield Finding("metadata-alias-conflict", what, field, finite(names), fix="unset all but one")


def _implausible(stated: Mapping[str, Any]) -> Iterator[Finding]:
    for what in implausible(stated):
        field = what.split(" ", 1)[0]
        yield Finding("metadata-implausible", what, field, finite(stated.get(field)), fix=STATE)


def _not_whole(stated: Mapping[str, Any]) -> Iterator[Finding]:
    """64.0 is plausible, and still not what a runtime reads as a length."""
    for field in (*DIMENSION_FIELDS, "head_dim"):
        value = stated.get(field)
        if isinstance(value, float) and value.is_integer():
            what = f"{field} is {value!r}, written as a fraction"
            yield Finding("metadata-type", what, field, value, int(value), STATE)


def _disagreements(stated: Mapping[str, Any], shapes: Mapping[str, tuple[int, ...]]) -> Iterator[Finding]:
    for problem in against_tensors(stated, shapes):
        labelled = problem.field == "architecture"
        code = "architecture-mislabelled" if labelled else "metadata-disagrees"
        yield Finding(code, problem.sentence, problem.field, finite(problem.stated), problem.found, STATE)
    counted = sum(math.prod(shape) for shape in shapes.values())
    parameters = stated.get("param_count")
    if parameters is not None and parameters != counted:
        what = f"param_count is {parameters!r:.80}, but the tensors have {counted} values"
        yield Finding("metadata-disagrees", what, "param_count", finite(parameters), counted, STATE)


def _labels(stated: Mapping[str, Any]) -> Iterator[Finding]:
    label, hf_class = stated.get("architecture"), stated.get("hf_architecture")
    if label is not None and (not isinstance(label, str) or canonical_name(label) is None):
        known = ", ".join(FAMILIES)
        what = f"the architecture is {label!r:.80}; known are {known}"
        yield Finding("unknown-architecture", what, "architecture", finite(label), known, STATE)
    elif (
        label is not None and isinstance(hf_class, str) and canonical_name(hf_class) != canonical_name(label)
    ):
        what = f"architecture is {label!r} and hf_architecture {hf_class!r}: two families"
        yield Finding("metadata-disagrees", what, "hf_architecture", hf_class, label, STATE)


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
    """A vocabulary of more tokens than the embedding has rows; parts that make no tokenizer."""
    embedding = checkpoint.tensors.get(_EMBEDDING)
    if embedding is not None and embedding.shape and len(spec.tokens) > embedding.shape[0]:
        rows = embedding.shape[0]
        what = f"the tokenizer has {len(spec.tokens)} tokens, the embedding {rows} rows"
        fix = "embed the tokenizer that the model was trained with"
        yield Finding("tokenizer-larger-than-embedding", what, _EMBEDDING, len(spec.tokens), rows, fix)
    if spec.components and (problem := _build_problem(spec)):
        what = f"no tokenizer can be built of its parts: {problem}"
        yield Finding(
            "tokenizer-does-not-build", what, fix="embed the original with `shipworthy stamp --tokenizer`"
        )


def _build_problem(spec: TokenizerSpec) -> str:
    try:
        spec.build()
    except Exception as error:  # the library raises Exception itself
        return str(error)[:200]
    return ""
