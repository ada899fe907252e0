"""The first dispatch records what a checkpoint says; its bundle is the baseline that the next is held to."""

from __future__ import annotations

from pathlib import Path

import pytest

from trial_workspace import Workspace, make_workspace, reasons


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return make_workspace(tmp_path_factory.mktemp("golden") / "w", {"CROSS-GOLDEN": 100})


@pytest.mark.slow
def test_what_was_recorded_is_held_against_the_exports_of_the_next_dispatch(
    workspace: Workspace, fixture_llama: Path
) -> None:
    first = workspace.dispatch(fixture_llama)
    assert reasons(first.bundle)["CROSS-GOLDEN"] == ["missing_artifact"], first.stdout
    second = workspace.dispatch(fixture_llama, "--artifact", f"baseline={first.bundle.path}")
    assert (second.code, reasons(second.bundle)["CROSS-GOLDEN"]) == (0, []), second.stdout
    kept = workspace.shipworthy("baseline", "set", second.bundle.path)
    assert kept.returncode == 0, kept.stderr
    assert "FALSIFY-CROSS-GOLDEN-RECORD" in (workspace.root / "baselines" / "fixture.json").read_text()
