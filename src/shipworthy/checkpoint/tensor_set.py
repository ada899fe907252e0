"""Whether a checkpoint has exactly the tensors that its label and its constants imply."""

from __future__ import annotations

from ..architecture import ArchitectureConfig, families_by_evidence
from ..errors import FileError
from .view import Checkpoint


def require_tensors(checkpoint: Checkpoint, config: ArchitectureConfig) -> None:
    """Refuse a checkpoint that is not what it says, before any value is read.

    Raises FileError architecture-mislabelled, tensor-missing, tensor-unexpected, tensor-shape, each with
    the first name and how many there are.
    """
    found, path = checkpoint.tensors, checkpoint.path
    evidence = families_by_evidence(set(found))
    if config.architecture not in evidence:
        looks_like = " or ".join(sorted(evidence)) or "none that is known"
        message = f"the metadata says {config.architecture}, but the tensors are those of {looks_like}"
        raise FileError(
            "architecture-mislabelled", message, path=path, fix="correct the architecture in the metadata"
        )
    expected = config.tensor_shapes()
    missing = [name for name in expected if name not in found]
    if missing:
        message = f"{len(missing)} of {len(expected)} tensors are missing, first {missing[0]!r}"
        raise FileError("tensor-missing", message, path=path, fix="take a complete checkpoint")
    unexpected = [name for name in found if name not in expected]
    if unexpected:
        message = (
            f"{len(unexpected)} tensors belong to no part of a {config.architecture} model of "
            f"{config.num_layers} layers, first {unexpected[0]!r}"
        )
        raise FileError("tensor-unexpected", message, path=path, fix="remove them, or correct the metadata")
    for name, shape in expected.items():
        if tuple(found[name].shape) != shape:
            message = f"{name} is {list(found[name].shape)}, the metadata implies {list(shape)}"
            raise FileError("tensor-shape", message, path=path, fix="correct the metadata, or the tensor")
