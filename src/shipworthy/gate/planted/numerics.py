"""Planted defects of values, in a file that is otherwise right."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from .either_file import change_tensor
from .gguf_file import Tensors, name_in_gguf, read_gguf, rewrite_gguf
from .table import makes

LAYER = "model.layers.1."
PROJECTION = LAYER + "self_attn.q_proj.weight"
_ONE_WEIGHT = 0.01
_ONE_NORM_ELEMENT = 1.004
_NORM_STEP = 2.0**-8
_NEWLINE = "Ċ"
"""How a byte-level vocabulary spells the token of a line end, which nearly every prompt holds."""


def _change(source: Path, target: Path, name: str, change: Callable[[np.ndarray], np.ndarray]) -> None:
    """Copy a GGUF, one tensor replaced by another of its shape."""
    stored = name_in_gguf(name)
    rewrite_gguf(source, target, tensors=lambda t: {**t, stored: change(t[stored])})


def _change_all(
    source: Path, target: Path, change: Callable[[np.ndarray], np.ndarray], *, norms: bool
) -> None:
    """Copy a GGUF, every norm, or every matrix, replaced by another of its shape."""
    rewrite_gguf(
        source,
        target,
        tensors=lambda t: {
            name: change(v) if (name.endswith("norm.weight") if norms else v.ndim > 1) else v
            for name, v in t.items()
        },
    )


def _exchange(source: Path, target: Path, pairs: Callable[[Tensors], list[tuple[str, str]]]) -> None:
    """Copy a GGUF, the values of each pair of tensors exchanged."""

    def exchanged(tensors: Tensors) -> Tensors:
        for one, other in pairs(tensors):
            tensors[one], tensors[other] = tensors[other], tensors[one]
        return tensors

    rewrite_gguf(source, target, tensors=exchanged)


def nan_weight(source: Path, target: Path) -> None:
    """The first weight of one projection is NaN."""
    change_tensor(source, target, PROJECTION, lambda values: values.__setitem__((0, 0), np.nan))


def infinite_weight(source: Path, target: Path) -> None:
    """The first weight of one projection is infinite."""
    change_tensor(source, target, PROJECTION, lambda values: values.__setitem__((0, 0), np.inf))


def projection_zeroed(source: Path, target: Path) -> None:
    """Every weight of one projection is zero."""
    change_tensor(source, target, PROJECTION, lambda values: values.fill(0.0))


def one_weight_changed(source: Path, target: Path) -> None:
    """One weight of one projection is larger by 0.01."""

    def change(values: np.ndarray) -> None:
        values[0, 0] += np.float32(_ONE_WEIGHT)

    change_tensor(source, target, PROJECTION, change)


def one_norm_element_changed(source: Path, target: Path) -> None:
    """One element of one norm is larger by 0.4 %."""

    def change(values: np.ndarray) -> None:
        values[0] *= np.float32(_ONE_NORM_ELEMENT)

    change_tensor(source, target, LAYER + "input_layernorm.weight", change)


def embedding_row_zeroed(source: Path, target: Path) -> None:
    """The embedding of the line end is zero."""
    tokens = read_gguf(source).fields["tokenizer.ggml.tokens"].contents()
    row = tokens.index(_NEWLINE)
    change_tensor(source, target, "model.embed_tokens.weight", lambda values: values[row].fill(0.0))


def head_zeroed(source: Path, target: Path) -> None:
    """The columns that read one attention head are zero."""
    fields = read_gguf(source).fields
    heads = fields[f"{fields['general.architecture'].contents()}.attention.head_count"].contents()

    def change(values: np.ndarray) -> None:
        values[:, : values.shape[1] // heads] = 0.0

    change_tensor(source, target, LAYER + "self_attn.o_proj.weight", change)


def rope_layout(source: Path, target: Path) -> None:
    """q and k rows of every layer go back to halves, which llama.cpp then rotates as interleaved pairs."""
    _reorder_heads(source, target, ("attn_q", "attn_k"), _halves)


def query_heads_interleaved(source: Path, target: Path) -> None:
    """Query heads are dealt to the key heads one by one instead of in groups."""

    def dealt(values: np.ndarray, heads: int, kv_heads: int) -> np.ndarray:
        grouped = values.reshape(kv_heads, heads // kv_heads, -1, *values.shape[1:])
        return grouped.swapaxes(0, 1).reshape(values.shape)

    _reorder_heads(source, target, ("attn_q",), dealt)


def _halves(values: np.ndarray, heads: int, kv_heads: int) -> np.ndarray:
    pairs = values.reshape(heads, values.shape[0] // heads // 2, 2, *values.shape[1:])
    return pairs.swapaxes(1, 2).reshape(values.shape)


def _reorder_heads(
    source: Path,
    target: Path,
    projections: tuple[str, ...],
    order: Callable[[np.ndarray, int, int], np.ndarray],
) -> None:
    """Copy a GGUF, the rows of these projections of every layer in another order of or within heads."""
    fields = read_gguf(source).fields
    prefix = f"{fields['general.architecture'].contents()}.attention."
    kv_heads = fields[f"{prefix}head_count_kv"].contents()
    heads = {"attn_q": fields[f"{prefix}head_count"].contents(), "attn_k": kv_heads}
    rewrite_gguf(
        source,
        target,
        tensors=lambda t: {
            name: order(v, heads[kind], kv_heads)
            if (kind := name.split(".")[-2]) in projections and v.ndim > 1
            else v
            for name, v in t.items()
        },
    )


def attention_output_transposed(source: Path, target: Path) -> None:
    """The output projection of one layer, which is square, is its transpose."""
    _change(source, target, LAYER + "self_attn.o_proj.weight", lambda values: values.T)


def gate_and_up_swapped(source: Path, target: Path) -> None:
    """The two matrices before the product are exchanged in one layer."""
    one, other = name_in_gguf(LAYER + "mlp.gate_proj.weight"), name_in_gguf(LAYER + "mlp.up_proj.weight")
    _exchange(source, target, lambda _: [(one, other)])


def key_and_value_swapped(source: Path, target: Path) -> None:
    """Keys and values, of one shape, are exchanged in one layer."""
    one, other = (name_in_gguf(f"{LAYER}self_attn.{kind}_proj.weight") for kind in "kv")
    _exchange(source, target, lambda _: [(one, other)])


def layers_swapped(source: Path, target: Path) -> None:
    """The first two layers stand in each other's place."""

    def pairs(tensors: Tensors) -> list[tuple[str, str]]:
        return [
            (name, name.replace("blk.0.", "blk.1.")) for name in list(tensors) if name.startswith("blk.0.")
        ]

    _exchange(source, target, pairs)


