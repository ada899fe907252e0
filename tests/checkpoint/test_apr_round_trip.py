"""What is written is what is read, bit for bit, and nothing else can be read from the file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from shipworthy.architecture import ArchitectureConfig
from shipworthy.checkpoint import Checkpoint, TensorSource, checkpoint_digest, open_checkpoint, write_apr

JSON_VALUES = st.recursive(
    st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)
NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
SHAPES = arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    metadata=st.dictionaries(st.text("abcdef._", min_size=1), JSON_VALUES, max_size=5),
    tensors=st.dictionaries(NAMES, arrays.arrays(np.float32, SHAPES), max_size=4),
)
def test_any_metadata_and_tensors_come_back(
    metadata: dict[str, Any], tensors: dict[str, np.ndarray], tmp_path: Path
) -> None:
    path = tmp_path / "any.apr"
    sources = {name: TensorSource("F32", array.shape, lambda a=array: a) for name, array in tensors.items()}
    digest = write_apr(path, metadata=metadata, tensors=sources, tokenizer=None)
    with open_checkpoint(path) as checkpoint:
        checkpoint.verify()
        assert checkpoint.digest() == digest
        assert checkpoint.metadata == metadata
        assert list(checkpoint.tensors) == sorted(tensors, key=str.encode)
        for name, array in tensors.items():
            assert checkpoint.raw(name) == array.tobytes()
            assert checkpoint.read(name).tobytes() == array.tobytes()


@pytest.mark.parametrize("dtype", ["F16", "BF16"])
def test_a_second_save_in_the_same_dtype_changes_nothing(
    dtype: str,
    weights: dict[str, np.ndarray],
    config: ArchitectureConfig,
    save: Callable[..., Path],
) -> None:
    first = save(weights, config.to_metadata(), dtype=dtype)
    with open_checkpoint(first) as checkpoint:
        again = {name: checkpoint.read(name) for name in checkpoint.tensors}
        assert checkpoint.config() == config
    second = save(again, config.to_metadata(), dtype=dtype, name="second.apr")
    assert checkpoint_digest(first) == checkpoint_digest(second)


@pytest.mark.slow
def test_the_base_model_comes_back_bit_for_bit(opened_base_model: Checkpoint, tmp_path: Path) -> None:
    path = tmp_path / "base.apr"
    base = opened_base_model
    sources = {
        name: TensorSource("F32", entry.shape, lambda name=name: base.read(name))
        for name, entry in base.tensors.items()
    }
    metadata = base.config().to_metadata()
    digest = write_apr(path, metadata=metadata, tensors=sources, tokenizer=base.tokenizer())
    with open_checkpoint(path) as checkpoint:
        checkpoint.verify()
        assert checkpoint.digest() == digest
        assert checkpoint.config() == base.config()
        assert checkpoint.tokenizer() == base.tokenizer()
        assert list(checkpoint.tensors) == sorted(base.tensors)
        for name in base.tensors:
            assert checkpoint.read(name).tobytes() == base.read(name).tobytes()
