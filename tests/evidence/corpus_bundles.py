"""The committed bundles, and how somebody who forges one goes on: what is unsigned is made to fit."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from shipworthy import strict_yaml
from shipworthy.canonical import sha256_bytes
from shipworthy.contract import planted_digest
from shipworthy.contract.read import read_contract
from shipworthy.errors import FileError
from shipworthy.evidence import json_bytes
from shipworthy.evidence.binding import UNBOUND
from shipworthy.evidence.bundle import check_whole, read_whole
from shipworthy.evidence.verify import Verification
from shipworthy.evidence.verify.run import verify_files

CORPUS = Path(__file__).parents[1] / "data" / "bundles"
REFERENCE = next((Path(__file__).parents[2] / "evidence" / "reference").glob("2*"))
Files = dict[str, bytes]


def corpus_bundle(name: str) -> Path:
    """A bundle of the corpus by `version/case`."""
    return next((CORPUS / name).glob("2*"))


EARLY = corpus_bundle("0.1.0/early")
"""A dispatch of the demo from before statements named their files."""


def files_of(path: Path) -> Files:
    """The files of a bundle without its manifest, which proves nothing to who can write."""
    _, files = read_whole(path)
    return {name: data for name, data in files.items() if name != "manifest.json"}


def bound_anew(files: Mapping[str, bytes]) -> Files:
    """The statement names the digests of the files as they are now."""
    statement = json.loads(files["statement.json"])
    if "files" in statement["predicate"]:
        others = {name: sha256_bytes(data) for name, data in files.items() if name not in UNBOUND}
        statement["predicate"]["files"] = others
    return {**files, "statement.json": json_bytes(statement)}


def edited(files: Mapping[str, bytes], name: str, edit: Callable[[Any], object]) -> Files:
    """With one JSON file changed in place."""
    value = json.loads(files[name])
    edit(value)
    return {**files, name: json_bytes(value)}


def replaced(files: Mapping[str, bytes], name: str, old: str, new: str) -> Files:
    """With a text of one file replaced, which must be there."""
    assert old.encode() in files[name], name
    return {**files, name: files[name].replace(old.encode(), new.encode())}


def everywhere(files: Mapping[str, bytes], old: str, new: str) -> Files:
    """With a text, such as a hash, replaced in every file."""
    return {name: data.replace(old.encode(), new.encode()) for name, data in files.items()}


def cut_planted(files: Files) -> Files:
    """All planted defects of C-03 but the first taken out, and proof and digest made to fit."""
    old = {e["id"]: e for e in json.loads(files["statement.json"])["predicate"]["criteria"]}["C-03"]
    lines = files["contracts/c-03.yaml"].decode().splitlines(keepends=True)
    planted = [index for index, line in enumerate(lines) if "- {defect:" in line]
    assert len(planted) > 1
    kept = "".join(line for index, line in enumerate(lines) if index not in planted[1:])
    files = {**files, "contracts/c-03.yaml": kept.encode()}
    contract = read_contract(strict_yaml.loads(kept.encode(), Path("c-03.yaml")))
    (falsifier,) = contract.falsifiers
    first = falsifier.planted[0]

    def shorten(proof: dict[str, Any]) -> None:
        entry = proof["falsifiers"][falsifier.id]
        entry["planted"] = [
            p for p in entry["planted"] if (p["defect"], p["red"]) == (first.defect, first.red)
        ]

    files = edited(files, "contracts/proofs/C-03.json", shorten)
    return everywhere(files, old["proof"]["planted"], planted_digest(contract))


def verified(path: Path, files: Mapping[str, bytes], key: Any = None) -> Verification:
    """As `verify_bundle` of a directory with these files and a manifest that fits."""
    return verify_files(check_whole(path, files), files, key)


def discharged(path: Path, files: Mapping[str, bytes], key: Any = None) -> set[str]:
    """What verification lets stand: nothing where it refuses or finds anything."""
    try:
        found = verified(path, files, key)
    except FileError:
        return set()
    return set() if found.findings else {e.id for e in found.criteria if e.verdict.discharged}
