"""Drafts from a good checkpoint: a registration and a contract that load, and expect what was measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from shipworthy.checkpoint import open_checkpoint
from shipworthy.checkpoint.stamp import stamp
from shipworthy.contract import Quantity, load_catalogue, load_contract
from shipworthy.contract.lint import lint
from shipworthy.contract.probes import PROBES
from shipworthy.errors import FileError, UsageError
from shipworthy.gate.draft import expected, write_draft
from shipworthy.gate.trial import differences


@pytest.mark.parametrize("fixture", ["fixture_llama", "fixture_qwen2", "fixture_gguf"])
def test_both_files_load_and_the_subject_is_the_registered_one(
    fixture: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    subject = request.getfixturevalue(fixture)
    registration, contract = write_draft(subject, tmp_path / "c", licence="apache-2.0")
    catalogue = load_catalogue(tmp_path / "c")
    assert lint([tmp_path / "c"]).problems == ()
    [registered] = catalogue.registrations.values()
    [drafted] = catalogue.contracts.values()
    assert (registration.stem, contract.stem) == (registered.id, drafted.id.lower())
    assert drafted.state == "DRAFT"
    assert differences(subject, registered) == ()
    with open_checkpoint(subject) as checkpoint:
        count = checkpoint.config().param_count()
    assert registered.parameters == {"low": count, "high": count}


def test_the_draft_says_what_was_measured(fixture_llama: Path, tmp_path: Path) -> None:
    _, contract = write_draft(fixture_llama, tmp_path)
    metadata, contained = load_catalogue(tmp_path).contracts["AC-FIXTURE-LLAMA-001"].falsifiers
    assert len(metadata.parameters["fields"]) == 10
    assert metadata.expect["missing"] == {"maxItems": 0}
    assert metadata.expect["architecture"] == {"const": "llama"}
    assert contained.expect["parameters"] == {
        "minimum": {"registered": "parameters.low"},
        "maximum": {"registered": "parameters.high"},
    }
    assert contained.expect["texts"] == {"const": 100}
    assert "format" not in contained.expect
    assert "planted" not in contract.read_text().replace("planted defects", "")


def test_of_what_was_not_good_nothing_is_expected() -> None:
    probe = PROBES["self_contained@1"]
    assert isinstance(probe.quantities["tensors_missing"], Quantity)
    found = expected(
        probe,
        {
            "format": "apr",
            "tensors_missing": ["x"],
            "tokenizer_rebuilds": False,
            "texts": None,
            "tensors": 20,
        },
    )
    assert found == {"tensors": {"const": 20}}


def test_nothing_that_is_there_is_overwritten(fixture_llama: Path, tmp_path: Path) -> None:
    paths = write_draft(fixture_llama, tmp_path)
    before = [path.read_bytes() for path in paths]
    with pytest.raises(UsageError, match="is there already"):
        write_draft(fixture_llama, tmp_path)
    assert [path.read_bytes() for path in paths] == before


def test_a_long_name_is_cut_to_one_that_a_file_can_have(fixture_llama: Path, tmp_path: Path) -> None:
    named = tmp_path / "named.apr"
    stamp(fixture_llama, named, assignments=[f"name={'Model ' * 60}"])
    registration, contract = write_draft(named, tmp_path / "out")
    assert len(registration.stem) <= 60
    assert load_contract(contract).falsifiers[0].id.startswith("FALSIFY-MODEL-MODEL-")


def test_a_draft_that_breaks_leaves_nothing(
    fixture_llama: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    (out / "models").mkdir(parents=True)

    def interrupted(path: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("shipworthy.gate.draft.load_contract", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_draft(fixture_llama, out)
    assert [path for path in out.rglob("*") if path.is_file()] == []
    monkeypatch.undo()
    assert len(write_draft(fixture_llama, out)) == 2


def test_a_checkpoint_without_a_licence_needs_one(fixture_llama: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare.apr"
    stamp(fixture_llama, bare, unset=["license"])
    with pytest.raises(UsageError, match="states no licence"):
        write_draft(bare, tmp_path / "c")
    assert not (tmp_path / "c").exists()
    write_draft(bare, tmp_path / "c", licence="MIT")
    [registration] = load_catalogue(tmp_path / "c").registrations.values()
    assert registration.licence == "mit"


def test_a_file_that_is_cut_is_refused_before_anything_is_written(
    fixture_llama: Path, tmp_path: Path
) -> None:
    cut = tmp_path / "cut.apr"
    cut.write_bytes(fixture_llama.read_bytes()[:-100])
    with pytest.raises(FileError):
        write_draft(cut, tmp_path / "c")
    assert not (tmp_path / "c").exists()
