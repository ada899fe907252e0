"""What others did to files, each as a test on the real functions; docs/lessons.md tells the stories."""

from __future__ import annotations

import pickle
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from securesystemslib.dsse import Envelope

from lessons import REFERENCE, REPOSITORY
from shipworthy.atomic import replacing
from shipworthy.canonical import canonical
from shipworthy.checkpoint import open_checkpoint
from shipworthy.errors import FileError, UsageError
from shipworthy.evidence import json_bytes, list_bundles, read_bundle, write_bundle
from shipworthy.evidence.dsse import open_envelope, seal, verify_signature
from shipworthy.evidence.keys import generate_key, read_public_key, read_signer
from shipworthy.gate.assemble import parse_allowed
from shipworthy.model import load_decoder
from shipworthy.pipeline.export import export_gguf


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
