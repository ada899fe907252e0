"""Everything that can be said of a checkpoint without running it: what it states, and all of its values."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ..errors import FileError
from .finding import Finding, Report
from .metadata_findings import (
    config_or_none,
    metadata_findings,
    metadata_notes,
    tensor_findings,
    tokenizer_findings,
)
from .readable import OUR_LIMITS, require_one_value_a_field
from .tokenizer import TokenizerSpec
from .value_findings import Progress, scan_values, value_findings, value_notes
from .view import Checkpoint

_ALWAYS = (
    "whether the model computes what it should: finite values may still be wrong; gates measure that",
    "whether name, licence and provenance are true",
)
_NO_CHECKSUM = "whether values are those that were saved: a {format} has no checksum"


def validate(checkpoint: Checkpoint, progress: Progress | None = None) -> Report:
    """Verify an opened checkpoint, read every value of it, and report what is wrong with its content.

    Findings come in one order: metadata, tensors, tokenizer, values. An absent tokenizer is a note, not a
    finding: the format allows a file without one, and whether a release needs one is a gate's question.
    `progress` is called as the values are read. Raises FileError where the file does not verify, its
    tokenizer is broken, one field has two values, or it changes meanwhile.
    """
    spec, unread = _tokenizer(checkpoint)
    scans = scan_values(checkpoint, progress)
    config = config_or_none(checkpoint)
    findings = [
        *metadata_findings(checkpoint),
        *(tensor_findings(checkpoint, config) if config is not None else ()),
        *(tokenizer_findings(checkpoint, spec) if spec is not None else ()),
        *value_findings(checkpoint, scans),
    ]
    return Report(
        name=checkpoint.path.resolve().name,
        format=checkpoint.format,
        findings=tuple(findings),
        notes=(*metadata_notes(checkpoint), *_tokenizer_notes(spec, unread), *value_notes(scans)),
        not_checked=tuple(_not_checked(checkpoint, named=config is not None, spec=spec, unread=unread)),
        counted={
            "tensors": len(scans),
            "values": sum(math.prod(entry.shape) for entry in checkpoint.tensors.values()),
            "bytes": checkpoint.size,
        },
    )


def _tokenizer(checkpoint: Checkpoint) -> tuple[TokenizerSpec | None, FileError | None]:
    """The tokenizer, or why it is not one that this project reads; what is broken is refused.

    Before the values, which take long; but damage of the bytes is named before what it broke.
    """
    try:
        require_one_value_a_field(checkpoint)
        return checkpoint.tokenizer(), None
    except FileError as error:
        if error.code in OUR_LIMITS:
            return None, error
        checkpoint.verify()
        raise


def _tokenizer_notes(spec: TokenizerSpec | None, unread: FileError | None) -> Iterator[Finding]:
    if unread is not None:
        yield Finding(unread.code, unread.message, fix=unread.fix)
    elif spec is None:
        what = "no tokenizer is embedded: the file cannot be used alone"
        yield Finding("tokenizer-absent", what, fix="embed one with `shipworthy stamp --tokenizer`")
    elif not spec.components:
        what = "the file carries a vocabulary but not how text is cut into words"
        fix = "embed a whole one with `shipworthy stamp --tokenizer`"
        yield Finding("tokenizer-incomplete", what, fix=fix)


def _not_checked(
    checkpoint: Checkpoint, *, named: bool, spec: TokenizerSpec | None, unread: FileError | None
) -> Iterator[str]:
    if not named:
        yield "names and shapes of the tensors against the architecture: the metadata does not give one"
    if spec is not None:
        yield "whether the tokenizer is the one that the model was trained with"
    if unread is not None:
        yield f"the tokenizer, which is not of a kind that is read: {unread.message}"
    if checkpoint.format != "apr":
        yield _NO_CHECKSUM.format(format="GGUF" if checkpoint.format == "gguf" else "directory")
    yield from _ALWAYS
