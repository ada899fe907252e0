"""What a real dispatch leaves behind: whole, derivable again, and without a place of this machine."""

from __future__ import annotations

import json
import platform
import re
import tempfile
from pathlib import Path

import pytest

from shipworthy.canonical import sha256_file
from shipworthy.contract import load_catalogue, quantities_of
from shipworthy.contract.probes import PROBES
from shipworthy.evidence import Bundle, read_bundle
from trial_workspace import Dispatched, Workspace

ABSOLUTE = re.compile(rb"(?<![A-Za-z0-9_.:/>])/(?:tmp|home|root|work|usr|var|opt|mnt|srv|private|Users)\b")


@pytest.fixture(scope="session")
def bundle(wide_dispatch: Dispatched) -> Bundle:
    return wide_dispatch.bundle


def contents(bundle: Bundle) -> dict[str, bytes]:
    root = bundle.path
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def test_the_layout_is_the_designs(bundle: Bundle) -> None:
    names = set(contents(bundle))
    assert {
        "statement.json",
        "manifest.json",
        "environment.json",
        "registration.yaml",
        "release.yaml",
        "host.yaml",
        "contracts/c-03.yaml",
        "contracts/proofs/C-03.json",
        "measurements/FALSIFY-C-03.json",
        "measurements/FALSIFY-SHIP-015.json",
        "logs/FALSIFY-C-03.log",
    } <= names
    assert "measurements/FALSIFY-SHIP-020.json" not in names
    assert {name.split("/")[0] for name in names} <= {
        "statement.json", "manifest.json", "environment.json", "registration.yaml", "release.yaml",
        "host.yaml", "contracts", "measurements", "logs",
    }  # fmt: skip
    assert re.fullmatch(r"\d{8}T\d{6}Z-[0-9a-f]{12}(-\d+)?", bundle.path.name)
    assert set(json.loads((bundle.path / "manifest.json").read_bytes())["files"]) == names - {"manifest.json"}


def test_it_is_unsigned_and_says_so(bundle: Bundle) -> None:
    assert bundle.predicate["signature"] == "none"
    assert not (bundle.path / "statement.dsse.json").exists()


def test_the_statement_is_about_the_subject(bundle: Bundle, fixture_llama: Path) -> None:
    statement = json.loads((bundle.path / "statement.json").read_bytes())
    digest = sha256_file(fixture_llama)
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["subject"] == [{"name": "fixture-llama.apr", "digest": {"sha256": digest}}]
    assert bundle.path.name.split("-")[1] == digest[:12]


def test_no_file_names_a_place_of_this_machine(
    bundle: Bundle, wide_original: Workspace, fixture_llama: Path
) -> None:
    places = {
        str(place).encode()
        for place in (
            wide_original.root,
            fixture_llama.parent,
            Path.home(),
            Path.cwd(),
            tempfile.gettempdir(),
        )
    }
    host = platform.node().encode()
    for name, data in contents(bundle).items():
        for place in places:
            assert place not in data, name
        assert not ABSOLUTE.search(data), name
        assert len(host) < 4 or host not in data, name


def test_every_outcome_follows_from_its_measurement(bundle: Bundle) -> None:
    derived = 0
    for entry in bundle.predicate["criteria"]:
        for falsifier in entry["falsifiers"]:
            if not falsifier.get("measurement"):
                continue
            document = json.loads((bundle.path / falsifier["measurement"]).read_bytes())
            assert document["criterion"] == entry["criterion"]
            assert document["registration"] == bundle.predicate["registration"]["sha256"]
            assert document["subject"]["sha256"] == bundle.predicate["subject"]["sha256"]
            assert quantities_of(PROBES[document["probe"]], document["raw"]) == falsifier["quantities"]
            derived += 1
    assert derived == 4


def test_the_contracts_in_it_have_the_hashes_it_states(bundle: Bundle, wide_original: Workspace) -> None:
    from shipworthy.contract import criterion_hash

    catalogue = load_catalogue(wide_original.contracts)
    for entry in bundle.predicate["criteria"]:
        assert entry["criterion"] == criterion_hash(catalogue.contracts[entry["id"]], catalogue)
        assert entry["proof"]["valid"] is True


def test_a_registered_bound_is_resolved_in_the_bundle(bundle: Bundle) -> None:
    (entry,) = [e for e in bundle.predicate["criteria"] if e["id"] == "AC-SHIP2-005"]
    (check,) = [c for c in entry["falsifiers"][0]["checks"] if c["quantity"] == "parameters"]
    assert "138048" in json.dumps(check)


def test_show_prints_the_table_again(bundle: Bundle, wide_original: Workspace) -> None:
    table = wide_original.shipworthy("show", bundle.path)
    assert (table.returncode, "demo ship-% of fixture: 70 of 100" in table.stdout) == (0, True)
    markdown = wide_original.shipworthy("show", bundle.path, "--markdown")
    assert "| AC-SHIP2-005 | 70 | DISCHARGED | DISCHARGED |" in markdown.stdout
    as_json = json.loads(wide_original.shipworthy("show", bundle.path, "--json").stdout)
    assert as_json["ship_percent"] == 70


@pytest.mark.parametrize(
    "name", ["statement.json", "measurements/FALSIFY-C-03.json", "logs/FALSIFY-C-03.log"]
)
def test_show_refuses_an_altered_bundle(
    bundle: Bundle, wide_original: Workspace, tmp_path: Path, name: str
) -> None:
    import shutil

    copy = tmp_path / bundle.path.name
    shutil.copytree(bundle.path, copy)
    with (copy / name).open("ab") as stream:
        stream.write(b" ")
    done = wide_original.shipworthy("show", copy)
    assert (done.returncode, done.stdout) == (4, "")
    assert "[digest-differs]" in done.stderr
    assert read_bundle(bundle.path) == bundle
