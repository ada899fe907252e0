"""An entry point that cannot be used is refused by distribution; never silently left out."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shipworthy.contract.extension import (
    PROBE_GROUP,
    ProbeExtension,
    by_name,
    discover,
    with_brought_defects,
    with_brought_probes,
)
from shipworthy.contract.probe import registry
from shipworthy.errors import ContractError

Install = Callable[..., None]

GOOD = """\
from shipworthy.contract import Probe, ProbeExtension, Quantity

PROBE = ProbeExtension(
    Probe("{name}", "Counts.", {{}}, {{"lines": Quantity("integer", "lines")}}, {{"type": "object"}}, dict),
    lambda subject, artifacts, log: {{}},
)
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Put a distribution with one entry point on the path: real modules, real metadata."""
    before = set(sys.modules)

    def installer(source: str, distribution: str = "acme", module: str = "acme_probe", **others: str) -> None:
        info = tmp_path / f"{distribution}-2.1.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.4\nName: {distribution}\nVersion: 2.1\n")
        (info / "entry_points.txt").write_text(f"[{PROBE_GROUP}]\nlines = {module}:PROBE\n")
        for name, text in {module: source, **others}.items():
            (tmp_path / f"{name}.py").write_text(text)

    monkeypatch.syspath_prepend(tmp_path)
    yield installer
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_what_is_brought_says_which_distribution_brings_it(install: Install) -> None:
    install(GOOD.format(name="acme_lines@1"))
    [brought] = discover(PROBE_GROUP, ProbeExtension)
    assert brought.extension.declaration.name == "acme_lines@1"
    assert (brought.distribution, brought.version) == ("acme", "2.1")
    assert len(brought.sha256()) == 64


BROKEN = {
    "raises when it is imported": ("1 / 0", "extension-broken", "ZeroDivisionError: division by zero"),
    "leaves the process": ("raise SystemExit(3)", "extension-broken", "SystemExit: 3"),
    "is no Python": ("def", "extension-broken", "SyntaxError"),
    "imports what is not there": ("import acme_nothing", "extension-broken", "ModuleNotFoundError"),
    "has no such name": ("OTHER = 1", "extension-broken", "AttributeError"),
    "is no extension": ("PROBE = dict", "extension-kind", "is a type, not a ProbeExtension"),
    "is heavy": ("import jax\nPROBE = None", "extension-heavy", "imports jax when it is loaded"),
    "is heavy by a name": ("from jax import x\nPROBE = x", "extension-heavy", "imports jax"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_an_entry_point_that_cannot_be_used_is_refused(install: Install, case: str) -> None:
    source, code, said = BROKEN[case]
    install(source, jax="x = 1\n")
    with pytest.raises(ContractError) as refused:
        discover(PROBE_GROUP, ProbeExtension)
    assert refused.value.code == code
    assert refused.value.where == "acme 2.1"
    assert said in refused.value.message
    assert refused.value.fix


def test_heavy_is_seen_where_something_else_imported_it_before(install: Install) -> None:
    install("import jax\nPROBE = None", jax="x = 1\n")
    __import__("jax")
    with pytest.raises(ContractError, match="imports jax"):
        discover(PROBE_GROUP, ProbeExtension)


def test_a_declaration_that_is_no_use_is_refused_by_distribution(install: Install) -> None:
    install(GOOD.format(name="Acme Lines"))
    with pytest.raises(ContractError, match=r"^acme 2\.1: declares 'Acme Lines' wrongly") as refused:
        by_name(discover(PROBE_GROUP, ProbeExtension), registry)
    assert refused.value.code == "bad-probe"


@pytest.mark.parametrize(
    ("old", "new", "code", "said"),
    [
        (
            'Probe("acme_lines@1"',
            'dict or Probe("acme_lines@1"',
            "extension-kind",
            "declaration that is a type",
        ),
        ('"acme_lines@1"', "3", "extension-broken", "field of another type"),
        ('{"lines": Quantity("integer", "lines")}', '["lines"]', "extension-broken", "field of another type"),
        ('Quantity("integer", "lines")', '"integer"', "extension-broken", "field of another type"),
    ],
)
def test_a_declaration_of_other_types_is_refused_by_distribution(
    install: Install, old: str, new: str, code: str, said: str
) -> None:
    source = GOOD.format(name="acme_lines@1")
    assert old in source
    install(source.replace(old, new))
    with pytest.raises(ContractError, match=r"acme 2\.1") as refused:
        by_name(discover(PROBE_GROUP, ProbeExtension), registry)
    assert refused.value.code == code
    assert said in refused.value.message


def test_two_distributions_that_bring_one_name_are_refused(install: Install) -> None:
    install(GOOD.format(name="lines@1"))
    install(GOOD.format(name="lines@1"), "bcme", "bcme_probe")
    with pytest.raises(ContractError, match=r"^bcme 2.1: brings 'lines@1', as acme 2.1 does"):
        by_name(discover(PROBE_GROUP, ProbeExtension), registry)


def test_nothing_installed_brings_nothing() -> None:
    assert with_brought_probes({}) == {}
    assert with_brought_defects({}) == {}
