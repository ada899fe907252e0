"""Workspaces in which the small llama is registered, and one dispatch that many tests look at."""

from __future__ import annotations

from pathlib import Path

import pytest

from trial_workspace import QUICK, Dispatched, Workspace, make_workspace

WIDE = {"C-01": 0, "C-02": 0, "C-03": 0, "AC-SHIP2-005": 70, "AC-SHIP2-010": 30}


@pytest.fixture(scope="session")
def quick_original(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return make_workspace(tmp_path_factory.mktemp("quick") / "w", QUICK)


@pytest.fixture
def quick(quick_original: Workspace, tmp_path: Path) -> Workspace:
    """C-01, C-02 and C-03, to be changed by the test; the path has a space in it."""
    return quick_original.copy_to(tmp_path / "a workspace")


@pytest.fixture(scope="session")
def wide_original(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    workspace = make_workspace(tmp_path_factory.mktemp("wide") / "a workspace", WIDE)
    workspace.falsify("AC-SHIP2-010")
    return workspace


@pytest.fixture(scope="session")
def wide_dispatch(wide_original: Workspace, fixture_llama: Path) -> Dispatched:
    """AC-SHIP2-005 and -010 too: everything DISCHARGED but what needs a device that nobody has."""
    return wide_original.dispatch(fixture_llama)
