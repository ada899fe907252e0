"""What a bundle measured as a baseline: only what was DISCHARGED, derived again, unchanged since."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from corpus_bundles import EARLY

from shipworthy.canonical import sha256_file, sha256_json
from shipworthy.errors import FileError, NotMeasurable
from shipworthy.evidence import json_bytes
from shipworthy.evidence.baseline import (
    SCHEMA,
    NothingDischarged,
    baseline_of,
    read_baseline,
    write_baseline,
)

EXAMPLE = EARLY
FALSIFIER = "FALSIFY-C-03"


def rewritten(bundle: Path, name: str, document: Any) -> None:
    """Change a file of a bundle and its manifest with it, as who forges one does."""
    (bundle / name).write_bytes(json_bytes(document))
    manifest = json.loads((bundle / "manifest.json").read_text())
    data = (bundle / name).read_bytes()
    manifest["files"][name] = {"sha256": sha256_file(bundle / name), "size": len(data)}
    (bundle / "manifest.json").write_bytes(json_bytes(manifest))


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EXAMPLE, tmp_path / EXAMPLE.name))


def statement(bundle: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((bundle / "statement.json").read_text())
    return found


def block_all(bundle: Path, *but: str) -> None:
    changed = statement(bundle)
    for entry in changed["predicate"]["criteria"]:
        if entry["id"] not in but:
            entry.update(verdict="BLOCKED", reasons=["inconclusive"])
    rewritten(bundle, "statement.json", changed)


def test_what_was_discharged_is_recorded_with_what_identifies_it(bundle: Path) -> None:
    block_all(bundle, "C-03")
    baseline = baseline_of(bundle)
    (record,) = baseline.records
    assert (record.id, record.falsifier, record.probe) == ("C-03", FALSIFIER, "checkpoint_metadata@1")
    assert record.criterion == next(
        entry["criterion"] for entry in statement(bundle)["predicate"]["criteria"] if entry["id"] == "C-03"
    )
    assert record.measurement_sha256 == sha256_file(bundle / "measurements" / f"{FALSIFIER}.json")
    assert baseline.manifest_sha256 == sha256_file(bundle / "manifest.json")
    assert baseline.host["processor"]


def test_the_file_that_is_written_reads_back_the_same(bundle: Path, tmp_path: Path) -> None:
    block_all(bundle, "C-01", "C-03")
    baseline = baseline_of(bundle)
    write_baseline(baseline, tmp_path / "new" / "baseline.json")
    assert read_baseline(tmp_path / "new" / "baseline.json") == baseline


def test_a_bundle_itself_gives_what_passed_and_says_whether_it_was_discharged(bundle: Path) -> None:
    block_all(bundle, "C-03")
    found = {record.falsifier: record.discharged for record in read_baseline(bundle).records}
    assert found[FALSIFIER] is True
    assert found["FALSIFY-C-01"] is False


def test_a_bundle_in_which_nothing_is_discharged_is_no_baseline(bundle: Path) -> None:
    block_all(bundle)
    with pytest.raises(NothingDischarged, match="nothing-discharged"):
        baseline_of(bundle)


def test_quantities_that_the_samples_do_not_give_are_refused(bundle: Path) -> None:
    name = f"measurements/{FALSIFIER}.json"
    changed = json.loads((bundle / name).read_text())
    changed["raw"]["metadata"] = {**changed["raw"]["metadata"], "hidden_size": 1}
    rewritten(bundle, name, changed)
    with pytest.raises(FileError, match="cannot-rederive"):
        baseline_of(bundle)


def test_a_measurement_of_another_criterion_is_refused(bundle: Path) -> None:
    name = f"measurements/{FALSIFIER}.json"
    changed = json.loads((bundle / name).read_text())
    rewritten(bundle, name, {**changed, "criterion": "0" * 64})
    with pytest.raises(FileError, match="cannot-rederive"):
        baseline_of(bundle)


def test_a_file_of_the_bundle_that_was_changed_is_refused(bundle: Path) -> None:
    (bundle / "environment.json").write_bytes(b"{}")
    with pytest.raises(FileError, match="digest-differs"):
        baseline_of(bundle)


def test_a_baseline_that_was_changed_after_it_was_recorded_is_refused(bundle: Path, tmp_path: Path) -> None:
    block_all(bundle, "C-03")
    path = tmp_path / "baseline.json"
    write_baseline(baseline_of(bundle), path)
    document = json.loads(path.read_text())
    document["records"][0]["quantities"]["fields"] = 99
    path.write_bytes(json_bytes(document))
    with pytest.raises(FileError, match="baseline-changed"):
        read_baseline(path)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"[]", "bad-baseline"),
        (b"{}", "bad-baseline"),
        (b'{"schema": "shipworthy/baseline/1", "schema": 1}', "bad-json"),
        (json.dumps({"schema": SCHEMA}).encode(), "bad-baseline"),
        (json.dumps({"schema": SCHEMA, "sha256": sha256_json({"schema": SCHEMA})}).encode(), "bad-baseline"),
    ],
)
def test_what_is_no_baseline_is_refused(tmp_path: Path, data: bytes, code: str) -> None:
    path = tmp_path / "baseline.json"
    path.write_bytes(data)
    with pytest.raises(FileError) as caught:
        read_baseline(path)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("place", "value", "named"),
    [
        (("records",), "x", "records"),
        (("records", 0), 5, "records/0"),
        (("records", 0, "with"), 7, "records/0/with"),
        (("records", 0, "extra"), 1, "records/0"),
        (("bundle",), [], "bundle"),
        (("bundle", "started"), 1, "bundle/started"),
        (("host",), None, "host"),
    ],
)
def test_a_resealed_file_of_another_shape_is_refused(
    bundle: Path, tmp_path: Path, place: tuple[str | int, ...], value: Any, named: str
) -> None:
    body = {key: entry for key, entry in baseline_of(bundle).to_json().items() if key != "sha256"}
    inner: Any = body
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    path = tmp_path / "baseline.json"
    path.write_text(json.dumps({**body, "sha256": sha256_json(body)}))
    with pytest.raises(FileError, match=f"bad-baseline.*{named}|{named}.*bad-baseline"):
        read_baseline(path)


def test_a_place_that_cannot_be_written_is_refused_by_name(bundle: Path) -> None:
    with pytest.raises(FileError, match="unwritable"):
        write_baseline(baseline_of(bundle), Path("/proc/nowhere/baseline.json"))


def test_what_the_baseline_does_not_hold_is_a_missing_artifact(bundle: Path) -> None:
    block_all(bundle, "C-03")
    with pytest.raises(NotMeasurable, match="baseline-without-it") as caught:
        baseline_of(bundle).find("decode_throughput@9", engine="torch")
    assert caught.value.reason == "missing_artifact"


def test_of_several_measurements_parameters_choose(bundle: Path) -> None:
    baseline = read_baseline(bundle)
    with pytest.raises(FileError, match="baseline-not-clear"):
        baseline.find("checkpoint_metadata@1")
    named = {record.falsifier: record for record in baseline.records}[FALSIFIER]
    assert baseline.find("checkpoint_metadata@1", **named.parameters) == named
