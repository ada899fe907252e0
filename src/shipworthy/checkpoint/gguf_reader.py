"""Opening a GGUF file: header and every tensor's extent, then the same view as of every other format."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..architecture import FAMILIES, canonical_name
from ..errors import FileError
from .entry import TensorEntry
from .file_bytes import FileBytes
from .gguf_header import read_gguf_header
from .gguf_metadata import metadata_from_gguf, unsupported_in_gguf
from .gguf_names import hf_names
from .layout import Layout

if TYPE_CHECKING:
    from .tokenizer import TokenizerSpec

_ROTARY = {"q_proj": "num_heads", "k_proj": "num_kv_heads"}


def read_gguf(file: FileBytes) -> Layout:
    """The layout of a GGUF file.

    Raises FileError as read_gguf_header does; split-file, tensor-name-duplicate.
    """
    header = read_gguf_header(file)
    fields = header.fields
    if fields.get("split.count", 1) not in (0, 1):
        message = f"this is part {fields.get('split.no')} of {fields['split.count']} of a split GGUF"
        raise FileError("split-file", message, path=file.path, fix="merge the parts with llama-gguf-split")
    label = fields.get("general.architecture")
    label = label if isinstance(label, str) else ""
    names = hf_names(label, header.tensors)
    if len(set(names.values())) != len(names):
        twice = next(name for name, count in Counter(names.values()).items() if count > 1)
        message = f"two tensors of the file are {twice}"
        raise FileError("tensor-name-duplicate", message, path=file.path)
    tensors = {names[name]: replace(entry, name=names[name]) for name, entry in header.tensors.items()}
    embedding = tensors.get("model.embed_tokens.weight")
    metadata = metadata_from_gguf(fields, embedding.shape if embedding is not None else None, file.path)

    def tokenizer() -> TokenizerSpec | None:
        if "tokenizer.ggml.tokens" not in fields:
            return None
        from .tokenizer import TokenizerSpec

        return TokenizerSpec.from_gguf(fields, file.path)

    return Layout(
        path=file.path,
        format="gguf",
        metadata=metadata,
        native_metadata=fields,
        tensors=tensors,
        files={file.path: file},
        tokenizer=tokenizer,
        verify=None,
        digest=lambda sha256: sha256(file),
        rotary_heads=_rotary_heads(label, tensors, metadata),
        unsupported=unsupported_in_gguf(fields, metadata),
    )


def _rotary_heads(
    label: str, tensors: Mapping[str, TensorEntry], metadata: Mapping[str, Any]
) -> dict[str, int]:
    family = FAMILIES.get(canonical_name(label) or "")
    if family is None or family.gguf_rotary != "interleaved":
        return {}
    heads = {}
    for name in tensors:
        part = name.split(".")[-2] if name.startswith("model.layers.") else ""
        if part in _ROTARY:
            # llama.cpp takes an absent head_count_kv for head_count.
            stated = metadata.get(_ROTARY[part], metadata.get("num_heads"))
            heads[name] = stated if isinstance(stated, int) else 0
    return heads
