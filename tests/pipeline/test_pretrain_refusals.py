"""What cannot be trained is refused in one line before anything is written; what diverges stops."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from shipworthy.checkpoint import TensorSource, open_checkpoint, write_apr
from shipworthy.errors import ShipworthyError
from shipworthy.pipeline.recipe import BenchSpec, DataSpec, Recipe, TrainSpec
from shipworthy.pipeline.train import TrainingError, pretrain

TRAIN = TrainSpec(
    epochs=1, steps_per_epoch=2, batch_size=2, sequence_length=32, learning_rate=1e-2, warmup_steps=0,
    weight_decay=0.1, gradient_clip=1.0, validation_batches=1, seed=0,
)  # fmt: skip


@pytest.fixture
def recipe(small_apr: Path, texts: Path) -> Recipe:
    data = DataSpec(str(texts), 0.5, "Apache-2.0")
    return Recipe("small", "small", str(small_apr), data, TRAIN, "cpu", "f32", BenchSpec(2, 4), ())


def train_with(**changed: Any) -> Callable[[Recipe], Recipe]:
    return lambda recipe: replace(recipe, train=replace(recipe.train, **changed))


def data_with(**changed: Any) -> Callable[[Recipe], Recipe]:
    return lambda recipe: replace(recipe, data=replace(recipe.data, **changed))


REFUSED: dict[str, tuple[Callable[[Recipe], Recipe], str, int]] = {
    "device": (lambda r: replace(r, device=f"cuda:{torch.cuda.device_count()}"), "no-such-device", 2),
    "weights": (lambda r: replace(r, initial_weights="smollm9"), "unknown-initial-weights", 2),
    "corpus": (data_with(source="no/such/corpus"), "corpus-absent", 2),
    "licence": (data_with(license=None), "corpus-license", 2),
    "batch": (train_with(batch_size=5000), "corpus-too-short", 2),
    "steps": (train_with(steps_per_epoch=5000), "corpus-too-short", 2),
    "pass": (train_with(steps_per_epoch=None, batch_size=5000), "corpus-too-short", 2),
    "validation": (train_with(validation_batches=5000), "corpus-too-short", 2),
    "context": (train_with(sequence_length=257), "sequence-too-long", 2),
}


@pytest.mark.parametrize(("change", "code", "exit_code"), REFUSED.values(), ids=REFUSED.keys())
def test_refused(
    recipe: Recipe, tmp_path: Path, change: Callable[[Recipe], Recipe], code: str, exit_code: int
) -> None:
    with pytest.raises(ShipworthyError) as caught:
        pretrain(change(recipe), tmp_path / "runs", progress=False)
    assert (caught.value.code, caught.value.exit_code) == (code, exit_code)
    assert "\n" not in str(caught.value)
    assert caught.value.fix
    assert list(tmp_path.iterdir()) == []


def test_a_corpus_shorter_than_one_batch_says_how_many_tokens_there_are(
    recipe: Recipe, tmp_path: Path
) -> None:
    with pytest.raises(ShipworthyError, match=r"has [\d,]+ tokens; 10000 windows of 32 tokens need 320,001"):
        pretrain(train_with(batch_size=5000)(recipe), tmp_path, progress=False)


def test_damaged_initial_weights_are_refused(recipe: Recipe, small_apr: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.apr"
    data = bytearray(small_apr.read_bytes())
    data[-1000] ^= 1
    damaged.write_bytes(data)
    with pytest.raises(ShipworthyError) as caught:
        pretrain(replace(recipe, initial_weights=str(damaged)), tmp_path / "runs", progress=False)
    assert caught.value.exit_code == 4
    assert not (tmp_path / "runs").exists()


def test_initial_weights_without_a_tokenizer_are_refused(
    recipe: Recipe, small_apr: Path, tmp_path: Path
) -> None:
    with open_checkpoint(small_apr) as checkpoint:
        arrays = {name: checkpoint.read(name) for name in checkpoint.tensors}
        metadata = {**checkpoint.config().to_metadata()}
    tensors = {name: TensorSource("F32", array.shape, array.copy) for name, array in arrays.items()}
    bare = tmp_path / "bare.apr"
    write_apr(bare, metadata=metadata, tensors=tensors, tokenizer=None)
    with pytest.raises(ShipworthyError, match="no-tokenizer"):
        pretrain(replace(recipe, initial_weights=str(bare)), tmp_path / "runs", progress=False)
    assert not (tmp_path / "runs").exists()


def test_a_loss_that_is_not_finite_stops_the_run(recipe: Recipe, small_apr: Path, tmp_path: Path) -> None:
    with open_checkpoint(small_apr) as checkpoint:
        arrays = {name: checkpoint.read(name) for name in checkpoint.tensors}
        arrays["model.norm.weight"][0] = float("nan")
        tensors = {name: TensorSource("F32", array.shape, array.copy) for name, array in arrays.items()}
        broken = tmp_path / "broken.apr"
        metadata = checkpoint.config().to_metadata()
        write_apr(broken, metadata=metadata, tensors=tensors, tokenizer=checkpoint.tokenizer())
    with pytest.raises(TrainingError, match="validation: the validation loss is nan"):
        pretrain(replace(recipe, initial_weights=str(broken)), tmp_path / "runs", progress=False)
    assert not list((tmp_path / "runs").rglob("*.apr"))
    assert not list((tmp_path / "runs").rglob("run.json"))


def test_a_diverging_run_names_its_step(recipe: Recipe, tmp_path: Path) -> None:
    wild = train_with(learning_rate=1e30, steps_per_epoch=4)(recipe)
    with pytest.raises(TrainingError, match=r"^step [2-4]: the (loss|gradient norm) is (nan|inf)"):
        pretrain(wild, tmp_path, progress=False)
    (log,) = tmp_path.rglob("steps.jsonl")
    assert 1 <= len(log.read_text().splitlines()) <= 3
    assert not list(tmp_path.rglob("run.json"))


def test_a_place_that_cannot_be_written_is_refused(recipe: Recipe, tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("a file")
    with pytest.raises(ShipworthyError) as caught:
        pretrain(recipe, tmp_path / "runs" / "deeper", progress=False)
    assert (caught.value.code, caught.value.exit_code) == ("unwritable", 4)
    assert [path.name for path in tmp_path.iterdir()] == ["runs"]
