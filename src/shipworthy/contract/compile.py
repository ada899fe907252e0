"""Compile contracts into gates: one pytest module per ACTIVE contract, which a person can read and run.

    compile_catalogue(catalogue)              # {"test_c_03.py": "...", ...}
    write_gates(catalogue, Path("gates"))     # the files it wrote or removed

The same contracts give the same bytes. A compound's module is called test_zz_..., so it runs last; before it
those of batteries, test_zy_....
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from .. import atomic
from .identity import criterion_hash
from .language import Catalogue, Contract, Falsifier
from .literal import Name, statement

MARK = "Compiled from contracts/"
"""What the docstring of every compiled module says; a file in gates/ without it is not ours to remove."""


def gate_filename(contract: Contract) -> str:
    """The module that a contract compiles to. Ids differ in more than case and signs, so names do too."""
    last = "zz_" if contract.compound else "zy_" if contract.battery else ""
    return f"test_{last}{_lower(contract.id)}.py"


def test_name(falsifier: Falsifier) -> str:
    """The test function that a falsifier compiles to."""
    return f"test_{_lower(falsifier.id)}"


test_name.__test__ = False  # type: ignore[attr-defined]  # pytest would collect it where it is imported


def members_test_name(contract: Contract) -> str:
    """The test function that the verdicts which a contract reads compile to."""
    return f"test_{_lower(contract.id)}"


def _lower(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "_", name.lower())


def compile_catalogue(catalogue: Catalogue) -> dict[str, str]:
    """The text of every gate by file name. DRAFT and RETIRED contracts compile to none."""
    return {
        gate_filename(contract): compile_contract(contract, catalogue)
        for contract in sorted(catalogue.contracts.values(), key=lambda contract: contract.id)
        if contract.compiles
    }


def compile_contract(contract: Contract, catalogue: Catalogue) -> str:
    """The gate of one contract, as Python source of at most 100 columns, formatted as black would."""
    return "\n\n\n".join([_docstring(contract, catalogue), *_tests(contract)]) + "\n"


def _docstring(contract: Contract, catalogue: Catalogue) -> str:
    source = MARK + contract.document.path.name
    prefix = criterion_hash(contract, catalogue)[:12]
    title = f"{contract.id}: {contract.title.rstrip('.')}".replace("\\", r"\\").replace('"', r"\"")
    return (
        f'"""{title}.\n\n{source} (criterion {prefix}…).\nChange the contract, then run `make compile`.\n"""'
    )


def _tests(contract: Contract) -> Iterator[str]:
    for falsifier in contract.falsifiers:
        measure = statement("measurement = ", "gate.measure", [falsifier.probe], falsifier.parameters)
        expect = statement("", "gate.expect", [Name("measurement"), falsifier.expect])
        yield f"def {test_name(falsifier)}(gate):\n{measure}\n{expect}"
    if contract.all_of:
        cited = statement("", "gate.all_of", [list(contract.all_of)])
        yield f"def {members_test_name(contract)}(gate):\n{cited}"


def write_gates(catalogue: Catalogue, gates_dir: Path, *, check: bool = False) -> list[Path]:
    """Bring gates/ up to date and return what was stale: changed, missing, or compiled from a contract gone.

    Only files that differ are written; only files that carry the mark of a compiled gate are removed. With
    `check` nothing is written.
    """
    compiled = compile_catalogue(catalogue)
    stale: list[Path] = []
    for name, text in compiled.items():
        path = gates_dir / name
        if not path.is_file() or path.read_bytes() != text.encode():
            stale.append(path)
            if not check:
                # A gate can be compiled again, so none of a thousand waits for the disk.
                atomic.write_bytes(path, text.encode(), durable=False)
    for path in sorted(gates_dir.glob("test_*.py")):
        if path.name not in compiled and is_compiled(path):
            stale.append(path)
            if not check:
                path.unlink()
    return stale


def is_compiled(path: Path) -> bool:
    """Whether a file carries the mark of a compiled gate in its first lines. A directory does not."""
    if not path.is_file():
        return False
    with path.open("rb") as stream:
        head = stream.read(1024)
    return any(line.startswith(MARK.encode()) for line in head.splitlines()[:4])
