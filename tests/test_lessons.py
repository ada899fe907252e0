"""What went wrong in public, respected projects, each as a test; docs/lessons.md tells the stories.

Small and on the real functions. Where a whole dispatch shows more, docs/lessons.md names that test too.
"""

from __future__ import annotations

import math
import pickle
import re
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from securesystemslib.dsse import Envelope

from shipworthy.atomic import replacing
from shipworthy.canonical import canonical, sha256_file, strict_loads
from shipworthy.checkpoint import open_checkpoint
from shipworthy.contract import (
    Catalogue,
    Contract,
    MeasurementError,
    Outcome,
    Planted,
    Reason,
    RecordedOutcome,
    Verdict,
    VerdictWord,
    collect_outcomes,
    combine,
    compile_catalogue,
    compound_verdict,
    criterion_hash,
    judge,
    load_catalogue,
    quantities_of,
    verdict_of,
    write_gates,
)
from shipworthy.contract.constraints import constraint_problems
from shipworthy.contract.lint import RULES, lint
from shipworthy.contract.lint.compare import Direction, compare
from shipworthy.contract.probes import PROBES, RETIRED
from shipworthy.errors import ContractError, FileError, UsageError
from shipworthy.evidence import Bundle, json_bytes, list_bundles, read_bundle, write_bundle
from shipworthy.evidence.dsse import open_envelope, seal, verify_signature
from shipworthy.evidence.keys import generate_key, read_public_key, read_signer
from shipworthy.gate.assemble import parse_allowed
from shipworthy.gate.dispatch import exit_code
from shipworthy.gate.planted import plant_in_raw
from shipworthy.model import load_decoder
from shipworthy.pipeline.export import export_gguf

REPOSITORY = Path(__file__).parents[1]
REFERENCE = REPOSITORY / "evidence" / "reference"
DERIVED = {**PROBES, **RETIRED}
PASSED = RecordedOutcome(Outcome.PASS)


def outcome(catalogue: Catalogue, name: str, raw: Mapping[str, Any]) -> tuple[Outcome, frozenset[str]]:
    """What the only falsifier of a criterion comes to on raw samples, and which quantities failed."""
    (falsifier,) = catalogue.contracts[name].falsifiers
    probe = PROBES[falsifier.probe]
    facts = catalogue.registrations["fixture-llama"].facts()
    found = judge(falsifier.expect, quantities_of(probe, raw), probe, facts)
    return found.outcome, found.failed


def throughput(catalogue: Catalogue) -> dict[str, Any]:
    """The recorded samples of a real throughput measurement."""
    stored = strict_loads(catalogue.data["fixture-throughput"].path.read_bytes())["raw"]
    assert outcome(catalogue, "AC-SHIP2-010", stored)[0] is Outcome.PASS
    return dict(stored)


def spoilt(catalogue: Catalogue, defect: str) -> frozenset[str]:
    """The quantities that a planted defect turns red."""
    raw = plant_in_raw(Planted(defect, "measurement", ""), throughput(catalogue))
    return outcome(catalogue, "AC-SHIP2-010", raw)[1]


def verdict(contract: Contract, records: Mapping[str, RecordedOutcome], **more: Any) -> Verdict:
    return verdict_of(contract, records, **{"proof_valid": True, **more})


@pytest.fixture
def c03(catalogue: Catalogue) -> Contract:
    return catalogue.contracts["C-03"]


def test_lesson_01_a_gate_that_was_skipped_is_not_run(c03: Contract) -> None:
    assert verdict(c03, {}).reasons == (Reason.NOT_RUN,)
    battery = replace(c03, falsifiers=(), all_of=("C-01", "C-03"))
    half = {"C-01": Verdict(VerdictWord.DISCHARGED, ())}
    assert compound_verdict(battery, half).reasons == (Reason.NOT_RUN,)


def test_lesson_02_nothing_compared_is_no_pass(catalogue: Catalogue) -> None:
    assert combine([]) is Outcome.ERROR
    parity = PROBES["llama_cpp_parity@2"]
    nothing = {"loads": True, "error": None, "llama_cpp": {}, "matrices": {}, "used": {}, "samples": []}
    expect = catalogue.contracts["AC-SHIP2-009"].falsifiers[0].expect
    assert judge(expect, quantities_of(parity, nothing), parity, {}).outcome is Outcome.FAIL
    no_policy = {"criteria": [], "not_written": [], "allowed_blocked": []}
    assert exit_code(Bundle(Path("none"), {"predicate": no_policy})) == 1


