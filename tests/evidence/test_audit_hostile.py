"""Receipts and directories that were made to hurt their reader: each is named, and reading goes on."""

from __future__ import annotations

import copy
import json
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from foreign_receipts import receipts, summary, write
from shipworthy.contract import Catalogue
from shipworthy.evidence.audit import Audit, audit
from shipworthy.evidence.audit.adapters import MAX_TEXT
from shipworthy.evidence.audit.reading import MAX_BYTES

MIB = 1 << 20
SHIP_TWO = Path(__file__).parents[1] / "data" / "ship-two-section-82"
BENCH = json.dumps(receipts()["bench-1.json"])

NOT_STRICT: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "is empty"),
    "log text first": (b"loading model\n" + BENCH.encode(), "begins with 'loading model"),
    "cut short": (BENCH[:-9].encode(), "is not JSON: "),
    "two values": (b"{}\n{}", "goes on after its one JSON value"),
    "NaN": (b'{"a": NaN}', "holds NaN"),
    "infinity": (b'{"a": -Infinity}', "holds -Infinity"),
    "a key twice": (b'{"passed": false,\n"passed": true}', "has the key 'passed' twice"),
    "1e400": (b'{"a": 1e400}', "holds the number 1e400"),
    "an exponent of 20 digits": (b'{"a": 1e-99999999999999999999}', "which no float64 is"),
    "a small exponent": (b'{"a": 1e-5000}', "which no float64 is"),
    "a number of 100,000 digits": (b'{"a": 1.' + b"1" * 100_000 + b"}", "which no float64 is"),
    "a huge integer": (b'{"a": 18446744073709551616}', "of more than 64 bits"),
    "an integer of a million digits": (b'{"a": ' + b"9" * 1_000_000 + b"}", "of more than 64 bits"),
    "half a surrogate pair": (b'{"a":\n"\\ud800"}', "half of a surrogate pair"),
    "half a pair as a key": (b'{"\\udfff": 1}', "half of a surrogate pair"),
    "not UTF-8": (b'{"a": "\xff"}', "is not UTF-8"),
    "UTF-16": ('{"a": 1}'.encode("utf-16"), "is not UTF-8"),
    "a byte order mark": (b"\xef\xbb\xbf{}", "begins with '\\ufeff{}'"),
    "65 levels": (b"[" * 65 + b"1" + b"]" * 65, "nests deeper than 64"),
    "a million levels": (b"[" * 999_999, "nests deeper than 64"),
    "two million values": (b"[" + b"0," * 2_000_000 + b"0]", "holds more than 1000000 values"),
    "binary": (os.urandom(64) + b"\0\xff", "is not"),
    "a comment": (b'{"a": 1} // fine', "goes on after its one JSON value"),
    "single quotes": (b"{'a': 1}", "is not JSON"),
}


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return write(tmp_path / "receipts", receipts())


@pytest.fixture
def examine(catalogue: Catalogue, directory: Path) -> Callable[[], Audit]:
    return lambda: audit(directory, catalogue)


@pytest.mark.parametrize("name", NOT_STRICT)
def test_what_is_not_strict_json_is_named_and_the_rest_is_read(
    examine: Callable[[], Audit], directory: Path, name: str
) -> None:
    data, said = NOT_STRICT[name]
    (directory / "hostile.json").write_bytes(data)
    (finding,) = examine().findings
    assert (finding.code, finding.file) == ("not-strict-json", "hostile.json")
    assert said in finding.what
    assert len(finding.what) < 200


def test_the_line_is_that_of_the_fault(examine: Callable[[], Audit], directory: Path) -> None:
    (directory / "hostile.json").write_text('{\n"a": 1,\n"b": NaN\n}')
    assert [finding.place for finding in examine().findings] == ["line 3"]


