"""The `.apr` of one epoch: all that is needed to use it, and where it came from."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..checkpoint import TensorSource, write_apr
from .plan import Plan
from .recipe import public_source

if TYPE_CHECKING:
    import torch

    from ..model import Decoder

_PIECE = 1 << 20
"""Values that are brought to the CPU at once."""


def save_epoch(plan: Plan, decoder: Decoder, path: Path) -> str:
    """Write an epoch's `.apr`, atomically; its SHA-256."""
    shapes = decoder.config.tensor_shapes()
    state = decoder.state_dict()
    tensors = {
        name: TensorSource("F32", shape, partial(_values, state[name])) for name, shape in shapes.items()
    }
    return write_apr(path, metadata=_metadata(plan, decoder), tensors=tensors, tokenizer=plan.tokenizer)


def _metadata(plan: Plan, decoder: Decoder) -> dict[str, Any]:
    """Constants of the trained model itself, licence and origin, and which run made it."""
    code = plan.identity["code"]
    stated = decoder.config.to_metadata()
    base = plan.base_metadata
    return {
        **stated,
        "name": plan.recipe.name,
        **({"license": base["license"]} if base.get("license") else {}),
        "data_source": plan.corpus.manifest["source"],
        "data_license": plan.corpus.license,
        "source": public_source(plan.recipe.initial_weights),
        "total_size": 4 * stated["param_count"],
        "shipworthy.producer": {
            "name": "shipworthy",
            "version": code["shipworthy"],
            "sources_sha256": code["sources_sha256"],
        },
        "shipworthy.run_id": plan.run_id,
        "shipworthy.data": {"manifest_sha256": plan.corpus.digest},
    }


def _values(tensor: torch.Tensor) -> Iterator[np.ndarray]:
    # By pieces: on another device, or in another dtype, each is a copy.
    flat = tensor.detach().reshape(-1)
    for start in range(0, flat.numel(), _PIECE):
        yield flat[start : start + _PIECE].float().cpu().numpy()
