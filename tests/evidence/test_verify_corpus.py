"""Bundles of every version, and the real one, are what they say they are, for ever."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from corpus_bundles import CORPUS, EARLY, REFERENCE, corpus_bundle

from shipworthy.errors import FileError, display_path
from shipworthy.evidence.keys import generate_key, read_public_key
from shipworthy.evidence.verify import stale_findings, verify_bundle, verify_directory

KEY = CORPUS / "0.1.0" / "corpus.key.pub"
DISCHARGED = ("DISCHARGED", ())
GOOD = {
    "C-01": DISCHARGED,
    "C-02": DISCHARGED,
    "C-03": DISCHARGED,
    "AC-SHIP2-010": ("BLOCKED", ("missing_hardware",)),
}
EXPECTED: dict[str, dict[str, tuple[str, tuple[str, ...]]]] = {
    "0.1.0/unsigned": GOOD,
    "0.1.0/signed": GOOD,
    "0.1.0/unregistered": {
        "C-01": ("BLOCKED", ("unregistered",)),
        "C-02": ("BLOCKED", ("unregistered",)),
        "C-03": ("BLOCKED", ("unregistered",)),
        "AC-SHIP2-010": ("BLOCKED", ("unregistered", "missing_hardware")),
    },
    "0.1.0/refused": {},
    "0.1.0/early": {
        **dict.fromkeys(
            ("C-01", "C-02", "C-03", "P0-D", "P0-E", "P0-F", "P0-G", "P0-H", "P0-K", "P0-Q4K"), DISCHARGED
        ),
        **dict.fromkeys(("AC-SHIP2-005", "AC-SHIP2-009", "CROSS-LICENCE", "CROSS-ROUND-TRIP"), DISCHARGED),
        "AC-SHIP2-010": ("BLOCKED", ("missing_hardware",)),
    },
}


def test_every_bundle_of_the_corpus_is_expected() -> None:
    there = {p.relative_to(CORPUS).as_posix() for p in CORPUS.glob("*/*") if p.is_dir()}
    assert there == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_bundle_of_an_older_version_comes_to_the_same(name: str) -> None:
    found = verify_bundle(corpus_bundle(name))
    assert found.findings == ()
    assert {
        e.id: (str(e.verdict.verdict), tuple(map(str, e.verdict.reasons))) for e in found.criteria
    } == EXPECTED[name]
    assert bool(found.bundle.refused) == (EXPECTED[name] == {})


def test_contracts_that_are_read_once_keep_the_place_of_each_bundle(tmp_path: Path) -> None:
    first = corpus_bundle("0.1.0/unsigned")
    second = tmp_path / first.name
    shutil.copytree(first, second)
    for path in (first, second, first):
        contents = verify_bundle(path).contents
        assert contents is not None
        for contract in contents.catalogue.contracts.values():
            assert contract.document.path == path / contents.contract_files[contract.id]
            assert contract.document.where(("id",)).startswith(display_path(contract.document.path))


def test_the_signed_one_is_by_its_key_and_no_other(tmp_path: Path) -> None:
    path = corpus_bundle("0.1.0/signed")
    key = read_public_key(KEY)
    assert verify_bundle(path, key).signed_by == key.keyid
    assert verify_bundle(path).signed_by is None
    generate_key(tmp_path / "other")
    with pytest.raises(FileError, match="another-key"):
        verify_bundle(path, read_public_key(tmp_path / "other.pub"))
    with pytest.raises(FileError, match="not-signed"):
        verify_bundle(corpus_bundle("0.1.0/unsigned"), key)


def test_the_real_bundle_follows_from_its_samples() -> None:
    found = verify_bundle(REFERENCE)
    assert found.findings == ()
    blocked = {e.id: list(e.verdict.reasons) for e in found.criteria if not e.verdict.discharged}
    assert blocked == {"AC-SHIP2-010": ["missing_hardware"]}
    assert len(found.criteria) == 16


def test_a_directory_is_its_bundles_and_their_statuses() -> None:
    found = verify_directory(REFERENCE.parent)
    assert ([v.bundle.path for v in found.bundles], found.refused, found.findings) == ([REFERENCE], (), ())
    statuses = {name: str(status) for (_, name, _), status in found.statuses.items()}
    assert statuses["AC-SHIP2-009"] == "DISCHARGED"
    assert statuses["AC-SHIP2-010"] == "PARTIAL_ALGORITHM_LEVEL"


def test_what_is_stale_is_named_and_is_not_false() -> None:
    found = verify_bundle(EARLY)
    contracts = Path(__file__).parents[2] / "contracts"
    stale = stale_findings(found, contracts)
    assert {"AC-SHIP2-009", "AC-SHIP2-010"} <= {finding.where for finding in stale}
    assert {finding.code for finding in stale} == {"stale-contract"}
    assert "C-03" not in {finding.where for finding in stale}


def test_nothing_heavy_is_imported() -> None:
    code = (
        "import sys; from pathlib import Path; from shipworthy.evidence.verify import verify_bundle\n"
        f"verify_bundle(Path({str(REFERENCE)!r}))\n"
        "print([m for m in ('torch', 'llama_cpp', 'transformers', 'securesystemslib', 'numpy') "
        "if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