def layer_repeated(source: Path, target: Path) -> None:
    """The second layer holds what the first one holds."""
    rewrite_gguf(
        source,
        target,
        tensors=lambda t: {
            name: t[name.replace("blk.1.", "blk.0.")] if name.startswith("blk.1.") else v
            for name, v in t.items()
        },
    )


def rows_shifted(source: Path, target: Path) -> None:
    """Every row of one matrix stands one row too low, the last one first."""
    _change(source, target, LAYER + "mlp.gate_proj.weight", lambda values: np.roll(values, 1, axis=0))


def sign_flipped(source: Path, target: Path) -> None:
    """One matrix is added where it should be subtracted."""
    _change(source, target, LAYER + "mlp.down_proj.weight", np.negative)


def bias_zeroed(source: Path, target: Path) -> None:
    """The query bias of one layer is zero."""
    _change(source, target, LAYER + "self_attn.q_proj.bias", np.zeros_like)


def embedding_scaled(source: Path, target: Path) -> None:
    """The embedding is multiplied by the square root of its width, as another family does when running."""
    _change(
        source,
        target,
        "model.embed_tokens.weight",
        lambda values: values * np.float32(np.sqrt(values.shape[1])),
    )


def norms_less_one(source: Path, target: Path) -> None:
    """Every norm is stored as its distance from one, as another family keeps it."""
    _change_all(source, target, lambda values: values - np.float32(1.0), norms=True)


def norms_off(source: Path, target: Path) -> None:
    """Every element of every norm is larger by 2^-8."""
    _change_all(source, target, lambda values: values + np.float32(_NORM_STEP), norms=True)


def rounded_through_bf16(source: Path, target: Path) -> None:
    """The matrices have passed through BF16 and are labelled F32."""
    _change_all(source, target, _through("BF16"), norms=False)


def rounded_through_f16(source: Path, target: Path) -> None:
    """The matrices have passed through F16 and are labelled F32."""
    _change_all(source, target, _through("F16"), norms=False)


def rounded_through_q8_0(source: Path, target: Path) -> None:
    """The matrices have passed through Q8_0 and are labelled F32."""
    _change_all(source, target, _through("Q8_0"), norms=False)


def _through(dtype: str) -> Callable[[np.ndarray], np.ndarray]:
    def rounded(values: np.ndarray) -> np.ndarray:
        import gguf

        kind = gguf.GGMLQuantizationType[dtype]
        return gguf.quants.dequantize(gguf.quants.quantize(values, kind), kind)

    return rounded


MADE = makes("apr", nan_weight, infinite_weight, projection_zeroed) | makes(
    "gguf",
    nan_weight,
    infinite_weight,
    projection_zeroed,
    one_weight_changed,
    one_norm_element_changed,
    embedding_row_zeroed,
    head_zeroed,
    rope_layout,
    query_heads_interleaved,
    attention_output_transposed,
    gate_and_up_swapped,
    key_and_value_swapped,
    layers_swapped,
    layer_repeated,
    rows_shifted,
    sign_flipped,
    bias_zeroed,
    embedding_scaled,
    norms_less_one,
    norms_off,
    rounded_through_bf16,
    rounded_through_f16,
    rounded_through_q8_0,
)
