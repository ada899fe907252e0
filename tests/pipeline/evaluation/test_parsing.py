"""The parser in its child: what is Python, what is none, what could go on, and what breaks it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from shipworthy.pipeline.evaluation import parsing
from shipworthy.pipeline.evaluation.parsing import parse

HEAD = "def f(x):\n"


@pytest.mark.parametrize(
    "source",
    [
        HEAD + "    return x\n",
        HEAD + "    '''\n    text'''\n",
        HEAD + "\f    return x\n",
        HEAD + "    return '\\d'\n",  # a warning is no error
        HEAD + "    return x\r\n",
        "# -*- coding: no-such-codec -*-\n",
        HEAD + "    return 'é', '\U0001f600', 名前\n",
        "",
    ],
)
def test_what_is_python(source: str) -> None:
    assert parse(source).status == "valid"
    assert parse(source, may_go_on=True).status == "valid"


@pytest.mark.parametrize(
    "source",
    [
        HEAD + "    return (\n",
        HEAD + "    x = '''abc\n",
        HEAD + "    if x:\n",
        HEAD + "    try:\n        x()\n",
        HEAD + "    # what to do\n",
        HEAD + "    x = 1 + \\\n",
        "@cached\n",
        HEAD,
    ],
)
def test_what_could_go_on(source: str) -> None:
    assert parse(source).status == "invalid"
    assert parse(source, may_go_on=True).status == "incomplete"


@pytest.mark.parametrize(
    "source",
    [
        HEAD + "    return x x\n",
        HEAD + "    x = 'abc\n",
        HEAD + "    x = (\n\ndef g():\n",
        HEAD + "  return x\n return y\n",
        HEAD + "    x = ]\n",
        HEAD + "    ```\n",
        HEAD + "    x = 1 +\n    return x\n",
        HEAD + "    break\n",
        "return 1\n",
        HEAD + "    x = 1\n    global x\n",
        HEAD + "    return \N{REPLACEMENT CHARACTER}\n",
        HEAD + "\u3000return x\n",
        "(" * 1000 + ")" * 1000,
        HEAD + "    " * 1 + "".join(f"{'    ' * n}if x:\n" for n in range(1, 120)) + "    " * 121 + "y\n",
    ],
    ids=range(14),
)
@pytest.mark.parametrize("may_go_on", [False, True])
def test_what_is_none(source: str, may_go_on: bool) -> None:
    found = parse(source, may_go_on=may_go_on)
    assert found.status == "invalid", found
    assert found.error.startswith("line ")


@pytest.mark.parametrize(
    "source",
    [
        HEAD + "    return '\x00'\n",
        HEAD + "    return '\ud800'\n",
        "x = " + "-" * 200_000 + "1\n",
        "x = " + "a." * 200_000 + "a\n",
        "x = " + "not " * 100_000 + "1\n",
        "f" + "(0)" * 100_000,
    ],
    ids=["null", "half a surrogate", "signs", "attributes", "not", "calls"],
)
def test_what_breaks_a_parser_is_never_python(source: str) -> None:
    for may_go_on in (False, True):
        assert parse(source, may_go_on=may_go_on).status in ("invalid", "refused", "died")


def test_nothing_is_run(tmp_path: Path) -> None:
    target = tmp_path / "was run"
    source = f"open({str(target)!r}, 'w')\n"
    assert parse(source).status == "valid"
    assert not target.exists()


@pytest.mark.parametrize("damage", ["killed", "slow"])
def test_a_parser_that_dies_says_so(damage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real child, in an interpreter that ends by a signal or never ends."""
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\n" + {"killed": "kill -9 $$\n", "slow": "exec sleep 60\n"}[damage])
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    monkeypatch.setattr(parsing, "_SECONDS", 0.5)
    assert parse("").status == "died"
