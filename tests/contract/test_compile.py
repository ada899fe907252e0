"""The compiler: the same contracts give the same readable gates, and gates/ is brought up to date."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipworthy.contract import Catalogue, compile_catalogue, load_catalogue, write_gates
from shipworthy.contract.literal import COLUMNS, Name, inline, statement

Write = Callable[..., Path]
Load = Callable[[Path], Catalogue]

GATE = '''\
"""AC-TEXT-001: The text has three lines.

Compiled from contracts/ac-text-001.yaml (criterion 3a1125e8c4d1…).
Change the contract, then run `make compile`.
"""


def test_falsify_text_001(gate):
    measurement = gate.measure("line_count@1", limit=3, texts={"data": "poem"})
    gate.expect(
        measurement,
        {
            "lines": {"const": 3},
            "longest": {"maximum": {"registered": "parameters.high"}},
            "rate": {"minimum": 2.5},
        },
    )


def test_falsify_text_002(gate):
    measurement = gate.measure("export_size@1")
    gate.expect(measurement, {"bytes": {"minimum": 1}})
'''

COMPOUND = """\
id: GATE-ALL
version: 1.0.0
state: ACTIVE
kind: compound
title: All of "it" \\ and more
statement: Every criterion of the text is discharged.
why: One number hides the one that is red.
subject: checkpoint
all_of: [AC-TEXT-001]
"""


def test_a_gate_reads_as_its_contract_does(write: Write, load: Load) -> None:
    assert compile_catalogue(load(write())) == {"test_ac_text_001.py": GATE}


def test_a_compound_compiles_to_a_gate_that_runs_last(write: Write, load: Load) -> None:
    compiled = compile_catalogue(load(write({"gate-all.yaml": COMPOUND})))
    assert sorted(compiled)[-1] == "test_zz_gate_all.py"
    text = compiled["test_zz_gate_all.py"]
    assert text.endswith('def test_gate_all(gate):\n    gate.all_of(["AC-TEXT-001"])\n')
    docstring = ast.get_docstring(ast.parse(text)) or ""
    assert docstring.startswith('GATE-ALL: All of "it" \\ and more.\n')


@pytest.mark.parametrize("state", ["DRAFT", "RETIRED"])
def test_only_what_is_active_compiles(write: Write, load: Load, good_contract: str, state: str) -> None:
    root = write({"ac-text-001.yaml": good_contract.replace("state: ACTIVE", f"state: {state}")})
    assert compile_catalogue(load(root)) == {}


def test_key_order_and_comments_change_no_byte_but_those_of_the_order(write: Write, load: Load) -> None:
    before = compile_catalogue(load(write()))
    root = write()
    path = root / "ac-text-001.yaml"
    path.write_text("# a comment\n" + path.read_text())
    assert compile_catalogue(load(root)) == before


def test_only_what_is_stale_is_written_and_only_what_is_ours_removed(
    write: Write, load: Load, good_contract: str, tmp_path: Path
) -> None:
    gates = tmp_path / "gates"
    catalogue = load(write({"b.yaml": good_contract.replace("TEXT-00", "TEXT-01")}))
    first, second = gates / "test_ac_text_001.py", gates / "test_ac_text_011.py"
    assert write_gates(catalogue, gates, check=True) == [first, second]
    assert not gates.exists()
    assert write_gates(catalogue, gates) == [first, second]
    assert write_gates(catalogue, gates) == []
    (gates / "test_by_hand.py").write_text('"""By hand."""\n')
    (gates / "conftest.py").write_text('"""Compiled from contracts/ by hand."""\n')
    unchanged = first.stat().st_mtime_ns
    second.write_text(second.read_text().replace("minimum", "maximum"))
    assert write_gates(catalogue, gates, check=True) == [second]
    assert write_gates(catalogue, gates) == [second]
    assert first.stat().st_mtime_ns == unchanged
    alone = load(write({"b.yaml": None}))
    assert write_gates(alone, gates, check=True) == [second]
    assert second.exists()
    assert write_gates(alone, gates) == [second]
    assert sorted(path.name for path in gates.iterdir()) == [
        "conftest.py",
        "test_ac_text_001.py",
        "test_by_hand.py",
    ]


def test_what_is_no_file_is_left_alone(write: Write, load: Load, tmp_path: Path) -> None:
    (tmp_path / "gates" / "test_by_hand.py").mkdir(parents=True)
    (tmp_path / "gates" / "test_link.py").symlink_to("nowhere")
    assert [path.name for path in write_gates(load(write()), tmp_path / "gates")] == ["test_ac_text_001.py"]
    assert write_gates(load(write()), tmp_path / "gates", check=True) == []


def test_the_projects_own_gates_compile_to_python_that_says_what_the_contract_says() -> None:
    catalogue = load_catalogue(Path(__file__).parents[2] / "contracts")
    first, second = compile_catalogue(catalogue), compile_catalogue(catalogue)
    assert first == second
    for text in first.values():
        assert max(map(len, text.splitlines())) <= 100
        ast.parse(text)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(), inner, max_size=6),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["fields", "limit", "texts"]), json_values), json_values)
def test_every_json_value_survives_as_a_literal(keywords: dict[str, Any], value: Any) -> None:
    text = statement("x = ", "f", [Name("measurement"), value], keywords)
    call = ast.parse("def test():\n" + text).body[0].body[0].value  # type: ignore[attr-defined]
    assert call.args[0].id == "measurement"
    assert ast.literal_eval(call.args[1]) == value
    assert {word.arg: ast.literal_eval(word.value) for word in call.keywords} == keywords


@given(st.lists(st.dictionaries(st.sampled_from("abc"), st.integers(0, 9999), max_size=3), max_size=40))
def test_lines_stay_within_the_columns(value: list[dict[str, int]]) -> None:
    assert all(len(line) <= COLUMNS for line in statement("", "f", [value]).splitlines())


def test_strings_are_in_double_quotes() -> None:
    assert inline({"a": ["it's", 'say "x"', None, True, 1e-08]}) == (
        """{"a": ["it's", "say \\"x\\"", None, True, 1e-08]}"""
    )
