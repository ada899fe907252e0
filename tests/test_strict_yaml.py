"""YAML is read with the meaning it has in YAML 1.2, or refused with the place and what to write instead."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from shipworthy.errors import ContractError
from shipworthy.strict_yaml import load, loads, refusals

HERE = Path("file.yaml")


def read(text: str | bytes) -> object:
    return loads(text.encode() if isinstance(text, str) else text, HERE).value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 1", {"a": 1}),
        ("a: -1.5e-3", {"a": -0.0015}),
        ("a: 1.0e+5", {"a": 100000.0}),
        ("a: 0.0", {"a": 0.0}),
        ("a: true", {"a": True}),
        ("a: null", {"a": None}),
        ("a: 1.0.0", {"a": "1.0.0"}),
        ("a: two words", {"a": "two words"}),
        ("a: 'no'", {"a": "no"}),
        ('a: "1e-3"', {"a": "1e-3"}),
        ("a: >-\n  x\n  y\n", {"a": "x y"}),
        ("{on: b}", {"on": "b"}),
        ("a: [1, {b: c}]", {"a": [1, {"b": "c"}]}),
        ("\ufeffa: 1", {"a": 1}),
        ("# é\r\na: 1\r\n", {"a": 1}),
        ('a: "x\\ty\\n"', {"a": "x\ty\n"}),
        ("a: größer als 0", {"a": "größer als 0"}),
        ("a: 9007199254740991", {"a": 2**53 - 1}),
    ],
)
def test_is_read(text: str, value: object) -> None:
    found = read(text)
    assert found == value
    assert repr(found) == repr(value)


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("a: 1\na: 2", "yaml-duplicate-key", "2:1"),
        ('"on": 1\non: 2', "yaml-duplicate-key", "2:1"),
        ("a: &x 1", "yaml-anchor", "1:4"),
        ("&x on: 1", "yaml-anchor", "1:1"),
        ("a: *x", "yaml-alias", "1:4"),
        ("a: !!str 1", "yaml-tag", "1:4"),
        ("!!python/object:os.system {}", "yaml-tag", "1:1"),
        ("1: a", "yaml-key", "1:1"),
        ("? [a]\n: b", "yaml-key", "1:3"),
        ("true: a", "yaml-key", "1:1"),
        ("<<: {a: 1}", "yaml-scalar", "1:1"),
        ("[" * 30, "yaml-depth", "1:22"),
        ("a: 1\n---\nb: 1", "yaml-two-documents", "2:1"),
        ("", "yaml-empty", "1:1"),
        ("# nothing", "yaml-empty", "1:1"),
        ("%YAML 1.1\n---\na: 1", "yaml-directive", "1:1"),
        ("a: [1", "yaml-syntax", "2:1"),
        ("a: b: c", "yaml-syntax", "1:5"),
        ("a: é\nb: \x07", "yaml-character", "2:4"),
        ("a: b # c\rd: 1", "yaml-character", "1:9"),
        ("a: \u202eb", "yaml-character", "1:4"),
        ("# \u200b\na: 1", "yaml-character", "1:3"),
        ("a: b\ufeff", "yaml-character", "1:5"),
        ('a: "\\0"', "yaml-character", "1:4"),
        ('a: "x\\r\\n"', "yaml-character", "1:4"),
        ('"\\e": 1', "yaml-character", "1:1"),
        (b"a: 1\nb: \xff", "yaml-not-utf8", "2:4"),
        ("a: 9007199254740992", "yaml-number", "1:4"),
        ("a: " + "9" * 5000, "yaml-number", "1:4"),
        ("a: 1.0e+999", "yaml-number", "1:4"),
        ("a: 1.0e-999", "yaml-number", "1:4"),
        *(
            (f"a: {scalar}", "yaml-scalar", "1:4")
            for scalar in (
                *("1e-3", "1E5", "1.0e5", ".5", "5.", "1_000", "0.5_0", "0x1F", "0o17", "0b1", "017", "1:30"),
                *("190:20:30.15", "2024-01-02", ".inf", "-.INF", ".nan", "yes", "No", "on", "OFF", "y", "n"),
                *("True", "FALSE", "Null", "~", "=", "<<"),
            )
        ),
        ("a:", "yaml-scalar", "1:3"),
    ],
)
def test_is_refused_at_its_place(text: str | bytes, code: str, place: str) -> None:
    with pytest.raises(ContractError) as caught:
        read(text)
    assert caught.value.code == code
    assert caught.value.where == f"file.yaml:{place}"


def test_a_file_that_is_too_large_is_not_parsed(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    path.write_text("a: 1\n" + "#" * 1_000_000)
    with pytest.raises(ContractError, match="yaml-too-large"):
        load(path)


def test_where_a_file_becomes_too_large_is_told(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    path.write_text("a: 1\n" + "#\n" * 500_000)
    with pytest.raises(ContractError, match=r":499999:2: .*yaml-too-large.*data belongs in contracts/data/"):
        load(path)


def test_every_refusal_of_a_file_is_told_as_far_as_it_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "many.yaml"
    path.write_text("a: 1e-3\nb: &x {c: no, c: .5}\n2: !!str ~\nd: *x\ne: [1_0]\nf: [1: {")
    found = [(error.code, error.where.split(":", 1)[1]) for error in refusals(path)]
    assert found == [
        ("yaml-scalar", "1:4"),
        ("yaml-anchor", "2:4"),
        ("yaml-scalar", "2:11"),
        ("yaml-duplicate-key", "2:15"),
        ("yaml-scalar", "2:18"),
        ("yaml-key", "3:1"),
        ("yaml-tag", "3:4"),
        ("yaml-scalar", "3:4"),
        ("yaml-alias", "4:4"),
        ("yaml-scalar", "5:5"),
        ("yaml-key", "6:5"),
        ("yaml-syntax", "7:1"),
    ]
    assert all(error.fix for error in refusals(path))
    path.write_text("a: 1")
    assert refusals(path) == []
    assert refusals(tmp_path / "absent.yaml") == []


@given(st.text(st.characters(codec="utf-8"), max_size=60))
def test_a_file_has_refusals_exactly_where_it_does_not_load(text: str) -> None:
    found: list[ContractError] = []
    first: ContractError | None = None
    with contextlib.suppress(ContractError):
        loads(text.encode(), HERE, found)
    try:
        loads(text.encode(), HERE)
    except ContractError as error:
        first = error
    if found:
        assert first is not None
        assert str(found[0]) == str(first)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"absent\.yaml.*unreadable-yaml"):
        load(tmp_path / "absent.yaml")
    os.mkfifo(tmp_path / "pipe.yaml")
    for path in (tmp_path / "pipe.yaml", Path("/dev/zero")):
        with pytest.raises(ContractError, match="unreadable-yaml"):
            load(path)
        assert refusals(path) == []
    with pytest.raises(ContractError, match="unreadable-yaml"):
        load(tmp_path)


def test_every_key_path_has_a_place() -> None:
    document = loads(b"a:\n  - b: 1\n    c: [x, z]\n", HERE)
    assert document.where(("a", 0, "c", 1)) == "file.yaml:3:12"
    assert document.where(("a", 0, "missing")) == "file.yaml:2:5"
    assert document.where() == "file.yaml:1:1"


@given(st.text(st.characters(codec="utf-8"), max_size=60))
def test_whatever_comes_is_read_or_refused_and_never_a_crash(text: str) -> None:
    with contextlib.suppress(ContractError):
        loads(text.encode(), HERE)


@given(st.text(alphabet="0123456789+-._:eExobTtfFnNaAlLyYsS~=<", min_size=1, max_size=8))
def test_a_plain_scalar_means_to_pyyaml_what_it_means_here(text: str) -> None:
    try:
        value = loads(f"a: {text}".encode(), HERE).value
        other = yaml.safe_load(f"a: {text}")
    except (ContractError, yaml.YAMLError):
        return
    assert repr(value) == repr(other)
