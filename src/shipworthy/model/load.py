"""Weights into a decoder: every tensor by name and shape, or a refusal that names what does not fit.

A partial load leaves random weights behind and shows only as a worse loss, so there is none.
"""

from __future__ import annotations

import torch

from ..architecture import FAMILIES, ArchitectureConfig
from ..checkpoint import Checkpoint
from ..errors import FileError
from .decoder import Decoder


def load_decoder(
    checkpoint: Checkpoint, *, device: torch.device, dtype: torch.dtype = torch.float32
) -> Decoder:
    """A decoder with the checkpoint's weights, converted to `dtype` on `device`.

    Raises FileError `architecture-disagrees`, `tensor-missing`, `tensor-unexpected` or `tensor-shape`, naming
    the first and the number of them, before any weight is read.
    """
    config = checkpoint.config()
    check_tensors(checkpoint, config)
    decoder = Decoder(config, device=torch.device("meta"), dtype=dtype)
    state = {
        name: torch.from_numpy(checkpoint.read(name)).to(device=device, dtype=dtype)
        for name in config.tensor_shapes()
    }
    decoder.load_state_dict(state, strict=True, assign=True)
    return decoder


def check_tensors(checkpoint: Checkpoint, config: ArchitectureConfig) -> None:
    """Refuse a checkpoint whose tensors are not exactly those its configuration implies."""
    family = FAMILIES[config.architecture]
    for found_here, implied, what in (
        (config.attention_bias, family.attention_bias, "biases on q, k and v"),
        (config.qk_norm, family.qk_norm, "norms of q and k"),
    ):
        if found_here != implied:
            raise FileError(
                "architecture-disagrees",
                f"architecture is {config.architecture!r}, but the tensors have "
                f"{'' if found_here else 'no '}{what}",
                path=checkpoint.path,
                fix="correct the architecture in the metadata",
            )
    expected = config.tensor_shapes()
    found = checkpoint.tensors
    missing = [name for name in expected if name not in found]
    unexpected = [name for name in found if name not in expected]
    if missing:
        raise FileError(
            "tensor-missing",
            f"a {config.architecture} model of {config.num_layers} layers needs {len(expected)} tensors; "
            f"{len(missing)} are missing, first {missing[0]!r}",
            path=checkpoint.path,
            fix="take a complete checkpoint; nothing is started from random weights",
        )
    if unexpected:
        raise FileError(
            "tensor-unexpected",
            f"{len(unexpected)} tensors belong to no part of a {config.architecture} model of "
            f"{config.num_layers} layers, first {unexpected[0]!r}",
            path=checkpoint.path,
            fix="correct the architecture in the metadata, or the tensors",
        )
    for name, shape in expected.items():
        if tuple(found[name].shape) != shape:
            raise FileError(
                "tensor-shape",
                f"{name} is {list(found[name].shape)}, the metadata implies {list(shape)}",
                path=checkpoint.path,
                fix="correct the metadata, or the tensor",
            )
