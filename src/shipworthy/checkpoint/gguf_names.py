"""Hugging Face's names for the tensors of a GGUF file, through the tables of the `gguf` package."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from ..architecture import ArchitectureConfig, canonical_name

if TYPE_CHECKING:
    from gguf.constants import MODEL_ARCH

_BLOCK = re.compile(r"^blk\.([0-9]+)\.")


def hf_names(architecture: str, names: Iterable[str]) -> dict[str, str]:
    """GGUF name to Hugging Face name; a tensor without a counterpart keeps its own.

    `architecture` is the file's label. One that nobody knows is read as llama, so that a mislabelled file
    can still be compared with what it is.
    """
    from gguf.constants import MODEL_ARCH, MODEL_ARCH_NAMES

    known = {name: arch for arch, name in MODEL_ARCH_NAMES.items()}
    table = _table(known.get(canonical_name(architecture) or architecture, MODEL_ARCH.LLAMA))
    return {name: _translate(name, table) for name in names}


def _translate(name: str, table: dict[str, str]) -> str:
    block = _BLOCK.match(name)
    if block is None:
        return table.get(name, name)
    hf_name = table.get(f"blk.0.{name[block.end() :]}")
    return name if hf_name is None else hf_name.replace("model.layers.0.", f"model.layers.{block[1]}.", 1)


@lru_cache(maxsize=64)
def _table(arch: MODEL_ARCH) -> dict[str, str]:
    """The names of one layer, and of what is around the layers."""
    from gguf.tensor_mapping import TensorNameMap, get_tensor_name_map

    # gguf 0.19 writes these architectures' exceptions into the table that all others share.
    if arch in TensorNameMap.arch_block_mappings_cfg:
        return {}
    names = get_tensor_name_map(arch, 1)
    one_layer = ArchitectureConfig("llama", 1, 1, 1, 1, 1, 1, 1, 1, 1.0, 1.0, False, True, True)
    table = {}
    for hf_name in one_layer.tensor_shapes():
        gguf_name = names.get_name(hf_name, try_suffixes=(".weight", ".bias"))
        if gguf_name is not None:
            table[gguf_name] = hf_name
    return table
