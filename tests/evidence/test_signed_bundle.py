"""A signed bundle: statement, envelope and summary say one thing; a manifest written anew helps nobody."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import Parse
from in_toto_attestation.predicates.vsa.v1 import vsa_pb2
from in_toto_attestation.v1 import statement_pb2
from in_toto_attestation.v1.statement import Statement

from shipworthy.canonical import canonical, sha256_bytes
from shipworthy.errors import FileError
from shipworthy.evidence import json_bytes, make_statement, read_bundle, write_bundle
from shipworthy.evidence.dsse import open_envelope, seal, verify_signature
from shipworthy.evidence.keys import generate_key, read_public_key, read_signer
from shipworthy.evidence.portable import portable
from shipworthy.evidence.signing import bound_files, signed_copy, signed_files

EXAMPLE = next((Path(__file__).parents[2] / "evidence" / "reference").glob("2*"))
ENVELOPES = ("statement.dsse.json", "vsa.dsse.json")


@pytest.fixture
def key(tmp_path: Path) -> Path:
    generate_key(tmp_path / "key")
    return tmp_path / "key"


@pytest.fixture
def signed(tmp_path: Path, key: Path, predicate: dict[str, Any], files: dict[str, bytes]) -> Path:
    others = {name: data for name, data in files.items() if name != "statement.json"}
    statement = make_statement("model.apr", predicate["subject"]["sha256"], predicate)
    whole = bound_files(statement, others)
    return write_bundle(tmp_path / "evidence", "bundle", signed_files(whole, read_signer(key)))


def with_a_new_manifest(bundle: Path) -> None:
    """What whoever changes a file does next."""
    for folder in [path for path in bundle.iterdir() if path.is_dir() and not any(path.iterdir())]:
        folder.rmdir()
    files = {p.relative_to(bundle).as_posix(): p for p in bundle.rglob("*") if p.is_file()}
    entries = {
        name: {"sha256": sha256_bytes(path.read_bytes()), "size": path.stat().st_size}
        for name, path in files.items()
        if name != "manifest.json"
    }
    (bundle / "manifest.json").write_bytes(json_bytes({"files": entries}))


def refusal(bundle: Path) -> str:
    with pytest.raises(FileError) as caught:
        read_bundle(bundle)
    return caught.value.code


def test_the_statement_names_every_file_and_who_signed(signed: Path, key: Path) -> None:
    predicate = read_bundle(signed).predicate
    keyid = read_public_key(key.with_name("key.pub")).keyid
    assert predicate["signature"] == f"ed25519:{keyid}"
    there = {p.relative_to(signed).as_posix() for p in signed.rglob("*") if p.is_file()}
    assert set(predicate["files"]) == there - {"statement.json", "manifest.json", *ENVELOPES}
    for name in ENVELOPES:
        envelope = open_envelope((signed / name).read_bytes(), signed / name)
        verify_signature(envelope, read_public_key(key.with_name("key.pub")))
    assert canonical(json.loads((signed / "statement.json").read_bytes())) == (
        open_envelope((signed / ENVELOPES[0]).read_bytes(), signed).payload
    )


def test_in_totos_own_bindings_read_statement_and_summary(signed: Path) -> None:
    for name, kind in zip(
        ENVELOPES,
        ("https://shipworthy.dev/dispatch/v1", "https://slsa.dev/verification_summary/v1"),
        strict=True,
    ):
        payload = open_envelope((signed / name).read_bytes(), signed / name).payload
        statement = Statement.copy_from_pb(Parse(payload, statement_pb2.Statement()))
        statement.validate()
        assert statement.pb.predicate_type == kind
        assert statement.pb.subject[0].name == "model.apr"


def test_slsas_own_form_reads_the_summary(signed: Path) -> None:
    payload = open_envelope((signed / ENVELOPES[1]).read_bytes(), signed).statement
    predicate = dict(payload["predicate"])
    # SLSA's text has an array; these bindings (0.9.3) declare one string, and refuse what the text asks for.
    assert predicate.pop("verifiedLevels") == ["FAILED"]
    summary = Parse(json.dumps(predicate), vsa_pb2.VerificationSummary(), ignore_unknown_fields=True)
    assert summary.verification_result == "FAILED"
    assert summary.time_verified.ToJsonString() == "2026-05-15T21:44:35Z"
    (attestation,) = summary.input_attestations
    assert attestation.digest["sha256"] == sha256_bytes((signed / ENVELOPES[0]).read_bytes())


def test_the_committed_bundle_signs_as_it_is(tmp_path: Path, key: Path) -> None:
    """An old statement names no files; signed it does, and says nothing else."""
    files = {p.relative_to(EXAMPLE).as_posix(): p.read_bytes() for p in EXAMPLE.rglob("*") if p.is_file()}
    del files["manifest.json"]
    whole = bound_files(json.loads(files["statement.json"]), files)
    path = write_bundle(tmp_path / "evidence", EXAMPLE.name, signed_files(whole, read_signer(key)))
    old, new = read_bundle(EXAMPLE).predicate, dict(read_bundle(path).predicate)
    assert {**new, "signature": "none", "files": None} == {**portable(old), "files": None}


def test_a_bundle_that_lies_there_is_signed_into_another_place(
    tmp_path: Path, key: Path, predicate: dict[str, Any]
) -> None:
    statement = make_statement("model.apr", predicate["subject"]["sha256"], predicate)
    unsigned = write_bundle(tmp_path / "a", "bundle", bound_files(statement, {"logs/a.log": b"x"}))
    path = write_bundle(tmp_path / "b", "bundle", signed_copy(unsigned, read_signer(key)))
    assert read_bundle(path).predicate["files"] == read_bundle(unsigned).predicate["files"]


ATTACKS: dict[str, tuple[str, Callable[[Path], object]]] = {
    "a file changed": ("not-bound", lambda b: (b / "measurements/FALSIFY-1.json").write_bytes(b"[]")),
    "a file deleted": ("not-bound", lambda b: (b / "measurements/FALSIFY-1.json").unlink()),
    "a file added": ("not-bound", lambda b: (b / "measurements/FALSIFY-2.json").write_bytes(b"{}")),
    "two files swapped": (
        "not-bound",
        lambda b: (b / "logs/empty.log").rename(b / "measurements/FALSIFY-1.json"),
    ),
    "the statement changed": (
        "another-statement",
        lambda b: replace_in(b / "statement.json", b"2026-05-15", b"2027-05-15"),
    ),
    "the statement says unsigned": (
        "signature-unclaimed",
        lambda b: (b / "statement.json").write_bytes(unsigned(b)),
    ),
    "the envelope deleted": ("signature-missing", lambda b: (b / ENVELOPES[0]).unlink()),
    "the summary deleted": ("signature-missing", lambda b: (b / ENVELOPES[1]).unlink()),
    "envelope and summary swapped": ("another-statement", lambda b: swap(b)),
    "the summary in the envelope's place": (
        "another-statement",
        lambda b: shutil.copy(b / ENVELOPES[1], b / ENVELOPES[0]),
    ),
}


def replace_in(path: Path, old: bytes, new: bytes) -> None:
    data = path.read_bytes()
    assert old in data
    path.write_bytes(data.replace(old, new))


def unsigned(bundle: Path) -> bytes:
    statement = json.loads((bundle / "statement.json").read_bytes())
    statement["predicate"]["signature"] = "none"
    return json_bytes(statement)


def swap(bundle: Path) -> None:
    first, second = (bundle / name for name in ENVELOPES)
    data = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(data)


@pytest.mark.parametrize("name", ATTACKS)
def test_who_writes_the_manifest_anew_is_refused_by_name(signed: Path, name: str) -> None:
    code, attack = ATTACKS[name]
    attack(signed)
    with_a_new_manifest(signed)
    assert refusal(signed) == code


def test_what_another_key_signed_is_not_what_the_statement_names(signed: Path, tmp_path: Path) -> None:
    generate_key(tmp_path / "other")
    envelope = open_envelope((signed / ENVELOPES[1]).read_bytes(), signed)
    (signed / ENVELOPES[1]).write_bytes(seal(envelope.statement, read_signer(tmp_path / "other")))
    with_a_new_manifest(signed)
    assert refusal(signed) == "another-key"


@pytest.mark.parametrize("claimed", ["ed25519:", "rsa:abc", "", "None", "ed25519:abc"])
def test_a_claim_without_a_signature_is_refused(
    tmp_path: Path, files: dict[str, bytes], claimed: str
) -> None:
    statement = json.loads(files["statement.json"])
    statement["predicate"]["signature"] = claimed
    path = write_bundle(tmp_path, "bundle", {**files, "statement.json": json_bytes(statement)})
    assert refusal(path) == "bad-statement"


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("_type", "https://in-toto.io/Statement/v0.1", "bad-statement"),
        ("predicateType", "https://shipworthy.dev/dispatch/v2", "bad-statement"),
        ("subject", [], "foreign-subject"),
        ("subject", [{"name": "other.apr", "digest": {"sha256": "0" * 64}}], "foreign-subject"),
        ("more", 1, "bad-statement"),
    ],
)
def test_a_statement_of_something_else_is_refused(
    tmp_path: Path, files: dict[str, bytes], field: str, value: Any, code: str
) -> None:
    statement = {**json.loads(files["statement.json"]), field: value}
    path = write_bundle(tmp_path, "bundle", {**files, "statement.json": json_bytes(statement)})
    assert refusal(path) == code


def test_a_subject_digest_in_capitals_is_refused(tmp_path: Path, predicate: dict[str, Any]) -> None:
    digest = "ABCDEF" + "0" * 58
    statement = make_statement("m", digest, {**predicate, "subject": {"name": "m", "sha256": digest}})
    path = write_bundle(tmp_path, "bundle", bound_files(statement, {}))
    assert refusal(path) == "bad-statement"


def test_big_integers_and_half_surrogates_are_signed_as_text() -> None:
    value = {"a": [2**53 - 1, 2**53, -(2**60), 1.0, 0.5, True, None, "\ud800x"]}
    assert portable(value) == {"a": [2**53 - 1, str(2**53), str(-(2**60)), 1, 0.5, True, None, "\\ud800x"]}
    assert json.loads(canonical(portable(value))) == portable(value)
    with pytest.raises(ValueError, match="one when written"):
        portable({"\ud800": 1, "\\ud800": 2})
