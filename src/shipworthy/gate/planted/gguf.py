"""Planted defects of GGUF exports: read and written again with the `gguf` package, one thing changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

_PROJECTION = "blk.1.attn_q.weight"
_DROPPED = "blk.1.ffn_up.weight"
_TOKEN_ARRAYS = ("tokenizer.ggml.tokens", "tokenizer.ggml.token_type", "tokenizer.ggml.scores")
_UNUSED = 5
_ONE_WEIGHT = 0.01

Fields = dict[str, Any]
Tensors = dict[str, np.ndarray]


def _rewrite(
    source: Path,
    target: Path,
    *,
    fields: Callable[[Fields], Fields] = dict,
    tensors: Callable[[Tensors], Tensors] = dict,
) -> None:
    """Copy a GGUF of F32 tensors, its fields and tensors passed through the two functions."""
    import gguf

    reader = gguf.GGUFReader(source)
    stored = {name: field for name, field in reader.fields.items() if not name.startswith("GGUF.")}
    values = fields({name: field.contents() for name, field in stored.items()})
    writer = gguf.GGUFWriter(target, values["general.architecture"])
    for name, value in values.items():
        if name == "general.architecture":
            continue
        types = stored[name].types
        writer.add_key_value(name, value, types[0], sub_type=types[-1] if len(types) > 1 else None)
    for name, data in tensors({t.name: np.array(t.data) for t in reader.tensors}).items():
        writer.add_tensor(name, data)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _change_projection(source: Path, target: Path, change: Callable[[np.ndarray], None]) -> None:
    def changed(tensors: Tensors) -> Tensors:
        change(tensors[_PROJECTION])
        return tensors

    _rewrite(source, target, tensors=changed)


def rope_layout(source: Path, target: Path) -> None:
    """q and k rows of every layer go back to halves, which llama.cpp then rotates as interleaved pairs."""
    import gguf

    reader = gguf.GGUFReader(source)
    architecture = reader.fields["general.architecture"].contents()
    heads = reader.fields[f"{architecture}.attention.head_count"].contents()
    kv_heads = reader.fields[f"{architecture}.attention.head_count_kv"].contents()

    def halves(values: np.ndarray, count: int) -> np.ndarray:
        pairs = values.reshape(count, values.shape[0] // count // 2, 2, *values.shape[1:])
        return np.ascontiguousarray(pairs.swapaxes(1, 2).reshape(values.shape))

    def changed(tensors: Tensors) -> Tensors:
        for name in tensors:
            if name.endswith(".attn_q.weight"):
                tensors[name] = halves(tensors[name], heads)
            elif name.endswith(".attn_k.weight"):
                tensors[name] = halves(tensors[name], kv_heads)
        return tensors

    _rewrite(source, target, tensors=changed)


def projection_zeroed(source: Path, target: Path) -> None:
    """Every weight of one projection is zero."""
    _change_projection(source, target, lambda values: values.fill(0.0))


def one_weight_changed(source: Path, target: Path) -> None:
    """One weight of one projection is larger by 0.01."""

    def change(values: np.ndarray) -> None:
        values[0, 0] += np.float32(_ONE_WEIGHT)

    _change_projection(source, target, change)


def nan_weight(source: Path, target: Path) -> None:
    """The first weight of one projection is NaN."""
    _change_projection(source, target, lambda values: values.__setitem__((0, 0), np.nan))


def tensor_missing(source: Path, target: Path) -> None:
    """One matrix of the last layer is not in the file."""
    _rewrite(source, target, tensors=lambda t: {name: v for name, v in t.items() if name != _DROPPED})


def vocabulary_not_padded(source: Path, target: Path) -> None:
    """The tokens that pad the vocabulary to the embedding's rows are not listed."""

    def unpadded(fields: Fields) -> Fields:
        kept = [kind for kind in fields["tokenizer.ggml.token_type"] if kind != _UNUSED]
        cut = {name: fields[name][: len(kept)] for name in _TOKEN_ARRAYS if name in fields}
        return {**fields, **cut}

    _rewrite(source, target, fields=unpadded)


def pre_tokenizer_renamed(source: Path, target: Path) -> None:
    """The pre-tokenizer is said to be llama-bpe, which cuts words, digits and line ends differently."""
    _rewrite(source, target, fields=lambda f: {**f, "tokenizer.ggml.pre": "llama-bpe"})


DEFECTS: dict[str, Callable[..., None]] = {
    make.__name__: make
    for make in (
        rope_layout,
        projection_zeroed,
        one_weight_changed,
        nan_weight,
        tensor_missing,
        vocabulary_not_padded,
        pre_tokenizer_renamed,
    )
}