def test_lesson_03_no_baseline_and_not_applicable_are_blocked(c03: Contract) -> None:
    missing = RecordedOutcome(Outcome.UNMEASURABLE, Reason.MISSING_ARTIFACT)
    assert verdict(c03, {"FALSIFY-C-03": missing}).reasons == (Reason.MISSING_ARTIFACT,)
    out_of_scope = verdict(c03, {"FALSIFY-C-03": PASSED}, in_scope=False)
    assert (out_of_scope.discharged, out_of_scope.reasons) == (False, (Reason.NOT_RUN,))


def test_lesson_04_a_gate_that_sees_no_defect_of_the_subject_is_refused(catalogue: Catalogue) -> None:
    for parity in catalogue.contracts["AC-SHIP2-009"].falsifiers:
        of = [planted.of for planted in parity.planted]
        assert set(of) == {"gguf", "measurement"}
        assert of.count("gguf") >= 8
    assert "no-planted-defect" in RULES


@pytest.mark.parametrize("bound", [math.nan, math.inf, -math.inf])
def test_lesson_05_a_threshold_that_is_no_number_disarms_nothing(bound: float) -> None:
    probe = PROBES["decode_throughput@2"]
    quantity = probe.quantities["tokens_per_second"]
    assert [code for _, code, _ in constraint_problems(quantity, {"minimum": bound})] == ["bad-constraint"]
    rate = {"low": 1.0, "high": 2.0, "level": 0.9, "n": 5, "unit": "tokens/s"}
    expect = {"tokens_per_second": {"minimum": bound}}
    assert judge(expect, {"tokens_per_second": rate}, probe, {}).outcome is Outcome.ERROR