XML = {
    "entities in entities": '<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;&b;">]><testsuite n="&c;"/>',
    "an external entity": '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><testsuite>&b;</testsuite>',
    "an external DTD": '<!DOCTYPE a SYSTEM "http://127.0.0.1/a.dtd"><testsuite/>',
    "parameter entities": '<!DOCTYPE a [<!ENTITY % b "c">%b;]><testsuite/>',
    "an undefined entity": '<testsuite name="&b;"/>',
    "a million levels": "<a>" * 1_000_000,
    "too many elements": "<testsuite>" + "<a/>" * 100_001 + "</testsuite>",
    "cut short": "<testsuite><testcase",
    "two roots": "<testsuite/><testsuite/>",
    "an unknown encoding": '<?xml version="1.0" encoding="x-evil"?><testsuite/>',
    "a character that is none": "<testsuite name='&#0;'/>",
}


@pytest.mark.parametrize("name", XML)
def test_hostile_xml_is_refused_by_name(examine: Callable[[], Audit], directory: Path, name: str) -> None:
    (directory / "hostile.xml").write_text(XML[name])
    (finding,) = examine().findings
    assert (finding.code, finding.file) == ("not-plain-xml", "hostile.xml")


def test_what_is_no_regular_file_is_not_opened(examine: Callable[[], Audit], directory: Path) -> None:
    os.mkfifo(directory / "pipe.json")
    (directory / "link.json").symlink_to("/etc/passwd")
    (directory / "loop.json").symlink_to("loop.json")
    (directory / "up").symlink_to("..", target_is_directory=True)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(os.path.relpath(directory / "socket.json"))
        found = examine()
    assert {left.file: left.why for left in found.not_read} == {
        "pipe.json": "is a pipe",
        "link.json": "is a link, which could lead anywhere",
        "loop.json": "is a link, which could lead anywhere",
        "up": "is a link, which could lead anywhere",
        "socket.json": "is a socket",
    }
    assert not found.findings


def test_a_large_file_is_not_read(examine: Callable[[], Audit], directory: Path) -> None:
    for name in ("large.json", "large.log"):
        with (directory / name).open("wb") as stream:
            stream.truncate(200 * MIB)
    found = examine()
    assert [left.file for left in found.not_read] == ["large.json", "large.log"]
    assert all(f"more than the {MAX_BYTES}" in left.why for left in found.not_read)


