"""A contracts directory in git, compared with what it was."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from shipworthy.contract.lint.ratchet import Comparison, PastResult, compare_catalogues
from shipworthy.contract.lint.revision import contracts_at
from shipworthy.contract.load import load_catalogue, read_catalogue

Edit = Callable[[str, str, str], Path]
ONE, TWO, ALL = "ac-text-001.yaml", "ac-text-002.yaml", "gate-all.yaml"
HOST, MODEL, RELEASE = "hosts/small-box.yaml", "models/text-1.yaml", "releases/text.yaml"
BAND = "parameters: {low: 138048, high: 138048}"
LAST = "approver: the lead}\n"
APPROVED = "changelog:\n  - {change: c, reason: r, approver: the lead}\n"


def git(root: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    argv = ["git", "-C", str(root), *identity, *arguments]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()


def against(
    root: Path, registries: dict[str, Any], results: list[PastResult] | None = None, revision: str = "HEAD"
) -> Comparison:
    """Compare the directory with the revision."""
    folder = root.parent / f"was-{revision}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    contracts_at(root, revision, folder)
    before = read_catalogue(folder, **registries)
    after = load_catalogue(root, **registries)
    return compare_catalogues(before, after, probes=registries["probes"], results=results or [])


def directions(comparison: Comparison) -> dict[str, str]:
    return {change.what: str(change.direction) for change in comparison.changes}


def codes(comparison: Comparison) -> list[str]:
    return sorted({problem.code for problem in comparison.red})


def raised(edit: Edit, *, approved: bool = True) -> None:
    """Raise the version of the first contract, with a changelog line of it."""
    edit(ONE, "version: 1.1.0\n", "version: 1.2.0\n")
    line = ", reason: r, approver: the lead" if approved else ""
    edit(ONE, LAST, f"{LAST}  - {{version: 1.2.0, change: c{line}}}\n")
