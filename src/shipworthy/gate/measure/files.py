"""The file that a probe is asked to look at: the checkpoint, or an artifact beside it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ...errors import UsageError


def path_of(file: str, subject: Path, artifacts: Mapping[str, Path]) -> Path:
    """Where it lies. Raises UsageError where it is an artifact that the contract did not say it needs."""
    if file == "checkpoint":
        return subject
    if file not in artifacts:
        fix = f"add needs: {{artifact: {file}}} to the falsifier"
        raise UsageError("artifact-not-needed", f"the probe is asked to look at the {file}", fix=fix)
    return artifacts[file]