def test_lesson_05_a_negative_floor_accepts_everything_and_is_refused(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    root = tmp_path / "contracts"
    shutil.copytree(REPOSITORY / "contracts", root)
    path = root / "ac-ship2-010.yaml"
    path.write_text(path.read_text().replace("{minimum: 100}", "{minimum: -100}"))
    found = {problem.code for problem in lint([path]).problems}
    assert found & {"accepts-everything", "bound-out-of-range"}


def test_lesson_05_the_gate_expects_exactly_what_the_contract_says(catalogue: Catalogue) -> None:
    assert '"tokens_per_second": {"minimum": 100}' in compile_catalogue(catalogue)["test_ac_ship2_010.py"]


def test_lesson_06_a_check_that_is_true_whatever_it_sees_discharges_nothing(c03: Contract) -> None:
    vacuous = verdict(c03, {"FALSIFY-C-03": PASSED}, proof_valid=False)
    assert vacuous.reasons == (Reason.VACUOUS_GATE,)


def test_lesson_06_a_breach_of_a_tolerance_is_no_warning(catalogue: Catalogue) -> None:
    assert {str(word) for word in Outcome} == {"PASS", "FAIL", "INCONCLUSIVE", "UNMEASURABLE", "ERROR"}
    assert spoilt(catalogue, "slowed_down") == {"tokens_per_second"}


def test_lesson_07_a_result_that_is_lost_shifts_no_other(catalogue: Catalogue, c03: Contract) -> None:
    assert spoilt(catalogue, "sample_dropped") == {"iterations"}
    both = replace(c03, falsifiers=tuple(replace(c03.falsifiers[0], id=name) for name in ("A", "B")))
    assert verdict(both, {"A": PASSED}).reasons == (Reason.NOT_RUN,)
    twice = collect_outcomes([("A", PASSED), ("A", PASSED), ("B", PASSED)])
    assert verdict(both, twice).reasons == (Reason.ERROR,)


def test_lesson_08_a_rate_of_problems_that_were_not_run_can_never_be_expected_alone(
    catalogue: Catalogue,
) -> None:
    for name in ("AC-SHIP2-008", "AC-SHIP1-005"):
        (falsifier, *_) = catalogue.contracts[name].falsifiers
        assert falsifier.expect["problems"] == falsifier.expect["executed"] == {"const": 164}
        assert falsifier.expect["isolated"] == {"const": True}


def test_lesson_09_a_receipt_names_its_subject_by_digest() -> None:
    for path in REFERENCE.glob("*/measurements/*.json"):
        measurement = strict_loads(path.read_bytes())
        assert re.fullmatch("[0-9a-f]{64}", measurement["subject"]["sha256"])
        assert measurement["subject"]["name"] not in ("", "default")


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


def test_lesson_18_a_bar_that_is_lowered_is_seen_and_is_another_criterion(
    catalogue: Catalogue, c03: Contract
) -> None:
    assert compare({"maximum": 2.2}, {"maximum": 4.7}) is Direction.LOOSENING
    loss = catalogue.contracts["AC-SHIP2-003"]
    (falsifier, *others) = loss.falsifiers
    quantity = next(name for name, bounds in falsifier.expect.items() if bounds == {"maximum": 2.2})
    lowered = replace(falsifier, expect={**falsifier.expect, quantity: {"maximum": 4.7}})
    changed = replace(loss, falsifiers=(lowered, *others))
    assert criterion_hash(changed, catalogue) != criterion_hash(loss, catalogue)
    assert {"loosened", "loosened-after-red"} <= RULES.keys()


def test_lesson_19_another_model_discharges_nothing_and_a_band_cannot_contradict_its_constants(
    catalogue: Catalogue, c03: Contract
) -> None:
    assert verdict(c03, {"FALSIFY-C-03": PASSED}, unregistered=True).reasons == (Reason.UNREGISTERED,)
    model = catalogue.registrations["model-2"]
    assert model.constants["tied_embeddings"] is False
    low, high = model.parameters["low"], model.parameters["high"]
    assert low <= 373_509_120 <= high
    assert not low <= 322_045_952 <= high
    assert "band-contradicts-constants" in RULES


def test_lesson_20_a_contract_without_a_falsifier_is_refused(tmp_path: Path) -> None:
    text = (REPOSITORY / "contracts" / "c-01.yaml").read_text()
    (tmp_path / "c-01.yaml").write_text(text[: text.index("falsifiers:")] + "notes: [equations are TBD]\n")
    with pytest.raises(ContractError) as refused:
        load_catalogue(tmp_path)
    assert refused.value.code == "no-falsifier"


def test_lesson_20_nothing_that_is_a_draft_is_ever_discharged(catalogue: Catalogue) -> None:
    drafts = [contract for contract in catalogue.contracts.values() if contract.state == "DRAFT"]
    for draft in drafts:
        records = {falsifier.id: PASSED for falsifier in draft.falsifiers}
        assert Reason.NOT_RUN in verdict(draft, records).reasons
    published = catalogue.contracts["AC-SHIP2-012"]
    assert all("release" in falsifier.needs.artifact for falsifier in published.falsifiers)


@pytest.mark.parametrize("share", [0.0, 0.001, 0.045, 0.5, 0.999])
def test_lesson_21_a_file_that_was_cut_is_refused(fixture_llama: Path, tmp_path: Path, share: float) -> None:
    data = fixture_llama.read_bytes()
    cut = tmp_path / "cut.apr"
    cut.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(FileError):
        open_checkpoint(cut)


def test_lesson_22_saving_onto_the_file_that_is_read_is_refused(fixture_gguf: Path, tmp_path: Path) -> None:
    source = tmp_path / "model.gguf"
    shutil.copy(fixture_gguf, source)
    before = source.read_bytes()
    with pytest.raises((UsageError, FileError)):
        export_gguf(source, source, "f32")
    assert source.read_bytes() == before


def test_lesson_23_a_wrong_label_never_starts_from_random_weights(
    fixture_qwen2: Path, tmp_path: Path
) -> None:
    from shipworthy.gate.planted.architecture import wrong_architecture_label

    wrong = tmp_path / "wrong.apr"
    wrong_architecture_label(fixture_qwen2, wrong, label="llama")
    with open_checkpoint(wrong) as checkpoint, pytest.raises(FileError) as refused:
        load_decoder(checkpoint, device="cpu")
    assert refused.value.code == "architecture-disagrees"


class _Opened:
    """Would write a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return (Path.touch, (self.path,))


def test_lesson_24_a_pickle_is_refused_and_never_run(tmp_path: Path) -> None:
    ran = tmp_path / "it ran"
    file = tmp_path / "model.apr"
    file.write_bytes(pickle.dumps(_Opened(ran)))
    with pytest.raises(FileError):
        open_checkpoint(file)
    assert not ran.exists()
    unsafe = re.compile(r"^\s*(import|from) pickle|torch\.load\(|trust_remote_code=True", re.MULTILINE)
    for source in (REPOSITORY / "src").rglob("*.py"):
        assert not unsafe.search(source.read_text()), source


def test_lesson_25_a_write_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    checkpoint, other = tmp_path / "model.apr", tmp_path / "unknown.bin"
    checkpoint.write_bytes(b"the only copy")
    other.write_bytes(b"not recognized")

    def write() -> None:
        with replacing(checkpoint) as stream:
            stream.write(b"half of the ne")
            raise RuntimeError("power")

    with pytest.raises(RuntimeError):
        write()
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {
        "model.apr": b"the only copy",
        "unknown.bin": b"not recognized",
    }


def test_lesson_26_a_bundle_that_was_altered_is_refused_and_one_that_is_unsigned_says_so(
    tmp_path: Path,
) -> None:
    [reference] = list_bundles(REFERENCE)
    assert read_bundle(reference).predicate["signature"] == "none"
    statement = read_bundle(reference).statement
    bundle = write_bundle(tmp_path, "altered", {"statement.json": json_bytes(statement)})
    data = (bundle / "statement.json").read_bytes()
    (bundle / "statement.json").write_bytes(data.replace(b"BLOCKED", b"DISCHAR"))
    with pytest.raises(FileError):
        read_bundle(bundle)


def test_lesson_26_a_payload_type_that_was_exchanged_is_no_signature(tmp_path: Path) -> None:
    """Another type beside the signature, or inside what was signed: neither passes."""
    generate_key(tmp_path / "key")
    signer, key = read_signer(tmp_path / "key"), read_public_key(tmp_path / "key.pub")
    sealed = seal({"a": 1}, signer)
    verify_signature(open_envelope(sealed, tmp_path), key)
    with pytest.raises(FileError, match="payload-type"):
        open_envelope(sealed.replace(b"vnd.in-toto+json", b"vnd.in-toto+text"), tmp_path)
    other = Envelope(b'{"a":1}', "application/json", {})
    other.sign(signer)
    claimed = canonical({**other.to_dict(), "payloadType": "application/vnd.in-toto+json"})
    with pytest.raises(FileError, match="bad-signature"):
        verify_signature(open_envelope(claimed, tmp_path), key)


@pytest.mark.parametrize("waiver", ["AC-SHIP2-010", "AC-SHIP2-010=falsified", "=", "AC-SHIP2-010=missing"])
def test_lesson_27_a_waiver_that_is_malformed_ends_the_run_before_it_begins(waiver: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse_allowed([waiver])
    assert refused.value.code == "bad-allowance"


DOCUMENT = (REPOSITORY / "docs" / "lessons.md").read_text()


def test_the_document_tells_every_lesson() -> None:
    assert re.findall(r"^(\d+)\. ", DOCUMENT, re.MULTILINE) == [str(number) for number in range(1, 28)]
    sections = re.split(r"^\d+\. ", DOCUMENT, flags=re.MULTILINE)[1:]
    for number, section in enumerate(sections, start=1):
        assert f"::test_lesson_{number:02}_" in section, f"lesson {number} names no test of its own"


def test_every_test_that_the_document_names_exists() -> None:
    named = set(re.findall(r"`(tests/[a-z0-9_/]+\.py)::([a-z0-9_]+)`", DOCUMENT))
    for file, function in named:
        assert f"def {function}(" in (REPOSITORY / file).read_text(), f"{file} has no {function}"
    own = re.findall(r"^def (test_lesson_\w+)\(", Path(__file__).read_text(), re.MULTILINE)
    assert set(own) == {function for _, function in named if function.startswith("test_lesson_")}


def test_every_rule_and_reason_that_the_document_names_exists() -> None:
    named = set(re.findall(r"rule `([a-z0-9-]+)`", DOCUMENT))
    assert named
    assert named <= RULES.keys()
    reasons = set(re.findall(r"reason `([a-z_]+)`", DOCUMENT))
    assert reasons <= {str(reason) for reason in Reason}
