"""What is on trial: which release it is for, and how it differs from the registered model."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shipworthy.checkpoint import TensorSource, open_checkpoint, write_apr
from shipworthy.contract import Catalogue
from shipworthy.errors import FileError, UsageError
from shipworthy.gate.planted.apr_file import rewrite_apr
from shipworthy.gate.trial import choose_release, differences, identify, make_trial, parse_artifacts


def restated(good: Path, path: Path, **change: Any) -> Path:
    """A copy with other metadata; None removes a field."""
    with open_checkpoint(good) as checkpoint:
        metadata = {k: v for k, v in {**checkpoint.metadata, **change}.items() if v is not None}
        tensors = {
            name: TensorSource("F32", entry.shape, partial(checkpoint.read, name))
            for name, entry in checkpoint.tensors.items()
        }
        write_apr(path, metadata=metadata, tensors=tensors, tokenizer=checkpoint.tokenizer())
    return path


def test_a_subject_is_its_bytes(fixture_llama: Path, fixture_gguf: Path) -> None:
    apr, gguf = identify(fixture_llama), identify(fixture_gguf)
    assert (apr.name, apr.format, apr.architecture) == ("fixture-llama.apr", "apr", "llama")
    assert (gguf.format, gguf.architecture) == ("gguf", "llama")
    assert apr.digest != gguf.digest


def test_the_export_is_the_same_registered_model(catalogue: Catalogue, fixture_gguf: Path) -> None:
    assert differences(fixture_gguf, catalogue.registrations["fixture-llama"]) == ()


def test_every_constant_that_differs_is_named(catalogue: Catalogue, fixture_llama: Path) -> None:
    found = differences(fixture_llama, catalogue.registrations["fixture-qwen2"])
    assert found == (
        "architecture is 'llama', registered is 'qwen2'",
        "vocab_size is 1000, registered is 1024",
        "tied_embeddings is True, registered is False",
        "attention_bias is False, registered is True",
        "it has 138048 parameters, registered are 205376..205376",
    )


@pytest.mark.parametrize(
    "change",
    [
        {"num_heads": 8},
        {"rope_theta": 1e6},
        {"num_layers": 3},
        {"vocab_size": "1000"},
        {"rms_norm_eps": None},
    ],
)
def test_one_constant_is_enough(
    catalogue: Catalogue, fixture_llama: Path, tmp_path: Path, change: dict[str, Any]
) -> None:
    path = restated(fixture_llama, tmp_path / "other.apr", **change)
    (name,) = change
    (problem,) = differences(path, catalogue.registrations["fixture-llama"])
    assert problem.startswith(f"{name} is ")


def test_norms_of_q_and_k_are_a_difference_unless_the_family_has_them(
    catalogue: Catalogue, fixture_llama: Path, tmp_path: Path
) -> None:
    path = tmp_path / "normed.apr"
    norm = TensorSource("F32", (16,), lambda: np.ones(16, np.float32))
    names = [f"model.layers.{i}.self_attn.{x}_norm.weight" for i in (0, 1) for x in "qk"]
    rewrite_apr(fixture_llama, path, tensors=lambda tensors: {**tensors, **dict.fromkeys(names, norm)})
    registered = replace(
        catalogue.registrations["fixture-llama"], parameters={"low": 138_048, "high": 140_000}
    )
    assert differences(path, registered) == ("qk_norm is True, registered is False",)
    labelled = replace(registered, constants={**registered.constants, "architecture": "qwen3"})
    assert differences(path, labelled) == ("architecture is 'llama', registered is 'qwen3'",)


def test_an_alias_and_an_absent_head_dim_are_understood(
    catalogue: Catalogue, fixture_llama: Path, tmp_path: Path
) -> None:
    path = restated(fixture_llama, tmp_path / "other.apr", hidden_size=None, n_embd=64, head_dim=None)
    assert differences(path, catalogue.registrations["fixture-llama"]) == ()


@pytest.mark.parametrize("heads", ["four", 0, -4, 4.0, [4], True])
def test_heads_that_are_no_number_are_a_difference_and_no_bug(
    catalogue: Catalogue, fixture_llama: Path, tmp_path: Path, heads: Any
) -> None:
    path = restated(fixture_llama, tmp_path / "other.apr", num_heads=heads, head_dim=None)
    assert differences(path, catalogue.registrations["fixture-llama"])


def test_a_release_is_named_or_the_only_one_of_these_constants(
    catalogue: Catalogue, fixture_llama: Path
) -> None:
    assert choose_release(catalogue, "model-2", None).id == "model-2"
    with pytest.raises(UsageError, match="choose one of model-1, model-2, smollm2-demo"):
        choose_release(catalogue, "model-3", None)
    with pytest.raises(UsageError, match="constants are: none"):
        choose_release(catalogue, None, fixture_llama)


def test_a_trial_knows_the_active_criteria_of_its_release(
    catalogue: Catalogue, fixture_llama: Path, tmp_path: Path
) -> None:
    trial = make_trial(fixture_llama, catalogue=catalogue, release="model-2", artifacts={}, workdir=tmp_path)
    assert [contract.id for contract in trial.contracts] == [
        "C-01", "C-02", "C-03", "P0-D", "P0-E", "P0-F", "P0-G", "P0-H", "P0-K", "P0-Q4K",
        "AC-SHIP2-001", "AC-SHIP2-002", "AC-SHIP2-005", "AC-SHIP2-006", "AC-SHIP2-007", "AC-SHIP2-008",
        "AC-SHIP2-009", "AC-SHIP2-010", "AC-SHIP2-012", "CROSS-EXPORT-TYPES", "CROSS-GOLDEN",
        "CROSS-HUMANEVAL", "CROSS-LICENCE", "CROSS-QUALITY", "CROSS-REGRESSION", "CROSS-ROUND-TRIP",
        "MODEL-2-ALL",
    ]  # fmt: skip
    assert [contract.id for contract in trial.drafts] == [
        "AC-SHIP2-003", "AC-SHIP2-004", "AC-SHIP2-011",
    ]  # fmt: skip
    assert trial.unregistered
    assert trial.on(fixture_llama, {}).subject == trial.subject


def test_artifacts_are_kind_and_path(tmp_path: Path) -> None:
    (tmp_path / "a=b.gguf").write_text("")
    assert parse_artifacts([f"gguf={tmp_path}/a=b.gguf", f"run={tmp_path}"]) == {
        "gguf": tmp_path / "a=b.gguf",
        "run": tmp_path,
    }
    assert set(parse_artifacts([f"gguf:q4_k_m={tmp_path}/a=b.gguf", f"gguf={tmp_path}/a=b.gguf"])) == {
        "gguf",
        "gguf:q4_k_m",
    }
    for unknown in ("gguf:f32", "gguf:q1", "run:f16", "gguf:"):
        with pytest.raises(UsageError, match="is not KIND=PATH"):
            parse_artifacts([f"{unknown}={tmp_path}/a=b.gguf"])
    with pytest.raises(UsageError, match="attached twice"):
        parse_artifacts([f"run={tmp_path}", f"run={tmp_path}"])
    with pytest.raises(UsageError, match="is not KIND=PATH"):
        parse_artifacts(["run"])
    with pytest.raises(UsageError, match="bad-artifact"):
        parse_artifacts(["baseline="])
    (tmp_path / "notes.md").write_text("# Notes")
    with pytest.raises(FileError, match="bad-json"):
        parse_artifacts([f"baseline={tmp_path}/notes.md"])
    with pytest.raises(FileError, match="the run that --artifact names is not there"):
        parse_artifacts([f"run={tmp_path}/absent"])
