"""What the files of a contracts directory say of each other must hold; the refusal names the place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import contract_texts as texts
from shipworthy.contract import Catalogue
from shipworthy.errors import ContractError

Write = Callable[..., Path]
Load = Callable[[Path], Catalogue]

COMPOUND = texts.COMPOUND.replace(", AC-TEXT-002", "")


def edited(good: str, old: str, new: str) -> str:
    assert old in good
    return good.replace(old, new)


def refusal(load: Load, root: Path) -> str:
    with pytest.raises(ContractError) as caught:
        load(root)
    assert caught.value.exit_code == 2
    return f"{caught.value.where.rsplit('/', 1)[-1]} {caught.value.code}"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("small-box", "large-box", "ac-text-001.yaml:13:13 unknown-host"),
        ("{data: poem}", "{data: peom}", "ac-text-001.yaml:12:22 unknown-data"),
    ],
)
def test_a_contract_that_names_what_is_not_there(
    write: Write, load: Load, good_contract: str, old: str, new: str, expected: str
) -> None:
    root = write({"ac-text-001.yaml": edited(good_contract, old, new)})
    assert refusal(load, root) == expected


def test_two_contracts_of_one_id(write: Write, load: Load, good_contract: str) -> None:
    assert refusal(load, write({"b.yaml": good_contract})) == "b.yaml:1:1 duplicate-id"


def test_two_falsifiers_of_one_id(write: Write, load: Load, good_contract: str) -> None:
    other = edited(good_contract, "id: AC-TEXT-001", "id: AC-TEXT-002")
    assert refusal(load, write({"b.yaml": other})) == "b.yaml:10:5 duplicate-id"


@pytest.mark.parametrize(
    ("path", "old", "new", "expected"),
    [
        ("releases/text.yaml", "33.4", "33.5", "text.yaml:5:1 weights-sum"),
        ("releases/text.yaml", "33.4", "-1", "text.yaml:5:49 out-of-range"),
        ("releases/text.yaml", "AC-TEXT-001: 33.3, ", "", "text.yaml:5:1 weights-sum"),
        ("releases/text.yaml", "text-1", "text-2", "text.yaml:4:1 unknown-registration"),
        ("releases/text.yaml", "demo: true", "demo: perhaps", "text.yaml:3:1 wrong-type"),
        ("models/text-1.yaml", "low: 10", "low: 21", "text-1.yaml:17:1 empty-band"),
        ("models/text-1.yaml", "num_layers: 2", "num_layers: 0", "text-1.yaml:6:3 out-of-range"),
        ("models/text-1.yaml", "num_layers: 2", "n_layers: 2", "text-1.yaml:6:3 unknown-key"),
        ("models/text-1.yaml", "licence: apache-2.0", "licence: Apache 2", "text-1.yaml:18:1 bad-form"),
        ("hosts/small-box.yaml", "device: cpu", "device: gpu", "small-box.yaml:3:1 not-one-of"),
        ("hosts/small-box.yaml", "minimum: 2", "minItems: 2, items: {}", "small-box.yaml:4:53 empty"),
        ("hosts/small-box.yaml", "minimum: 2", "type: integer", "small-box.yaml:4:40 empty-constraint"),
        (
            "hosts/small-box.yaml",
            "minimum: 2",
            "minimum: 2, maximum: 1",
            "small-box.yaml:4:32 impossible-constraint",
        ),
    ],
)
def test_the_other_files(write: Write, load: Load, path: str, old: str, new: str, expected: str) -> None:
    root = write()
    file = root / path
    file.write_text(edited(file.read_text(), old, new))
    assert refusal(load, root) == expected


def test_two_hosts_of_one_id(write: Write, load: Load) -> None:
    root = write()
    (root / "hosts" / "z.yaml").write_bytes((root / "hosts" / "small-box.yaml").read_bytes())
    assert refusal(load, root) == "z.yaml:1:1 duplicate-id"


def test_two_data_files_of_one_name(write: Write, load: Load) -> None:
    assert refusal(load, write({"data/poem.json": "{}"})) == "poem.txt duplicate-id"


def test_a_file_that_nothing_would_read_is_refused(write: Write, load: Load, good_contract: str) -> None:
    assert refusal(load, write({"b.yml": good_contract})) == "b.yml bad-suffix"


def test_a_directory_that_nothing_would_read_is_refused(write: Write, load: Load) -> None:
    assert refusal(load, write({"host/other.yaml": "id: x"})) == "host unknown-directory"


def test_an_empty_directory_is_no_catalogue(tmp_path: Path, load: Load) -> None:
    assert refusal(load, tmp_path).endswith(" no-contracts")
    assert refusal(load, tmp_path / "absent") == "absent no-contracts"


def test_a_release_may_list_a_criterion_that_has_no_contract_yet(write: Write, load: Load) -> None:
    catalogue = load(write())
    assert "AC-TEXT-002" in catalogue.releases["text"].weights
    assert "AC-TEXT-002" not in catalogue.contracts


def test_a_compound_reads_criteria_that_exist(write: Write, load: Load) -> None:
    assert load(write({"gate-all.yaml": COMPOUND})).contracts["GATE-ALL"].compound
    wrong = edited(COMPOUND, "AC-TEXT-001", "AC-TEXT-01")
    assert refusal(load, write({"gate-all.yaml": wrong})) == "gate-all.yaml:9:10 unknown-criterion"


def test_a_compound_of_a_compound_is_refused(write: Write, load: Load) -> None:
    outer = edited(COMPOUND, "GATE-ALL", "GATE-MORE").replace("AC-TEXT-001", "GATE-ALL")
    root = write({"gate-all.yaml": COMPOUND, "gate-more.yaml": outer})
    assert refusal(load, root) == "gate-more.yaml:9:10 compound-of-compound"


def test_a_compound_with_a_weight_is_refused(write: Write, load: Load) -> None:
    root = write({"gate-all.yaml": COMPOUND})
    release = root / "releases" / "text.yaml"
    release.write_text(edited(release.read_text(), "C-99: 0", "GATE-ALL: 0"))
    load(root)
    release.write_text(edited(release.read_text(), "AC-TEXT-003: 33.4, GATE-ALL: 0", "GATE-ALL: 33.4"))
    assert refusal(load, root) == "text.yaml:5:49 compound-weight"
