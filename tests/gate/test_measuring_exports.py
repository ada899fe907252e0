"""What the probes of exports find in files with one thing in them that decides: narrow rows, large values."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shipworthy.checkpoint import open_checkpoint
from shipworthy.contract import quantities_of
from shipworthy.contract.probes import PROBES
from shipworthy.gate.measure import measure
from shipworthy.pipeline.convert import convert
from shipworthy.pipeline.export import export_gguf
from small_checkpoints import CONFIGS, random_weights, save_small

UP = "model.layers.0.mlp.up_proj.weight"
NARROW = replace(CONFIGS["llama"], intermediate_size=100)


def encoding(subject: Path, gguf: Path, dtype: str, folder: Path) -> dict[str, Any]:
    raw = measure("export_encoding@1", subject, {"gguf": gguf}, {"export": dtype}, folder / "log")
    return quantities_of(PROBES["export_encoding@1"], raw)


def whole(found: dict[str, Any]) -> bool:
    empty = ("types_wrong", "fallbacks_unlisted", "bytes_differ", "tensors_missing", "tensors_not_compared")
    return found["opens"] and not any(found[name] for name in empty) and found["least_cosine"] > 0.998


@pytest.mark.parametrize("dtype", ["f16", "bf16", "q8_0", "q4_k_m"])
def test_a_good_export_with_fallbacks_is_good_and_they_are_named(dtype: str, tmp_path: Path) -> None:
    weights = random_weights(NARROW)
    weights[UP][3, 4] = 1e5
    source = save_small(tmp_path / "a.apr", NARROW, weights=weights)
    if dtype == "q4_k_m":  # llama.cpp looks at no value before it chooses
        source = save_small(tmp_path / "b.apr", NARROW)
    export_gguf(source, tmp_path / "a.gguf", dtype)
    found = encoding(source, tmp_path / "a.gguf", dtype, tmp_path)
    assert whole(found), found
    fallbacks = {"f16": 1, "bf16": 0, "q8_0": 2, "q4_k_m": found["matrices"]}
    assert len(found["fallbacks"]) == fallbacks[dtype]
    assert found["runs"] == {"q8_0": 1, "q4_k_m": 2}.get(dtype, 0)


def test_a_copy_of_what_the_checkpoint_stores_is_right(tmp_path: Path) -> None:
    """Q8_0 of others may have scales that no quantizer would choose for these values."""
    source = save_small(tmp_path / "a.apr", CONFIGS["qwen2"])
    theirs = tmp_path / "theirs.gguf"
    export_gguf(source, theirs, "q8_0")
    with open_checkpoint(theirs) as file:
        entry, stored = file.tensors[UP], bytearray(file.raw(UP))
    stored[2:34] = bytes(32)  # no value of the block reaches 127
    stored[2] = 100
    with theirs.open("r+b") as stream:
        stream.seek(entry.offset)
        stream.write(stored)
    convert(theirs, tmp_path / "again.gguf", "gguf", "q8_0", allow_loss=True)
    assert whole(encoding(theirs, tmp_path / "again.gguf", "q8_0", tmp_path))


def test_half_way_between_two_numbers_the_even_one_is_right(tmp_path: Path) -> None:
    """The export of gguf and numpy, and a cast that rounds half up, differ in these values alone."""
    weights = random_weights(CONFIGS["llama"])
    weights[UP][:, :] = 1 + 2**-11  # half way in F16
    source = save_small(tmp_path / "a.apr", CONFIGS["llama"], weights=weights)
    export_gguf(source, tmp_path / "a.gguf", "f16")
    assert whole(encoding(source, tmp_path / "a.gguf", "f16", tmp_path))
    with open_checkpoint(tmp_path / "a.gguf") as file:
        entry = file.tensors[UP]
    with (tmp_path / "a.gguf").open("r+b") as stream:
        stream.seek(entry.offset)
        stream.write(np.full(entry.shape, 1 + 2**-10, "<f2").tobytes())
    found = encoding(source, tmp_path / "a.gguf", "f16", tmp_path)
    assert (found["bytes_differ"], found["types_wrong"]) == ([UP], [])


def test_a_round_trip_of_zeros_is_as_good_as_it_is(tmp_path: Path) -> None:
    weights = random_weights(CONFIGS["llama"])
    weights[UP][:, :] = 0.0
    source = save_small(tmp_path / "a.apr", CONFIGS["llama"], weights=weights)
    export_gguf(source, tmp_path / "a.gguf", "q8_0")
    probe = PROBES["quantized_round_trip@1"]

    def found(subject: Path) -> dict[str, Any]:
        raw = measure(
            probe.name, subject, {"gguf": tmp_path / "a.gguf"}, {"export": "q8_0"}, tmp_path / "log"
        )
        return quantities_of(probe, raw)

    assert found(source)["least_cosine"] > 0.9999
    lost = found(save_small(tmp_path / "b.apr", CONFIGS["llama"]))
    assert (lost["least_cosine"], lost["worst_tensor"]) == (0.0, f"{UP}, Q8_0")
