"""Training leaves checkpoints that stand alone and a record of all that decided them."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from shipworthy.canonical import sha256_file, sha256_json, strict_loads
from shipworthy.checkpoint import open_checkpoint
from shipworthy.checkpoint.tokenizer import TokenizerSpec
from shipworthy.model import Decoder, load_decoder
from shipworthy.pipeline.corpus import open_corpus
from shipworthy.pipeline.recipe import BenchSpec, DataSpec, Recipe, TrainSpec
from shipworthy.pipeline.train import RunResult, pretrain

TRAIN = TrainSpec(
    epochs=2, steps_per_epoch=6, batch_size=2, sequence_length=32, learning_rate=1e-2, warmup_steps=2,
    weight_decay=0.1, gradient_clip=1.0, validation_batches=2, seed=0,
)  # fmt: skip


@pytest.fixture(scope="session")
def recipe(small_apr: Path, texts: Path) -> Recipe:
    data = DataSpec(str(texts), 0.5, "Apache-2.0")
    return Recipe("small", "small", str(small_apr), data, TRAIN, "cpu", "f32", BenchSpec(2, 4), ("f32",))


@pytest.fixture(scope="session")
def result(recipe: Recipe, tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    trained = pretrain(recipe, tmp_path_factory.mktemp("runs"), progress=False)
    torch.set_num_threads(threads)
    return trained


def steps(result: RunResult) -> list[dict[str, float]]:
    return [strict_loads(line) for line in (result.run_dir / "steps.jsonl").read_text().splitlines()]


def test_the_run_directory_holds_what_it_should_and_no_more(result: RunResult) -> None:
    names = {path.name for path in result.run_dir.iterdir()}
    assert names == {"data-manifest.json", "epoch-001.apr", "epoch-002.apr", "run.json", "steps.jsonl"}
    assert result.checkpoint == result.run_dir / "epoch-002.apr"
    assert not result.reused


def test_validation_loss_falls(result: RunResult) -> None:
    losses = [result.run["validation"]["loss_before"], *(e["validation_loss"] for e in result.run["epochs"])]
    assert losses[0] == pytest.approx(math.log(49152), rel=0.02)
    assert losses[2] < losses[1] < losses[0] - 0.1


def test_each_step_is_a_line(result: RunResult) -> None:
    lines = steps(result)
    assert [line["step"] for line in lines] == list(range(1, 13))
    assert [line["epoch"] for line in lines] == [1] * 6 + [2] * 6
    assert {tuple(line) for line in lines} == {
        ("step", "epoch", "loss", "lr", "grad_norm", "tokens", "seconds")
    }
    assert {line["tokens"] for line in lines} == {64}
    assert lines[1]["lr"] == 1e-2
    assert lines[-1]["lr"] == pytest.approx(1e-3)
    assert all(line["seconds"] > 0 and math.isfinite(line["loss"]) for line in lines)


def test_run_json_lists_every_file_by_digest(result: RunResult, recipe: Recipe) -> None:
    run = strict_loads((result.run_dir / "run.json").read_bytes())
    assert run == result.run
    assert run["complete"] is True
    assert run["run_id"].startswith(result.run_dir.name)
    assert run["files"] == {
        name: sha256_file(result.run_dir / name)
        for name in ("epoch-001.apr", "epoch-002.apr", "steps.jsonl", "data-manifest.json")
    }
    assert [item["epoch"] for item in run["checkpoints"]] == [1, 2]
    assert run["recipe"] == recipe.to_json()
    assert run["compute_dtype"] == "f32"
    assert run["tokens"] == 2 * 6 * 64


def test_the_manifest_is_the_corpus(result: RunResult, recipe: Recipe) -> None:
    manifest = strict_loads((result.run_dir / "data-manifest.json").read_bytes())
    assert manifest == open_corpus(recipe.data).manifest
    assert sha256_json(manifest) == result.run["data_manifest_sha256"]


def test_no_record_names_a_place_of_the_machine(result: RunResult, recipe: Recipe) -> None:
    written = b"".join(path.read_bytes() for path in result.run_dir.iterdir())
    for path in (result.run_dir.parent, Path(recipe.initial_weights).parent, Path.home()):
        assert str(path).encode() not in written


def test_a_checkpoint_stands_alone(
    result: RunResult, tokenizer: TokenizerSpec, small_decoder: Decoder
) -> None:
    with open_checkpoint(result.checkpoint) as checkpoint:
        checkpoint.verify()
        metadata = checkpoint.metadata
        decoder = load_decoder(checkpoint, device=torch.device("cpu"))
        rebuilt = checkpoint.tokenizer()
    assert rebuilt is not None
    assert rebuilt.digest() == tokenizer.digest()
    assert decoder.config == small_decoder.config
    assert metadata["license"] == "apache-2.0"
    assert (metadata["data_source"], metadata["data_license"]) == ("sources", "Apache-2.0")
    assert metadata["shipworthy.run_id"] == result.run["run_id"]
    assert metadata["shipworthy.data"] == {"manifest_sha256": result.run["data_manifest_sha256"]}
    assert metadata["shipworthy.producer"]["sources_sha256"] == result.run["code"]["sources_sha256"]
    assert "created_at" not in metadata
    changed = [
        name
        for name, tensor in decoder.state_dict().items()
        if not torch.equal(tensor, small_decoder.state_dict()[name])
    ]
    assert len(changed) == len(decoder.state_dict())


def test_the_same_run_gives_the_same_bytes(result: RunResult, recipe: Recipe, tmp_path: Path) -> None:
    again = pretrain(recipe, tmp_path, progress=False)
    assert again.run["run_id"] == result.run["run_id"]
    assert again.run["checkpoints"] == result.run["checkpoints"]
    assert [line["loss"] for line in steps(again)] == [line["loss"] for line in steps(result)]


def test_what_decides_the_run_decides_its_id(result: RunResult, recipe: Recipe, tmp_path: Path) -> None:
    other = replace(recipe, train=replace(TRAIN, seed=1, epochs=1, steps_per_epoch=1))
    again = pretrain(other, tmp_path, progress=False)
    assert again.run["run_id"] != result.run["run_id"]
    assert steps(again)[0]["loss"] != steps(result)[0]["loss"]


def test_a_finished_run_is_reused(result: RunResult, recipe: Recipe) -> None:
    written = result.checkpoint.stat().st_mtime_ns
    again = pretrain(recipe, result.run_dir.parent, progress=False)
    assert again.reused
    assert (again.run, again.checkpoint) == (result.run, result.checkpoint)
    assert result.checkpoint.stat().st_mtime_ns == written


@pytest.mark.parametrize("damage", ["run.json removed", "checkpoint changed", "not complete"])
def test_an_unfinished_or_altered_run_starts_over(
    recipe: Recipe, tmp_path: Path, damage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    short = replace(recipe, train=replace(TRAIN, epochs=1, steps_per_epoch=1))
    first = pretrain(short, tmp_path, progress=False)
    keep = first.run_dir / "notes.txt"
    keep.write_text("mine")
    match damage:
        case "run.json removed":
            (first.run_dir / "run.json").unlink()
        case "checkpoint changed":
            with first.checkpoint.open("r+b") as stream:
                stream.seek(-100, 2)
                stream.write(b"\x7f")
        case "not complete":
            (first.run_dir / "run.json").write_text(json.dumps({**first.run, "complete": False}))
    again = pretrain(short, tmp_path, progress=True)
    assert not again.reused
    assert again.run["checkpoints"] == first.run["checkpoints"]
    assert "was interrupted or altered: starting over" in capsys.readouterr().err
    assert keep.read_text() == "mine"


def test_silent_unless_asked(recipe: Recipe, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    short = replace(recipe, train=replace(TRAIN, epochs=1, steps_per_epoch=1))
    pretrain(short, tmp_path, progress=False)
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "")
