"""A recipe is read whole, or refused with the place and what to write."""

from __future__ import annotations

from pathlib import Path

import pytest

from shipworthy.errors import ContractError, UsageError
from shipworthy.pipeline.recipe import Recipe, load_recipe

RECIPES = Path(__file__).parents[2] / "recipes"

MINIMAL = """\
name: small
model: smollm2-135m
initial_weights: smollm2-135m-instruct
device: cpu
train:
  epochs: 1
  batch_size: 2
  sequence_length: 8
  learning_rate: 1.0e-3
"""


def load(tmp_path: Path, text: str, **options: str) -> Recipe:
    path = tmp_path / "recipe.yaml"
    path.write_text(text)
    return load_recipe(path, **options)


def test_defaults_are_filled_in(tmp_path: Path) -> None:
    recipe = load(tmp_path, MINIMAL)
    assert (recipe.dtype, recipe.export, recipe.data.source) == ("auto", (), "python-stdlib")
    assert (recipe.bench.iterations, recipe.bench.max_tokens) == (5, 128)
    assert recipe.train.steps_per_epoch is None
    assert recipe.train.gradient_clip == 1.0


def test_the_device_can_be_overridden(tmp_path: Path) -> None:
    assert load(tmp_path, MINIMAL, device="cuda:1").device == "cuda:1"
    with pytest.raises(UsageError, match=r"^--device: device is 'gpu' \[recipe-value\]"):
        load(tmp_path, MINIMAL, device="gpu")


def test_records_name_no_place_of_the_machine(tmp_path: Path) -> None:
    text = MINIMAL.replace("smollm2-135m-instruct", str(tmp_path / "secret" / "model.apr"))
    text += f"data:\n  source: {tmp_path / 'texts'}\n  license: MIT\n"
    recorded = load(tmp_path, text).to_json()
    assert recorded["initial_weights"] == "model.apr"
    assert recorded["data"]["source"] == "texts"
    assert str(tmp_path) not in str(recorded)


REFUSED = {
    "unknown-key": (
        "epochs: 1",
        "epochs: 1\n  epoch: 2",
        "recipe-unknown-key",
        ":7:3: train has no key 'epoch'",
    ),
    "unknown-top-key": (
        "name: small",
        "nmae: small",
        "recipe-unknown-key",
        ":1:1: a recipe has no key 'nmae'",
    ),
    "missing-key": ("  epochs: 1\n", "", "recipe-missing-key", "the key train.epochs is missing"),
    "negative": ("batch_size: 2", "batch_size: -2", "recipe-value", ":7:3: train.batch_size is -2"),
    "zero": ("epochs: 1", "epochs: 0", "recipe-value", "train.epochs is 0"),
    "fraction": ("epochs: 1", "epochs: 1.5", "recipe-value", "train.epochs is 1.5"),
    "boolean": ("epochs: 1", "epochs: true", "recipe-value", "train.epochs is True"),
    "negative-rate": ("1.0e-3", "-1.0e-3", "recipe-value", "train.learning_rate is -0.001"),
    "string-for-number": ("epochs: 1", "epochs: one", "recipe-value", "train.epochs is 'one'"),
    "null": ("name: small", "name: null", "recipe-value", "name is None"),
    "path-in-name": ("name: small", "name: ../small", "recipe-value", "name is '../small'"),
    "device": ("device: cpu", "device: tpu", "recipe-value", "device is 'tpu'"),
    "dtype": ("device: cpu", "device: cpu\ndtype: f16", "recipe-value", "dtype is 'f16'"),
    "export": ("device: cpu", "device: cpu\nexport: [f64]", "recipe-value", "export is ['f64']"),
    "export-twice": ("device: cpu", "device: cpu\nexport: [f32, f32]", "recipe-value", "export is"),
    "section": ("device: cpu", "device: cpu\nbench: 5", "recipe-not-a-mapping", "bench is not a mapping"),
}


@pytest.mark.parametrize(("old", "new", "code", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_refused(tmp_path: Path, old: str, new: str, code: str, message: str) -> None:
    assert old in MINIMAL
    with pytest.raises(UsageError) as caught:
        load(tmp_path, MINIMAL.replace(old, new, 1))
    assert caught.value.code == code
    assert message in str(caught.value)
    assert "recipe.yaml:" in str(caught.value)
    assert caught.value.fix
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("text", ["[1, 2]", "just a string", "5"])
def test_no_mapping_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError, match="is not a mapping"):
        load(tmp_path, text)


@pytest.mark.parametrize("text", ["", "a: [", MINIMAL + "name: again\n", "train: &x {}\n"])
def test_loose_yaml_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ContractError):
        load(tmp_path, text)


def test_an_absent_recipe_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="cannot be read"):
        load_recipe(tmp_path / "absent.yaml")


def test_the_default_recipes_differ_only_in_device_and_dtype() -> None:
    cpu = load_recipe(RECIPES / "smollm2-cpu.yaml").to_json()
    cuda = load_recipe(RECIPES / "smollm2-cuda.yaml").to_json()
    assert {key for key in cpu if cpu[key] != cuda[key]} == {"device", "dtype"}
