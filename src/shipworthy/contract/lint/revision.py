"""contracts/ as it was at a git revision, written to a directory; nothing is checked out."""

from __future__ import annotations

import os
import shutil
import subprocess
from io import BytesIO
from pathlib import Path

from ...errors import UsageError, display_path


def contracts_at(root: Path, revision: str, into: Path) -> int:
    """Write the files of `root` as they were at `revision` to `into`; returns how many there were.

    0 where the revision has no such directory. Raises UsageError where git, a repository or the revision is
    not there.
    """
    name = f"{revision}^{{commit}}"
    try:
        _git(root, "rev-parse", "--git-dir")
    except UsageError as error:
        fix = "run it in a clone, or leave --against out"
        message = f"there is no git history to compare with: {error.message}"
        raise UsageError("no-history", message, where=display_path(root), fix=fix) from error
    try:
        commit = _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", name).decode().strip()
    except UsageError as error:
        fix = "name a commit, a branch or a tag; a shallow clone may have to be deepened"
        raise UsageError(
            "unknown-revision", "is no revision", where=f"--against {revision}", fix=fix
        ) from error
    # In a directory of the work tree ls-tree lists what lies below it, by the path from it.
    entries = [entry.partition(b"\t") for entry in _git(root, "ls-tree", "-r", "-z", commit).split(b"\0")]
    blobs = [(path, about.split()[2]) for about, _, path in entries if about.split()[1:2] == [b"blob"]]
    answer = BytesIO(_git(root, "cat-file", "--batch", said=b"".join(name + b"\n" for _, name in blobs)))
    for path, _ in blobs:
        size = int(answer.readline().split()[2])
        target = into / os.fsdecode(path)
        if ".." in target.relative_to(into).parts:
            raise UsageError("git-failed", f"the revision has a file called {path!r}")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(answer.read(size + 1)[:-1])
    return len(blobs)


def _git(directory: Path, *arguments: str, said: bytes = b"") -> bytes:
    program = shutil.which("git")
    if program is None:
        raise UsageError("no-git", "git is not installed")
    argv = [program, "-C", str(directory), *arguments]
    done = subprocess.run(argv, input=said, capture_output=True, check=False)
    if done.returncode != 0:
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        raise UsageError("git-failed", lines[0] if lines else f"git {arguments[0]} failed")
    return done.stdout
