"""The device that was asked for, or an error."""

from __future__ import annotations

import json

import pytest
import torch

from shipworthy.errors import UsageError
from shipworthy.pipeline.device import choose_dtype, describe_device, resolve_device

CPU = torch.device("cpu")


def test_cpu() -> None:
    assert resolve_device("cpu") == CPU


@pytest.mark.parametrize("name", ["gpu", "CPU", "cuda:", "cuda:x", "cuda:-1", "cpu:0", "mps", ""])
def test_an_unknown_name_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="unknown-device"):
        resolve_device(name)


def test_an_absent_device_is_refused_and_never_replaced() -> None:
    absent = f"cuda:{torch.cuda.device_count()}"
    with pytest.raises(UsageError, match=f"the device {absent} is not here") as caught:
        resolve_device(absent)
    assert caught.value.code == "no-such-device"


def test_the_description_is_json_and_names_the_processor() -> None:
    description = describe_device(CPU)
    assert json.loads(json.dumps(description, allow_nan=False)) == description
    assert description["type"] == "cpu"
    assert description["name"]
    assert description["threads"] >= 1


@pytest.mark.parametrize("name", ["f32", "bf16", "f16"])
def test_a_named_dtype_is_taken(name: str) -> None:
    assert choose_dtype(name, CPU).name == name


def test_auto_takes_bf16_only_where_the_processor_has_it() -> None:
    native = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    choice = choose_dtype("auto", CPU)
    assert choice.name == ("bf16" if native else "f32")
    assert "native" in choice.reason


def test_an_unknown_dtype_is_refused() -> None:
    with pytest.raises(UsageError, match="'f64' is not a dtype"):
        choose_dtype("f64", CPU)
