"""The pipeline before the gates: run once, its failure too; nothing is reused that was made otherwise."""

from __future__ import annotations

from contextlib import chdir
from pathlib import Path
from typing import Any

import pytest

from shipworthy.errors import FileError, ShipworthyError, UsageError
from shipworthy.gate import stages
from shipworthy.pipeline import bench, gguf_writer
from shipworthy.pipeline.recipe import load_recipe
from trial_workspace import REPOSITORY

RECIPE = """\
name: small
model: fixture-llama
initial_weights: unused
device: cpu
train: {epochs: 1, batch_size: 2, sequence_length: 8, learning_rate: 1.0e-3}
bench: {iterations: 1, max_tokens: 2}
"""


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "recipe.yaml"
    path.write_text(RECIPE)
    return path


@pytest.mark.parametrize(
    "error",
    [
        FileError("unwritable", "cannot be written", path=Path("run.json"), offset=7, fix="free space"),
        UsageError("no-such-device", "is not here", where="device", fix="use cpu"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_failure_is_raised_again_and_runs_nothing_again(
    error: ShipworthyError, recipe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = _ending_with(error, monkeypatch)
    for _ in range(2):
        with pytest.raises(type(error)) as caught:
            stages.run_stages(recipe, None, tmp_path)
        assert str(caught.value) == str(error)
        assert caught.value.exit_code == error.exit_code
    assert len(runs) == 1


@pytest.mark.parametrize(
    ("error", "code", "exit_code"),
    [(KeyboardInterrupt(), "interrupted", 130), (ZeroDivisionError("by zero"), "bug", 70)],
)
def test_an_interrupt_or_a_bug_is_an_error_of_ours_the_second_time(
    error: BaseException,
    code: str,
    exit_code: int,
    recipe: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    runs = _ending_with(error, monkeypatch)
    with pytest.raises(type(error)):
        stages.run_stages(recipe, None, tmp_path)
    with pytest.raises(ShipworthyError) as caught:
        stages.run_stages(recipe, None, tmp_path)
    assert (caught.value.code, caught.value.exit_code, len(runs)) == (code, exit_code, 1)


def _ending_with(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    runs: list[Path] = []

    def run(recipe: Path, device: str | None) -> dict[str, Any]:
        runs.append(recipe)
        raise error

    monkeypatch.setattr(stages, "_run", run)
    return runs


def test_an_export_is_made_by_the_exporter_that_is_here_now(
    fixture_llama: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outs = stages._exports(tmp_path, fixture_llama, ("f32", "f16"))
    good = {path: path.read_bytes() for path in outs.values()}
    monkeypatch.setattr(gguf_writer, "_rotary_heads", lambda name, config: None)
    assert stages._exports(tmp_path, fixture_llama, ("f32", "f16")) == outs
    assert all(path.read_bytes() != before for path, before in good.items())
    assert set(tmp_path.iterdir()) == set(good)


def test_a_bench_is_reused_for_the_same_bytes_settings_and_code_only(
    recipe: Path, fixture_llama: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, measured = bench.bench, []

    def counting(path: Path, **settings: Any) -> dict[str, Any]:
        measured.append(settings)
        return real(path, **settings)

    monkeypatch.setattr(bench, "bench", counting)
    read = load_recipe(recipe)
    first = stages._bench(tmp_path, fixture_llama, read)
    assert stages._bench(tmp_path, fixture_llama, read) == first
    assert len(measured) == 1
    kept = (tmp_path / "bench.json").read_bytes()
    (tmp_path / "bench.json").write_bytes(kept[: len(kept) // 2])
    stages._bench(tmp_path, fixture_llama, read)
    assert len(measured) == 2
    monkeypatch.setattr(stages, "sources_sha256", lambda parts: "other code")
    stages._bench(tmp_path, fixture_llama, read)
    assert len(measured) == 3


def test_a_recipe_for_a_model_that_is_not_registered_trains_nothing(recipe: Path, tmp_path: Path) -> None:
    recipe.write_text(RECIPE.replace("fixture-llama", "smollm9"))
    with chdir(REPOSITORY), pytest.raises(UsageError, match=r"'smollm9'.*fixture-llama, .*smollm2-135m"):
        stages.run_stages(recipe, None, tmp_path)
