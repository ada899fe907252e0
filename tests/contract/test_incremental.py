"""Compiling again reads only what changed, and no verdict rests on what was remembered."""

from __future__ import annotations

import gc
import json
import shutil
from pathlib import Path

import pytest

from shipworthy import compile_cache
from shipworthy.contract import load_catalogue
from shipworthy.contract.incremental import compile_directory
from shipworthy.contract.remembered import Remembered
from shipworthy.errors import ContractError

INSTALLED = Path(__file__).parents[2] / "contracts"
CONTRACT = "c-01.yaml"
GATE = "test_c_01.py"


@pytest.fixture
def contracts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SHIPWORTHY_CACHE", str(tmp_path / "cache"))
    root = tmp_path / "contracts"
    (root / "data").mkdir(parents=True)
    shutil.copy(INSTALLED / CONTRACT, root)
    (root / "data" / "poem.txt").write_text("roses are red\n")
    return root


@pytest.fixture
def gates(contracts: Path) -> Path:
    return contracts.parent / "gates"


def kept(contracts: Path) -> Path:
    [path] = (contracts.parent / "cache" / "contracts").glob("*-checked.json")
    return path


def test_the_second_time_no_contract_is_parsed_again(contracts: Path, gates: Path) -> None:
    assert compile_directory(contracts, gates) == [gates / GATE]
    assert Remembered(contracts).document(contracts / CONTRACT) is not None
    before = load_catalogue(contracts)
    after = load_catalogue(contracts, remembered=Remembered(contracts))
    assert after.contracts == before.contracts
    assert after.contracts["C-01"].document.where(("id",)) == before.contracts["C-01"].document.where(("id",))
    assert compile_directory(contracts, gates) == []


def test_a_contract_that_changed_is_read_again(contracts: Path, gates: Path) -> None:
    compile_directory(contracts, gates)
    path = contracts / CONTRACT
    path.write_text(path.read_text().replace("fields: {const: 1}", "fields: {const: 2}"))
    assert compile_directory(contracts, gates) == [gates / GATE]
    assert '"fields": {"const": 2}' in (gates / GATE).read_text()


def test_a_contract_that_is_wrong_is_refused_every_time(contracts: Path, gates: Path) -> None:
    path = contracts / CONTRACT
    path.write_text(path.read_text().replace("checkpoint_metadata@1", "checkpoint_metadata@9"))
    for _ in range(2):
        with pytest.raises(ContractError, match="no probe checkpoint_metadata@9"):
            compile_directory(contracts, gates)


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b"null", b'{"kept": {}}', b"\xff", b"[" * 100_000])
def test_a_damaged_cache_is_as_good_as_absent(contracts: Path, gates: Path, damage: bytes) -> None:
    compile_directory(contracts, gates)
    kept(contracts).write_bytes(damage)
    assert Remembered(contracts).document(contracts / CONTRACT) is None
    assert compile_directory(contracts, gates) == []


def test_what_other_sources_left_is_as_good_as_absent(contracts: Path, gates: Path) -> None:
    compile_directory(contracts, gates)
    entry = json.loads(kept(contracts).read_bytes())
    kept(contracts).write_text(json.dumps({**entry, "maker": "another version"}))
    assert Remembered(contracts).document(contracts / CONTRACT) is None


def test_a_cache_that_lies_deceives_compile_and_nothing_that_judges(contracts: Path, gates: Path) -> None:
    compile_directory(contracts, gates)
    entry = json.loads(kept(contracts).read_bytes())
    [value] = entry["kept"].values()
    value["falsifiers"][0]["expect"] = {"fields": {"minimum": 0}}
    kept(contracts).write_text(json.dumps(entry))
    assert compile_directory(contracts, gates) == [gates / GATE]
    assert compile_directory(contracts, gates, check=True) == [gates / GATE]
    honest = load_catalogue(contracts).contracts["C-01"]
    assert honest.falsifiers[0].expect["fields"] == {"const": 1}


@pytest.mark.parametrize("changed", [f"contracts/{CONTRACT}", "contracts/data/poem.txt", f"gates/{GATE}"])
def test_unchanged_means_every_byte_of_contracts_data_and_gates(
    contracts: Path, gates: Path, changed: str
) -> None:
    assert not compile_cache.unchanged(contracts, [gates])
    compile_directory(contracts, gates)
    compile_cache.remember(contracts, [gates])
    assert compile_cache.unchanged(contracts, [gates])
    path = contracts.parent / changed
    path.write_bytes(path.read_bytes() + b"\n")
    assert not compile_cache.unchanged(contracts, [gates])


@pytest.mark.parametrize("lost", [f"contracts/{CONTRACT}", f"gates/{GATE}"])
def test_a_file_that_is_gone_is_a_change(contracts: Path, gates: Path, lost: str) -> None:
    compile_directory(contracts, gates)
    compile_cache.remember(contracts, [gates])
    (contracts.parent / lost).unlink()
    assert not compile_cache.unchanged(contracts, [gates])


def test_proofs_and_bytecode_are_no_change(contracts: Path, gates: Path) -> None:
    compile_directory(contracts, gates)
    compile_cache.remember(contracts, [gates])
    for path in (contracts / "proofs" / "C-01.json", gates / "__pycache__" / "x.pyc"):
        path.parent.mkdir()
        path.write_bytes(b"{}")
    assert compile_cache.unchanged(contracts, [gates])


def test_garbage_is_collected_again_afterwards(contracts: Path, gates: Path) -> None:
    compile_directory(contracts, gates)
    assert gc.isenabled()
    (contracts / CONTRACT).write_text("id: C-01\n")
    with pytest.raises(ContractError):
        compile_directory(contracts, gates)
    assert gc.isenabled()
