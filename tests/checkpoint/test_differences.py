"""`diff`: nothing between a checkpoint and itself or its export; every planted change is measured."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipworthy.checkpoint import TensorSource, open_checkpoint, write_apr
from shipworthy.checkpoint.differences import Differences, differences
from shipworthy.checkpoint.tensor_comparison import TensorComparison
from shipworthy.errors import FileError
from shipworthy.pipeline.convert import convert
from small_checkpoints import CONFIGS, random_weights, save_small
from tokenizer_cases import small_spec

LLAMA = CONFIGS["llama"]
DOWN, NORM = "model.layers.1.mlp.down_proj.weight", "model.norm.weight"


def between(a: Path, b: Path) -> Differences:
    with open_checkpoint(a) as left, open_checkpoint(b) as right:
        found = differences(left, right)
    json.dumps(found.to_json(), allow_nan=False)
    return found


def changed(path: Path, change: Callable[[dict[str, np.ndarray]], object], **metadata: Any) -> Differences:
    """What a change to the small llama makes different."""
    weights = random_weights(LLAMA)
    a = save_small(path / "a.apr", LLAMA, weights=weights)
    change(weights)
    return between(a, save_small(path / "b.apr", LLAMA, weights=weights, metadata=metadata))


def tensor(found: Differences, name: str) -> TensorComparison:
    (one,) = [compared for compared in found.tensors if compared.name == name]
    return one


def one_tensor(path: Path, values: np.ndarray, dtype: str = "F32") -> Path:
    sources = {"t": TensorSource(dtype, values.shape, lambda: values)}
    write_apr(path, metadata={}, tensors=sources, tokenizer=None)
    return path


@pytest.mark.parametrize("name", sorted(CONFIGS))
def test_a_checkpoint_beside_itself_is_empty(name: str, tmp_path: Path) -> None:
    path = save_small(tmp_path / "m.apr", CONFIGS[name])
    found = between(path, path)
    assert found.identical
    assert (found.added, found.removed, found.changed, found.only_in_a, found.only_in_b) == (
        {},
        {},
        {},
        (),
        (),
    )
    assert found.different() == []
    assert all(one.identical_bytes and one.identical_values and one.cosine == 1.0 for one in found.tensors)
    assert all(one.max_abs_difference == 0.0 and one.not_finite == (0, 0) for one in found.tensors)


bits = st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=12)


@given(bits, bits)
def test_numbers_are_those_of_numpy_and_only_finite_ones_are_told(
    tmp_path_factory: pytest.TempPathFactory, left: list[int], right: list[int]
) -> None:
    size = min(len(left), len(right))
    x, y = (np.array(words[:size], "<u4").view("<f4") for words in (left, right))
    folder = tmp_path_factory.mktemp("pair")
    one = between(one_tensor(folder / "a.apr", x), one_tensor(folder / "b.apr", y)).tensors[0]
    assert one.identical_bytes == (left[:size] == right[:size])
    assert one.identical_values == bool((x == y).all())
    assert one.not_finite == ((~np.isfinite(x)).sum(), (~np.isfinite(y)).sum())
    if any(one.not_finite):
        assert (one.cosine, one.max_abs_difference) == (None, None)
        return
    x, y = x.astype(np.float64), y.astype(np.float64)
    assert one.max_abs_difference == np.abs(x - y).max()
    norms = float(np.linalg.norm(x) * np.linalg.norm(y))
    if norms == 0:
        assert one.cosine is None
    else:
        assert one.cosine == pytest.approx(x @ y / norms, rel=1e-9, abs=1e-12)


def test_one_changed_weight_is_found_and_measured(tmp_path: Path) -> None:
    def change(weights: dict[str, np.ndarray]) -> None:
        weights[DOWN][5, 7] += np.float32(0.25)

    found = changed(tmp_path, change)
    assert not found.identical
    (one,) = found.different()
    assert (one.name, one.identical_bytes, one.identical_values) == (DOWN, False, False)
    assert one.max_abs_difference == pytest.approx(0.25, rel=1e-6)
    assert one.cosine is not None
    assert 0.99 < one.cosine < 1


def test_the_most_different_tensor_comes_first(tmp_path: Path) -> None:
    def change(weights: dict[str, np.ndarray]) -> None:
        weights[DOWN] *= np.float32(-1)
        weights[NORM][0] += np.float32(1e-3)
        weights["model.embed_tokens.weight"][0, 0] = np.nan

    order = [one.name for one in changed(tmp_path, change).different()]
    assert order == ["model.embed_tokens.weight", DOWN, NORM]


def test_a_nan_equals_nothing_and_is_said(tmp_path: Path) -> None:
    values = np.array([1.0, np.nan, 3.0], np.float32)
    a = one_tensor(tmp_path / "a.apr", values)
    with_itself = between(a, a).tensors[0]
    assert (with_itself.identical_bytes, with_itself.identical_values, with_itself.same) == (
        True,
        False,
        True,
    )
    assert (with_itself.cosine, with_itself.max_abs_difference, with_itself.not_finite) == (
        None,
        None,
        (1, 1),
    )
    # Another NaN: a different bit pattern of the same meaning is not the same.
    other = values.copy()
    other.view("u4")[1] ^= 1
    found = between(a, one_tensor(tmp_path / "b.apr", other))
    assert not found.identical
    assert not found.tensors[0].identical_bytes


def test_zeros_of_either_sign_are_equal_and_have_no_angle(tmp_path: Path) -> None:
    zeros = np.zeros(4, np.float32)
    found = between(one_tensor(tmp_path / "a.apr", zeros), one_tensor(tmp_path / "b.apr", -zeros))
    one = found.tensors[0]
    assert (one.identical_bytes, one.identical_values, one.cosine, one.max_abs_difference) == (
        False,
        True,
        None,
        0.0,
    )
    assert found.identical


@pytest.mark.parametrize("dtype", ["F16", "BF16"])
def test_another_dtype_of_the_same_values_is_no_difference(dtype: str, tmp_path: Path) -> None:
    values = np.arange(-8, 8, dtype=np.float32).reshape(4, 4)
    found = between(one_tensor(tmp_path / "a.apr", values), one_tensor(tmp_path / "b.apr", values, dtype))
    assert found.identical
    assert (found.tensors[0].dtypes, found.tensors[0].identical_bytes) == (("F32", dtype), False)


def test_rounding_through_a_half_is_measured(tmp_path: Path) -> None:
    values = np.random.default_rng(0).standard_normal((300, 1000)).astype(np.float32)
    found = between(one_tensor(tmp_path / "a.apr", values), one_tensor(tmp_path / "b.apr", values, "F16"))
    one = found.tensors[0]
    assert one.max_abs_difference == np.abs(values.astype("f8") - values.astype("f2").astype("f8")).max()
    assert one.cosine is not None
    assert 0.999999 < one.cosine < 1


def test_metadata_is_compared_by_meaning(tmp_path: Path) -> None:
    a = save_small(tmp_path / "a.apr", LLAMA, metadata={"note": "x", "rope_theta": 10000})
    stated = {"num_layers": 7, "license": None, "hidden_size": None, "n_embd": 64, "producer": {"run": 1}}
    found = between(a, save_small(tmp_path / "b.apr", LLAMA, metadata=stated))
    assert found.removed == {"license": "apache-2.0", "note": "x"}
    assert found.added == {"producer": {"run": 1}}
    assert found.changed == {"num_layers": (2, 7)}
    assert not found.identical
    assert found.different() == []


def test_true_is_not_one_however_deep(tmp_path: Path) -> None:
    a = save_small(tmp_path / "a.apr", LLAMA, metadata={"list": [True], "deep": {"x": [1]}, "same": [1, 2.0]})
    b = save_small(tmp_path / "b.apr", LLAMA, metadata={"list": [1], "deep": {"x": [True]}, "same": [1.0, 2]})
    assert between(a, b).changed == {"list": ([True], [1]), "deep": ({"x": [1]}, {"x": [True]})}


def test_names_and_shapes(tmp_path: Path) -> None:
    def change(weights: dict[str, np.ndarray]) -> None:
        weights["lm_head.weight"] = weights["model.embed_tokens.weight"]
        del weights[NORM]
        weights[DOWN] = np.ascontiguousarray(weights[DOWN].T)

    found = changed(tmp_path, change)
    assert (found.only_in_a, found.only_in_b) == ((NORM,), ("lm_head.weight",))
    (one,) = found.different()
    assert (one.shapes, one.cosine, one.not_compared) == (((64, 96), (96, 64)), None, "the shapes differ")


def test_another_tokenizer_is_a_difference(tmp_path: Path) -> None:
    a = save_small(tmp_path / "a.apr", LLAMA)
    spec = small_spec("smollm")
    fewer = replace(spec, merges=spec.merges[:-1])
    found = between(a, save_small(tmp_path / "b.apr", LLAMA, tokenizer=fewer))
    assert not found.identical
    assert found.a.tokenizer != found.b.tokenizer
    assert found.changed == {}


@pytest.mark.parametrize("name", ["llama", "qwen2", "qwen3"])
@pytest.mark.parametrize("target", ["gguf", "hf"])
def test_a_lossless_conversion_is_identical(name: str, target: str, tmp_path: Path) -> None:
    """Names, rotary order and what a format carries aside are undone by the view."""
    apr, other = save_small(tmp_path / "m.apr", CONFIGS[name]), tmp_path / f"m.{target}"
    convert(apr, other, to=target, dtype="keep")
    found = between(apr, other)
    assert (found.a.format, found.b.format) == ("apr", target)
    assert (found.added, found.removed, found.changed) == ({}, {}, {})
    assert found.identical
    assert found.a.tokenizer == found.b.tokenizer is not None
    assert between(other, apr).identical


def test_a_damaged_side_is_refused(tmp_path: Path) -> None:
    a = save_small(tmp_path / "a.apr", LLAMA)
    data = bytearray(a.read_bytes())
    data[-60] ^= 1
    b = tmp_path / "b.apr"
    b.write_bytes(data)
    for pair in ((a, b), (b, a)):
        with pytest.raises(FileError) as refused:
            between(*pair)
        assert (refused.value.code, refused.value.path) == ("footer-crc", b)


def test_a_side_that_states_two_values_is_refused(tmp_path: Path) -> None:
    a = save_small(tmp_path / "a.apr", LLAMA)
    b = save_small(tmp_path / "b.apr", LLAMA, metadata={"n_layer": 3})
    with pytest.raises(FileError) as refused:
        between(a, b)
    assert refused.value.code == "metadata-alias-conflict"
