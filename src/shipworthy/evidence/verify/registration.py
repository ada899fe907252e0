"""Whether the subject is the registered model, by what was found in it and not by what is said of that."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ...architecture import canonical_name, has_qk_norm, resolve_aliases
from ...contract.registered import Found, differences_from, with_head_dim
from ..portable import portable
from .contents import Contents
from .finding import Finding

_WHERE = "subject"
_MOST_AXES = 8


def unregistered(contents: Contents) -> tuple[bool, list[Finding]]:
    """Whether the subject differs from the registration, and where the statement says otherwise.

    Older statements do not keep what was found; then constants and parameters are those of a measurement
    that holds the subject's metadata and shapes, and the tokenizer's digest cannot be had.
    """
    subject = contents.predicate["subject"]
    stated = subject.get("found")
    seen = _measured(contents)
    findings = []
    if stated is not None:
        found = Found(stated["constants"], stated["parameters"], stated["tokenizer"])
        for name, value in ({} if seen is None else seen.constants).items():
            if name in found.constants and portable(found.constants[name]) != portable(value):
                message = f"{name} is stated to be {found.constants[name]!r}, and was measured as {value!r}"
                findings.append(Finding("foreign-subject", _WHERE, message))
        if seen is not None and seen.parameters != found.parameters:
            message = f"{found.parameters} parameters are stated, and {seen.parameters} were measured"
            findings.append(Finding("foreign-subject", _WHERE, message))
    elif seen is not None:
        found = seen
    else:
        message = "nothing says what it is, so that it cannot be held against its registration"
        return True, [Finding("cannot-rederive", _WHERE, message)]
    problems = differences_from(contents.registration, found)
    if bool(problems) != bool(subject["unregistered"]):
        message = f"is {'not ' if problems else ''}the registered model, and the statement says otherwise"
        more = f": {problems[0]}" if problems else ""
        findings.append(Finding("unregistered-credited", _WHERE, message + more))
    return bool(problems), findings


def _measured(contents: Contents) -> Found | None:
    """What a measurement of the checkpoint's metadata and shapes says that the subject is."""
    for name in sorted(contents.measurements):
        raw = (
            contents.measurements[name].get("raw") if isinstance(contents.measurements[name], dict) else None
        )
        if not isinstance(raw, dict) or not isinstance(raw.get("metadata"), dict):
            continue
        shapes = raw.get("shapes")
        if shapes is None and isinstance(raw.get("tensors"), dict):
            shapes = {tensor: entry.get("shape") for tensor, entry in raw["tensors"].items()}
        if isinstance(shapes, dict) and all(_is_shape(shape) for shape in shapes.values()):
            return _found(raw["metadata"], shapes)
    return None


def _is_shape(shape: Any) -> bool:
    """The product of one is a number that can be written: Python writes none of more than 4,300 digits."""
    fits = isinstance(shape, list) and len(shape) <= _MOST_AXES
    return fits and all(type(length) is int and 0 <= length < 2**63 for length in shape)


def _found(metadata: Mapping[str, Any], shapes: Mapping[str, Any]) -> Found:
    stated = resolve_aliases(metadata)
    if "architecture" in stated:
        # A measurement keeps no label that is neither text nor number; then nothing is known of it here.
        label = str(stated["architecture"])
        stated["architecture"] = canonical_name(label) or label
    constants = {
        **stated,
        "tied_embeddings": "lm_head.weight" not in shapes,
        "attention_bias": any(name.endswith("q_proj.bias") for name in shapes),
        "qk_norm": has_qk_norm(shapes),
    }
    return Found(with_head_dim(constants), sum(math.prod(shape) for shape in shapes.values()), None)
