"""Whether a checkpoint has exactly the tensors that its label and its constants imply."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..architecture import ArchitectureConfig, families_by_evidence
from ..errors import FileError
from .view import Checkpoint


@dataclass(frozen=True)
class TensorProblem:
    """One tensor (`where`) that is not what the metadata implies; `claimed` and `found` are JSON values."""

    code: str
    message: str
    where: str
    claimed: Any
    found: Any
    fix: str


def tensor_problems(checkpoint: Checkpoint, config: ArchitectureConfig) -> Iterator[TensorProblem]:
    """Everything that keeps the set of tensors from being the one implied, the wrong label first.

    Codes: architecture-mislabelled, tensor-missing, tensor-unexpected, tensor-shape.
    """
    found = checkpoint.tensors
    evidence = families_by_evidence(set(found))
    if config.architecture not in evidence:
        looks_like = " or ".join(sorted(evidence)) or "none that is known"
        message = f"the metadata says {config.architecture}, but the tensors are those of {looks_like}"
        fix = "correct the architecture in the metadata"
        yield TensorProblem(
            "architecture-mislabelled", message, "architecture", config.architecture, looks_like, fix
        )
    expected = config.tensor_shapes()
    for name, shape in expected.items():
        if name not in found:
            fix = "take a complete checkpoint"
            yield TensorProblem("tensor-missing", f"{name} is missing", name, list(shape), None, fix)
    model = f"a {config.architecture} model of {config.num_layers} layers"
    for name, entry in found.items():
        if name not in expected:
            message = f"{name} belongs to no part of {model}"
            fix = "remove it, or correct the metadata"
            yield TensorProblem("tensor-unexpected", message, name, None, list(entry.shape), fix)
    for name, shape in expected.items():
        if name in found and tuple(found[name].shape) != shape:
            stored = list(found[name].shape)
            message = f"{name} is {stored}, the metadata implies {list(shape)}"
            fix = "correct the metadata, or the tensor"
            yield TensorProblem("tensor-shape", message, name, list(shape), stored, fix)


def require_tensors(
    checkpoint: Checkpoint, config: ArchitectureConfig, *, others_allowed: bool = False
) -> None:
    """Refuse a checkpoint that is not what it says, before any value is read; with `others_allowed`, not
    for tensors that belong to no part of the model.

    Raises FileError architecture-mislabelled, tensor-missing, tensor-unexpected, tensor-shape: the first, and
    how many more there are of its kind.
    """
    problems = [
        problem
        for problem in tensor_problems(checkpoint, config)
        if not (others_allowed and problem.code == "tensor-unexpected")
    ]
    if not problems:
        return
    first = problems[0]
    more = sum(problem.code == first.code for problem in problems) - 1
    message = f"{first.message}, and {more} more tensors like it" if more else first.message
    raise FileError(first.code, message, path=checkpoint.path, fix=first.fix)
