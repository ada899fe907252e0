"""No change to any byte or file of a bundle gives a better verdict, whoever makes the digests fit again.

Three attackers. The first changes a bundle and leaves its manifest: always refused. The second can write the
manifest too: what the statement names is refused. The third can write everything that is not signed: a signed
bundle is refused; of an unsigned one no change gives more DISCHARGED than its samples did.
"""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from corpus_bundles import CORPUS, REFERENCE, Files, bound_anew, corpus_bundle, discharged, files_of, verified

from shipworthy.canonical import sha256_bytes
from shipworthy.errors import FileError
from shipworthy.evidence.bundle import check_whole, read_bundle
from shipworthy.evidence.files import hold_against
from shipworthy.evidence.keys import read_public_key

SMALL = 1200
"""Bytes up to which every byte of a file is tried."""
UNSIGNED, SIGNED = corpus_bundle("0.1.0/unsigned"), corpus_bundle("0.1.0/signed")
KEY = CORPUS / "0.1.0" / "corpus.key.pub"


def places(name: str, data: bytes, most: int) -> list[int]:
    """Places in a file to try: all of a small one, else as many, always the same."""
    if len(data) <= SMALL and len(data) <= most:
        return list(range(len(data)))
    return sorted(random.Random(name).sample(range(len(data)), min(most, len(data))))


def altered(data: bytes, place: int) -> bytes:
    """One byte otherwise: another digit of a digit, another letter of a letter, so that much still parses."""
    old = data[place]
    new = {**{n: 48 + (n - 47) % 10 for n in range(48, 58)}, 91: 123, 93: 125}.get(old, old ^ 1)
    return data[:place] + bytes([new]) + data[place + 1 :]


def changes(files: Files, most: int) -> Iterator[tuple[str, Files]]:
    """Bundles in which one byte differs, is missing, or is there twice."""
    for name, data in files.items():
        for place in places(name, data, most):
            yield f"{name} at {place}", {**files, name: altered(data, place)}
        for place in places(name, data, 2):
            yield f"{name} without {place}", {**files, name: data[:place] + data[place + 1 :]}
            yield (
                f"{name} with {place} twice",
                {**files, name: data[:place] + data[place : place + 1] + data[place:]},
            )


def exchanges(files: Files) -> Iterator[tuple[str, Files]]:
    """Bundles from which a file is gone, or in which two stand in each other's place."""
    names = sorted(files)
    for name in names:
        yield f"without {name}", {other: data for other, data in files.items() if other != name}
    for folder in ("measurements/", "contracts/", "contracts/proofs/", ""):
        inside = [name for name in names if name.startswith(folder) and "/" not in name.removeprefix(folder)]
        for first, second in pairwise(inside):
            yield f"{first} for {second}", {**files, first: files[second], second: files[first]}
            yield f"{first} copied to {second}", {**files, second: files[first]}


@pytest.mark.parametrize("path", [UNSIGNED, SIGNED, REFERENCE], ids=["unsigned", "signed", "reference"])
def test_who_leaves_the_manifest_is_refused_for_every_byte(path: Path) -> None:
    manifest = json.loads((path / "manifest.json").read_bytes())["files"]
    tried = 0
    for name, data in files_of(path).items():
        entry = manifest[name]
        hold_against(entry["sha256"], entry["size"], data, path / name)
        for place in places(name, data, SMALL if len(data) <= SMALL else 8):
            tried += 1
            assert is_refused(hold_against, entry["sha256"], entry["size"], altered(data, place), path / name)
    assert tried > 2_000


def is_refused(read: Callable[..., object], *arguments: Any) -> bool:
    """As `pytest.raises`, which costs more than what is tried here."""
    try:
        read(*arguments)
    except FileError:
        return True
    return False


def test_a_changed_manifest_is_refused_for_every_byte(tmp_path: Path) -> None:
    path = Path(shutil.copytree(SIGNED, tmp_path / SIGNED.name))
    manifest = (path / "manifest.json").read_bytes()
    for place in places("manifest.json", manifest, 300):
        (path / "manifest.json").write_bytes(altered(manifest, place))
        assert is_refused(read_bundle, path), place


@pytest.mark.parametrize("path", [UNSIGNED, SIGNED], ids=["unsigned", "signed"])
def test_who_writes_the_manifest_anew_is_refused_by_the_statement(path: Path) -> None:
    files = files_of(path)
    check_whole(path, files)
    for name in files.keys() - {"statement.json", "statement.dsse.json", "vsa.dsse.json"}:
        for place in places(name, files[name], 8):
            changed = {**files, name: altered(files[name], place)}
            assert is_refused(check_whole, path, changed), (name, place)
    for what, changed in exchanges(files):
        if changed.get("statement.json") == files["statement.json"] and changed != files:
            assert is_refused(check_whole, path, changed), what


def test_a_signed_bundle_is_refused_whatever_is_made_to_fit() -> None:
    files, key = files_of(SIGNED), read_public_key(KEY)
    assert discharged(SIGNED, files, key) == {"C-01", "C-02", "C-03"}
    tried = 0
    for what, changed in [*changes(files, 4), *exchanges(files)]:
        if (bound := rebound(changed)) != files:
            tried += 1
            assert is_refused(verified, SIGNED, bound, key), what
    assert tried > 150


@pytest.mark.parametrize("bundle", ["unsigned", "reference"])
def test_no_change_to_an_unsigned_bundle_gives_a_better_verdict(bundle: str) -> None:
    path, most, step = {"unsigned": (UNSIGNED, 3, 1), "reference": (REFERENCE, 1, 9)}[bundle]
    files = files_of(path)
    before = discharged(path, files)
    assert len(before) >= 3
    for what, changed in [*changes(files, most), *exchanges(files)][::step]:
        # Each is named, by a refusal or a finding, or changes nothing of what is stated and derived.
        assert discharged(path, rebound(changed)) in (set(), before), what


@pytest.mark.parametrize("name", ["measurements/FALSIFY-C-03.json", "statement.json"])
def test_no_change_to_a_red_bundle_makes_it_green(name: str) -> None:
    path = corpus_bundle("0.1.0/unregistered")
    files = files_of(path)
    assert discharged(path, files) == set()
    for place in places(name, files[name], 60):
        changed = rebound({**files, name: altered(files[name], place)})
        assert discharged(path, changed) == set(), place


def rebound(files: Files) -> Files:
    """Bound anew where the statement still reads: what does not read is refused as it is."""
    try:
        return bound_anew(files)
    except (KeyError, TypeError, AttributeError, ValueError):
        return files


def test_files_in_another_order_are_the_same_bundle() -> None:
    files = files_of(UNSIGNED)
    backwards = dict(reversed(files.items()))
    assert discharged(UNSIGNED, backwards) == discharged(UNSIGNED, files)
    assert sha256_bytes(files["statement.json"]) == sha256_bytes(backwards["statement.json"])
