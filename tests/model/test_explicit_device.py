"""Every torch factory call in the package says on which device."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import shipworthy

SOURCES = sorted(Path(shipworthy.__file__).parent.rglob("*.py"))

FACTORIES = {
    "arange", "as_tensor", "asarray", "empty", "empty_strided", "eye", "full", "linspace", "logspace",
    "normal", "ones", "rand", "randint", "randn", "randperm", "tensor", "tril_indices", "triu_indices",
    "zeros", "Generator", "Embedding", "Linear",
}  # fmt: skip


def factories_without_device(source: str) -> list[tuple[int, str]]:
    """(line, call) of each call of a factory through torch or nn that has no `device=`."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        owner = ast.unparse(node.func.value)
        if owner in ("torch", "nn", "torch.nn") and node.func.attr in FACTORIES:
            named = {keyword.arg for keyword in node.keywords}
            placed = "device" in named or (node.func.attr == "Generator" and node.args)
            if not placed:
                found.append((node.lineno, ast.unparse(node.func)))
    return found


def test_every_factory_call_names_the_device() -> None:
    assert len(SOURCES) > 20
    silent = {path.name: found for path in SOURCES if (found := factories_without_device(path.read_text()))}
    assert silent == {}


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ("torch.zeros(3)", 1),
        ("torch.zeros(3, device=d)", 0),
        ("torch.arange(3, dtype=torch.int64)", 1),
        ("nn.Linear(3, 4, bias=False)", 1),
        ("torch.Generator()", 1),
        ("torch.Generator('cpu')", 0),
        ("torch.zeros_like(x)", 0),
        ("np.zeros(3)", 0),
        ("torch.tensor(torch.ones(3), device=d)", 1),
    ],
)
def test_the_check_sees(source: str, count: int) -> None:
    assert len(factories_without_device(source)) == count


def test_torch_is_imported_under_its_own_name() -> None:
    """`from torch import zeros` or an alias would pass the check above unseen."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module == "torch":
                assert {alias.name for alias in node.names} <= {"Tensor", "nn"}, path.name
            if isinstance(node, ast.Import):
                assert not [a for a in node.names if a.name == "torch" and a.asname], path.name
