"""What llama_cpp_parity@2 takes from a real export: batched and stepwise, twice where it is in doubt."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shipworthy.contract import Catalogue, quantities_of
from shipworthy.contract.probes import PROBES
from shipworthy.gate.measure.llama_cpp_parity import _Doubtful, measure

PROBE = PROBES["llama_cpp_parity@2"]
THEIRS = np.zeros((1, 2), np.float32)


def taken(catalogue: Catalogue, subject: Path, export: Path, tmp_path: Path, **change: Any) -> dict[str, Any]:
    settings = {
        "prompts": catalogue.data["canary-100"].path,
        "count": 4,
        "positions": 16,
        "decode": "batched",
        "in_float64": 0,
        "export": "f32",
        "kv_cache": "f32",
        "flash_attention": False,
        **change,
    }
    return measure(subject, {"gguf": export}, log=tmp_path / "log", **settings)


@pytest.mark.parametrize("decode", ["batched", "stepwise"])
def test_a_good_export_is_the_checkpoint_and_says_how_it_was_compared(
    catalogue: Catalogue, fixture_llama: Path, fixture_gguf: Path, tmp_path: Path, decode: str
) -> None:
    raw = taken(catalogue, fixture_llama, fixture_gguf, tmp_path, decode=decode)
    assert json.loads(json.dumps(raw, allow_nan=False)) == raw
    found = quantities_of(PROBE, raw)
    assert (found["prompts"], found["positions"], found["compared"]) == (4, 16, 64)
    assert (found["decode"], found["kv_cache"], found["device"]) == (decode, "f32", "cpu")
    assert (found["flash_attention"], found["export_dtype"], found["loads"]) == (False, "f32", True)
    wrong = ("lengths_differ", "exact_zeros", "token_ids_differ", "texts_differ", "argmax_flips")
    assert [found[name] for name in wrong] == [0] * len(wrong)
    assert found["max_kl_nats"] < 1e-12
    assert [sample["prompt"] for sample in raw["samples"]] == [
        "code-001",
        "code-026",
        "code-051",
        "script-008",
    ]


def test_what_llama_cpp_refuses_is_measured_and_not_an_error(
    catalogue: Catalogue, fixture_llama: Path, fixture_gguf: Path, tmp_path: Path
) -> None:
    cut = tmp_path / "cut.gguf"
    cut.write_bytes(fixture_gguf.read_bytes()[:-1000])
    found = quantities_of(PROBE, taken(catalogue, fixture_llama, cut, tmp_path))
    assert (found["loads"], found["prompts"], found["finite"]) == (False, 0, False)
    assert found["max_kl_nats"] is None
    assert "does not load" in found["llama_cpp_error"]


def test_only_the_prompts_in_doubt_are_kept_for_a_second_look() -> None:
    doubtful = _Doubtful(2)
    for index, kl in enumerate([1e-9, 3e-9, math.nan, 2e-9, 9e-9, 1e-10]):
        doubtful.consider(kl, index, THEIRS)
    assert [(kl, index) for kl, index, _ in doubtful.kept] == [(9e-9, 4), (3e-9, 1)]
    none = _Doubtful(0)
    none.consider(1.0, 0, THEIRS)
    assert none.kept == []


def test_a_second_look_in_float64_stands(
    catalogue: Catalogue,
    fixture_llama: Path,
    fixture_gguf: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from shipworthy.gate.measure import llama_cpp_parity

    monkeypatch.setattr(llama_cpp_parity, "_FLOAT32_FLOOR_NATS", 0.0)
    plain = taken(catalogue, fixture_llama, fixture_gguf, tmp_path)
    twice = taken(catalogue, fixture_llama, fixture_gguf, tmp_path, in_float64=1)
    largest = [max(sample["kl_nats"]) for sample in plain["samples"]]
    again = [sample["ours_in"] == "float64" for sample in twice["samples"]]
    assert again == [kl == max(largest) for kl in largest]
    for one, other, wide in zip(plain["samples"], twice["samples"], again, strict=True):
        assert (one == other) != wide
        assert other["argmax"] == one["argmax"]
