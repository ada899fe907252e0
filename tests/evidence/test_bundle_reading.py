"""A bundle that is read is the bundle that was written: one byte, one file more or less is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from shipworthy.canonical import sha256_bytes
from shipworthy.errors import FileError
from shipworthy.evidence import json_bytes, list_bundles, read_bundle, write_bundle

NAMES = ["statement.json", "measurements/FALSIFY-1.json", "logs/empty.log", "contracts/proofs/C-1.json"]


def refusal(path: Path) -> FileError:
    with pytest.raises(FileError) as caught:
        read_bundle(path)
    return caught.value


def test_the_manifest_covers_every_file(bundle: Path, files: dict[str, bytes]) -> None:
    manifest = json.loads((bundle / "manifest.json").read_bytes())
    assert manifest == {
        "files": {n: {"sha256": sha256_bytes(data), "size": len(data)} for n, data in files.items()}
    }
    there = {p.relative_to(bundle).as_posix() for p in bundle.rglob("*") if p.is_file()}
    assert there == {*files, "manifest.json"}


def test_a_good_bundle_reads(bundle: Path) -> None:
    read = read_bundle(bundle)
    assert read.path == bundle
    assert read.predicate["signature"] == "none"
    assert read.refused == "the file ends at byte 7 [truncated]"


@pytest.mark.parametrize("name", NAMES)
def test_a_file_with_a_byte_more_is_refused(bundle: Path, name: str) -> None:
    with (bundle / name).open("ab") as stream:
        stream.write(b" ")
    assert refusal(bundle).code == "digest-differs"
    assert refusal(bundle).path == bundle / name


@pytest.mark.parametrize("name", [name for name in NAMES if "empty" not in name])
def test_a_file_with_one_other_byte_is_refused(bundle: Path, name: str) -> None:
    data = bytearray((bundle / name).read_bytes())
    data[0] ^= 1
    (bundle / name).write_bytes(data)
    assert refusal(bundle).code == "digest-differs"


@pytest.mark.parametrize("name", NAMES)
def test_a_deleted_file_is_refused(bundle: Path, name: str) -> None:
    (bundle / name).unlink()
    assert refusal(bundle).code == "file-missing"
    assert refusal(bundle).path == bundle / name


@pytest.mark.parametrize("name", ["note.txt", "measurements/FALSIFY-2.json", ".hidden", "new/deep.json"])
def test_an_added_file_is_refused(bundle: Path, name: str) -> None:
    (bundle / name).parent.mkdir(exist_ok=True)
    (bundle / name).write_bytes(b"")
    assert refusal(bundle).code == "file-added"


def test_a_link_is_refused_wherever_it_leads(bundle: Path) -> None:
    (bundle / "link").symlink_to("nowhere")
    assert refusal(bundle).code == "link"


def test_an_added_empty_directory_is_refused(bundle: Path) -> None:
    (bundle / "more").mkdir()
    assert refusal(bundle).code == "file-added"


MANIFESTS: dict[str, Callable[[Path], object]] = {
    "absent": lambda path: path.unlink(),
    "empty": lambda path: path.write_bytes(b""),
    "cut off": lambda path: path.write_bytes(path.read_bytes()[:-5]),
    "a list": lambda path: path.write_bytes(b"[]"),
    "files a list": lambda path: path.write_bytes(b'{"files": []}'),
    "an entry without digest": lambda path: path.write_bytes(b'{"files": {"statement.json": {"size": 1}}}'),
    "nested too deeply": lambda path: path.write_bytes(b"[" * 100_000),
    "a key twice": lambda path: path.write_bytes(b'{"files": {}, "files": {}}'),
}


@pytest.mark.parametrize("name", MANIFESTS)
def test_a_manifest_that_is_none_is_refused(bundle: Path, name: str) -> None:
    MANIFESTS[name](bundle / "manifest.json")
    assert refusal(bundle).code == ("no-manifest" if name == "absent" else "bad-json")


@pytest.mark.parametrize("change", [{"criteria": None}, {"signature": 1}, {"refused": {}}, {"criteria": [1]}])
def test_a_statement_of_another_shape_is_refused(
    tmp_path: Path, files: dict[str, bytes], change: dict[str, object]
) -> None:
    statement = json.loads(files["statement.json"])
    statement["predicate"].update(change)
    path = write_bundle(tmp_path, "bundle", {**files, "statement.json": json_bytes(statement)})
    assert refusal(path).code == "bad-statement"


def test_a_bundle_without_a_statement_is_refused(tmp_path: Path) -> None:
    assert refusal(write_bundle(tmp_path, "bundle", {"a.txt": b"a"})).code == "no-statement"


def test_what_is_no_directory_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path / "nothing").code == "no-manifest"
    (tmp_path / "file").write_text("x")
    assert refusal(tmp_path / "file").code == "no-manifest"
    assert list_bundles(tmp_path / "nothing") == []
