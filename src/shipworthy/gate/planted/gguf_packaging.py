"""Planted defects of how an export is packed: label, vocabulary, offsets, padding, licence."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from .gguf_file import ARCHITECTURE, Fields, rewrite_gguf
from .table import makes

_TOKENS, _TYPES = "tokenizer.ggml.tokens", "tokenizer.ggml.token_type"
_LICENCE = "general.license"
_NORMAL, _CONTROL, _USER_DEFINED, _UNUSED = 1, 3, 4, 5
_EMBEDDING, _MATRIX = "token_embd.weight", "blk.1.ffn_gate.weight"
_LEFT_OVER = 4096
_OFFSET, _TYPE = 5, 4
"""Which part of a tensor's entry in the header `gguf` counts as offset, and as type."""


def export_relabelled(source: Path, target: Path, *, label: str) -> None:
    """The label says something else, and the keys follow it."""

    def renamed(fields: Fields) -> Fields:
        prefix = f"{fields[ARCHITECTURE]}."
        kept = {
            f"{label}.{name.removeprefix(prefix)}" if name.startswith(prefix) else name: value
            for name, value in fields.items()
        }
        return {**kept, ARCHITECTURE: label}

    rewrite_gguf(source, target, fields=renamed)


def keys_of_another_family(source: Path, target: Path) -> None:
    """The constants stand under qwen2's names, and the label stays."""

    def renamed(fields: Fields) -> Fields:
        prefix = f"{fields[ARCHITECTURE]}."
        return {
            f"qwen2.{name.removeprefix(prefix)}" if name.startswith(prefix) else name: value
            for name, value in fields.items()
        }

    rewrite_gguf(source, target, fields=renamed)


def pads_over_added_tokens(source: Path, target: Path) -> None:
    """Each added token is called <|pad_N|> and typed as a pad."""

    def changed(fields: Fields) -> Fields:
        added = [at for at, kind in enumerate(fields[_TYPES]) if kind in (_CONTROL, _USER_DEFINED)]
        tokens, types = list(fields[_TOKENS]), list(fields[_TYPES])
        for number, at in enumerate(added):
            tokens[at], types[at] = f"<|pad_{number}|>", _UNUSED
        return {**fields, _TOKENS: tokens, _TYPES: types}

    rewrite_gguf(source, target, fields=changed)


def pads_as_ordinary_tokens(source: Path, target: Path) -> None:
    """Every pad has the type of a word."""
    _rewrite_pads(source, target, token=None, kind=_NORMAL)


def pads_all_alike(source: Path, target: Path) -> None:
    """Every pad has the same text."""
    _rewrite_pads(source, target, token="<pad>", kind=_UNUSED)  # noqa: S106 - a token of a vocabulary


def _rewrite_pads(source: Path, target: Path, *, token: str | None, kind: int) -> None:
    def changed(fields: Fields) -> Fields:
        pads = [at for at, found in enumerate(fields[_TYPES]) if found == _UNUSED]
        tokens, types = list(fields[_TOKENS]), list(fields[_TYPES])
        for at in pads:
            tokens[at] = tokens[at] if token is None else token
            types[at] = kind
        return {**fields, _TOKENS: tokens, _TYPES: types}

    rewrite_gguf(source, target, fields=changed)


def offsets_before_padding(source: Path, target: Path) -> None:
    """Every tensor after the embedding is said to lie one of its rows too early."""
    tensors = _copied(source, target)
    names = [tensor.name for tensor in tensors]
    embedding = tensors[names.index(_EMBEDDING)]
    row = embedding.n_bytes // embedding.shape[-1]
    for tensor in tensors[names.index(_EMBEDDING) + 1 :]:
        tensor.field.parts[_OFFSET][0] -= row


def k_quant_of_narrow_rows(source: Path, target: Path) -> None:
    """One matrix is said to be Q4_K."""
    import gguf

    (matrix,) = [tensor for tensor in _copied(source, target) if tensor.name == _MATRIX]
    matrix.field.parts[_TYPE][0] = gguf.GGMLQuantizationType.Q4_K


def padding_not_zeroed(source: Path, target: Path) -> None:
    """The bytes between the header and the first tensor are not zero."""
    tensors = _copied(source, target)
    last = tensors[-1].field
    header_end = last.offset + sum(part.nbytes for part in last.parts)
    with target.open("r+b") as stream:
        stream.seek(header_end)
        stream.write(b"\xa5" * (tensors[0].data_offset - header_end))


def bytes_after_the_end(source: Path, target: Path) -> None:
    """The file goes on after its last tensor."""
    shutil.copyfile(source, target)
    with target.open("ab") as stream:
        stream.write(b"\x00" * _LEFT_OVER)


def _copied(source: Path, target: Path) -> list[Any]:
    """The tensors of a copy, their entries in the header mapped for writing."""
    import gguf

    shutil.copyfile(source, target)
    return list(gguf.GGUFReader(target, "r+").tensors)


def biases_not_exported(source: Path, target: Path) -> None:
    """No bias of q, k and v is in the file."""
    rewrite_gguf(
        source, target, tensors=lambda t: {name: v for name, v in t.items() if not name.endswith(".bias")}
    )


def licence_not_exported(source: Path, target: Path) -> None:
    """The file states no licence."""
    rewrite_gguf(
        source, target, fields=lambda f: {name: value for name, value in f.items() if name != _LICENCE}
    )


def licence_replaced_in_export(source: Path, target: Path, *, licence: str) -> None:
    """The file states another licence than the checkpoint."""
    rewrite_gguf(source, target, fields=lambda f: {**f, _LICENCE: licence})


MADE = makes(
    "gguf",
    export_relabelled,
    keys_of_another_family,
    pads_over_added_tokens,
    pads_as_ordinary_tokens,
    pads_all_alike,
    offsets_before_padding,
    k_quant_of_narrow_rows,
    padding_not_zeroed,
    bytes_after_the_end,
    biases_not_exported,
    licence_not_exported,
    licence_replaced_in_export,
)
