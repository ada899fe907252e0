"""Evidence that proved nothing, as tests on the real functions; docs/lessons.md tells the stories."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from lessons import DERIVED, PASSED, REFERENCE, spoilt, verdict
from shipworthy.canonical import sha256_file, strict_loads
from shipworthy.contract import (
    Catalogue,
    Contract,
    MeasurementError,
    Outcome,
    Reason,
    RecordedOutcome,
    criterion_hash,
    judge,
    quantities_of,
    write_gates,
)
from shipworthy.contract.lint import RULES
from shipworthy.contract.probes import PROBES
from shipworthy.errors import FileError
from shipworthy.evidence import list_bundles, read_bundle


def test_lesson_10_every_figure_of_the_committed_bundle_follows_from_its_raw_samples() -> None:
    for bundle in list_bundles(REFERENCE):
        for entry in read_bundle(bundle).predicate["criteria"]:
            for recorded in entry["falsifiers"]:
                if recorded.get("measurement"):
                    document = strict_loads((bundle / recorded["measurement"]).read_bytes())
                    derived = quantities_of(DERIVED[document["probe"]], document["raw"])
                    assert recorded["quantities"] == derived


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b'INFO ready\n{"a": 1}', "Expecting value"),
        (b'{"a": NaN}', "NaN is not JSON"),
        (b'{"a": 1, "a": 2}', "appears twice"),
        (b"", "Expecting value"),
    ],
)
def test_lesson_10_what_is_not_json_is_no_receipt(text: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        strict_loads(text)


def test_lesson_11_a_bundle_holds_digests_of_subject_code_and_logs() -> None:
    for bundle in list_bundles(REFERENCE):
        manifest = strict_loads((bundle / "manifest.json").read_bytes())
        listed = str(manifest)
        for path in bundle.rglob("*"):
            if path.is_file() and path.name != "manifest.json":
                assert sha256_file(path) in listed
        assert any((bundle / "logs").iterdir())
        environment = (bundle / "environment.json").read_text()
        assert re.search(r'"[0-9a-f]{64}"', environment), "the code that measured has a digest"


def test_lesson_12_other_parameters_than_the_criterions_are_red(catalogue: Catalogue) -> None:
    assert "tokens" in spoilt(catalogue, "other_token_count")
    (falsifier,) = catalogue.contracts["AC-SHIP2-010"].falsifiers
    assert falsifier.parameters["iterations"] == 5
    assert falsifier.parameters["max_tokens"] == 128
    assert falsifier.expect["tokens"] == {"const": 128}


def test_lesson_13_a_quantity_that_is_expected_must_be_there(catalogue: Catalogue) -> None:
    probe = PROBES["decode_throughput@2"]
    assert judge({"tokens_per_second": {"minimum": 100}}, {}, probe, {}).outcome is Outcome.ERROR
    assert judge({"toks": {"minimum": 100}}, {"toks": 500}, probe, {}).outcome is Outcome.ERROR
    assert "unknown-quantity" in RULES


def test_lesson_14_raw_samples_that_do_not_validate_are_no_measurement(catalogue: Catalogue) -> None:
    for path in REFERENCE.glob("*/measurements/*.json"):
        document = strict_loads(path.read_bytes())
        quantities_of(DERIVED[document["probe"]], document["raw"])
        key = next(iter(document["raw"]))
        with pytest.raises(MeasurementError):
            quantities_of(DERIVED[document["probe"]], {k: v for k, v in document["raw"].items() if k != key})


def test_lesson_14_a_held_gate_that_is_red_zeroes_its_weight(c03: Contract) -> None:
    assert not verdict(c03, {"FALSIFY-C-03": RecordedOutcome(Outcome.FAIL)}).discharged


def test_lesson_15_a_cpu_figure_under_a_gpu_label_is_red(catalogue: Catalogue) -> None:
    assert "device_proven" in spoilt(catalogue, "cpu_under_gpu_label")


def test_lesson_16_an_empty_receipt_is_refused_and_a_stale_gate_blocks(
    catalogue: Catalogue, c03: Contract, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "statement.json").write_bytes(b"")
    with pytest.raises(FileError):
        read_bundle(tmp_path / "empty")
    assert verdict(c03, {"FALSIFY-C-03": PASSED}, stale=True).reasons == (Reason.STALE_CONTRACT,)
    gates = tmp_path / "gates"
    write_gates(catalogue, gates)
    gate = gates / "test_c_03.py"
    gate.write_text(gate.read_text().replace("maxItems", "minItems"))
    assert write_gates(catalogue, gates, check=True) == [gate]


def test_lesson_17_a_number_is_no_identity(catalogue: Catalogue, c03: Contract) -> None:
    renumbered = replace(c03, id="AC-SHIP2-010", title="Another number")
    assert criterion_hash(renumbered, catalogue) == criterion_hash(c03, catalogue)
    assert verdict(c03, {"FALSIFY-C-03": PASSED}, others=[Reason.DOUBLE_CREDIT]).reasons == (
        Reason.DOUBLE_CREDIT,
    )
