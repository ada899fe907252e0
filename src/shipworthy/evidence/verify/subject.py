"""Whether a bundle is about a checkpoint that one has."""

from __future__ import annotations

from pathlib import Path

from ...canonical import content_sha256
from ...checkpoint import open_checkpoint
from ...errors import FileError
from .finding import Finding
from .run import Verification


def subject_findings(verification: Verification, path: Path) -> list[Finding]:
    """A finding where the checkpoint at `path` is another. Raises FileError where it does not open."""
    if verification.bundle.refused:
        if not (path.is_dir() or path.is_file()):
            raise FileError("not-a-file", "is neither a file nor a directory", path=path)
        digest = content_sha256(path)
    else:
        with open_checkpoint(path) as checkpoint:
            checkpoint.verify()
            digest = checkpoint.digest()
    stated = verification.subject_sha256
    if digest == stated:
        return []
    message = f"is about {stated[:12]}, and {path.name} is {digest[:12]}"
    return [Finding("foreign-subject", "subject", message)]