def test_what_may_not_be_read_is_listed(
    catalogue: Catalogue, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Who runs the tests may be root, to whom everything is open.
    real = os.open

    def refusing(path: object, *more: object) -> int:
        if str(path).endswith("secret.json"):
            raise PermissionError(13, "Permission denied")
        return real(path, *more)  # type: ignore[arg-type]

    (directory / "secret.json").write_text("{}")
    monkeypatch.setattr(os, "open", refusing)
    found = audit(directory, catalogue)
    assert [(left.file, left.why) for left in found.not_read] == [
        ("secret.json", "cannot be read: Permission denied")
    ]


def test_directories_are_walked_and_not_for_ever(examine: Callable[[], Audit], directory: Path) -> None:
    deep = directory
    for _ in range(20):
        deep = deep / "d"
    deep.mkdir(parents=True)
    write(deep, {"bench.json": receipts()["bench-1.json"]})
    write(directory / "d", {"bench-4.json": receipts()["bench-2.json"]})
    found = examine()
    assert "d/bench-4.json" in {receipt.file for receipt in found.receipts}
    assert [left.why for left in found.not_read] == ["lies deeper than 16 directories"]


def test_names_that_are_no_text(examine: Callable[[], Audit], directory: Path) -> None:
    (directory / os.fsdecode(b"\xff\x1b[2J.json")).write_text("{")
    (finding,) = examine().findings
    assert finding.code == "not-strict-json"


LONG = MAX_TEXT // 4
SLOW = {
    name: (unit * LONG)[:LONG]
    for name, unit in {
        "digits": "1",
        "digits and points": "1.",
        "comparisons": "1<2 ",
        "blanks": "1" + " " * LONG,
        "criteria": "CROSS-",
        "more criteria": "P0-D AC-SHIP2-003 ",
        "paths": "/a",
        "files": "a.json",
        "dots": "a.",
        "bands": "2.2-",
        "arrows": "→",
    }.items()
}


@pytest.mark.parametrize("name", SLOW)
def test_a_long_text_is_read_in_time(catalogue: Catalogue, tmp_path: Path, name: str) -> None:
    document = summary() | {
        "note": f"PASS {SLOW[name]}",
        "error": SLOW[name][:100],
        SLOW[name][:5000]: "PASS",
    }
    write(tmp_path / "receipts", {"summary.json": document, "qa.json": receipts()["qa.json"]})
    started = time.process_time()
    found = audit(tmp_path / "receipts", catalogue)
    assert time.process_time() - started < 10
    assert [receipt.kind for receipt in found.receipts] == ["apr-qa", "summary"]


def test_a_longer_text_is_listed_as_not_read(examine: Callable[[], Audit], directory: Path) -> None:
    write(directory, {"summary.json": summary() | {"note": "a" * MAX_TEXT}})
    assert [left.file for left in examine().not_read] == ["summary.json"]


LOGS = {
    "shapes": "llama_model_load: tensor 'token_embd.weight' has wrong shape; expected 1, 1" * 10_000,
    "numbers": "llama_model_load: expected " + "1, " * 100_000,
    "quotes": "llama_model_load: tensor '" * 100_000,
    "lines": "llama_model_load: wrong number of tensors; expected 1, got 2\n" * 15_000,
    "different lines": "\n".join(
        f"llama_model_load: wrong number of tensors; expected {i}, got 2" for i in range(15_000)
    ),
}


@pytest.mark.parametrize("name", LOGS)
def test_a_long_log_is_read_in_time(catalogue: Catalogue, tmp_path: Path, name: str) -> None:
    write(tmp_path / "receipts", {"load.log": LOGS[name], "summary.json": summary()})
    started = time.process_time()
    found = audit(tmp_path / "receipts", catalogue)
    assert time.process_time() - started < 10
    assert [receipt.kind for receipt in found.receipts] == ["load-log", "summary"]


def paths(value: object, *keys: str | int) -> list[tuple[str | int, ...]]:
    """The places of everything in a JSON value, itself included."""
    found: list[tuple[str | int, ...]] = [keys]
    if isinstance(value, dict):
        found += [place for key, item in value.items() for place in paths(item, *keys, key)]
    if isinstance(value, list):
        found += [place for index, item in enumerate(value) for place in paths(item, *keys, index)]
    return found


REAL = {path.name: json.loads(path.read_text()) for path in SHIP_TWO.glob("*.json")}
PLACES = [(name, *place) for files in (receipts(), REAL) for name in files for place in paths(files[name])]
OTHERS = [None, True, "x", "", -1, 0, [], {}, [1], {"a": 1}, 1e300, 0.5]


@settings(max_examples=30)
@given(place=st.sampled_from(PLACES), value=st.sampled_from(OTHERS))
@example(place=("bench-1.json", "tokens_per_second"), value="x")
@example(place=("bench-1.json", "total_tokens"), value=1e300)
@example(place=("summary.json", "export", "exported_size_gib"), value=1e300)
@example(place=("llama-bench.json", 0, "samples_ns"), value={"a": 1})
def test_a_value_of_another_type_is_no_bug(
    catalogue: Catalogue, tmp_path_factory: pytest.TempPathFactory, place: tuple[Any, ...], value: object
) -> None:
    name, *keys = place
    files = copy.deepcopy(receipts() if name in receipts() else REAL)
    holder: Any = files
    for key in (name, *keys)[:-1]:
        holder = holder[key]
    holder[(name, *keys)[-1]] = value
    found = audit(write(tmp_path_factory.mktemp("receipts"), files), catalogue).to_json()
    assert json.loads(json.dumps(found, allow_nan=False)) == found
