"""SHA-256 digests remembered by a file's identity: device, inode, size, and both times of change.

A digest that was remembered spares reading gigabytes again where only convenience hangs on it. Whoever can
write the cache can make it say anything, and a clock can be set back: no verdict, bundle or sign-off takes
the digest of a subject or an artifact from here, they read the bytes. What lies in the same cache, and was
fetched or made by this project, is taken for whole by it: base model, token shards, exports.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

from .atomic import write_json
from .canonical import sha256_file, strict_loads
from .errors import FileError, UsageError

_SETTLED_NS = 2_000_000_000
"""A file changed less than this ago could change again within the same tick of its clock."""


def cache_directory() -> Path:
    """$SHIPWORTHY_CACHE, else $XDG_CACHE_HOME/shipworthy, else ~/.cache/shipworthy.

    Raises UsageError no-cache-directory where the user has no home.
    """
    if chosen := os.environ.get("SHIPWORTHY_CACHE"):
        return Path(chosen)
    if shared := os.environ.get("XDG_CACHE_HOME"):
        return Path(shared) / "shipworthy"
    try:
        return Path.home() / ".cache" / "shipworthy"
    except RuntimeError:
        message = "this user has no home directory to keep a cache in"
        raise UsageError("no-cache-directory", message, fix="set SHIPWORTHY_CACHE to a directory") from None


def cached_sha256(path: Path) -> str:
    """Lower-case hex SHA-256 of a file, remembered or computed. Raises OSError where it cannot be read."""
    before = path.stat()
    known = known_sha256(before)
    if known is not None:
        return known
    digest = sha256_file(path)
    after = path.stat()
    if _identity(before) == _identity(after):
        remember_sha256(after, digest)
    return digest


def known_sha256(status: os.stat_result) -> str | None:
    """The digest remembered for exactly this file, or None."""
    try:
        entry = strict_loads(_place(status).read_bytes())
        known = entry["sha256"] if entry["file"] == _identity(status) else None
    except (OSError, ValueError, KeyError, TypeError, UsageError):
        return None
    return known if isinstance(known, str) and len(known) == 64 else None


def remember_sha256(status: os.stat_result, digest: str) -> None:
    """Keep a digest for the next time, unless the file has changed just now."""
    if time.time_ns() - max(status.st_mtime_ns, status.st_ctime_ns) < _SETTLED_NS:
        return
    # A cache that cannot be written, or has no place, costs time, nothing else.
    with suppress(FileError, UsageError):
        write_json(_place(status), {"file": _identity(status), "sha256": digest})


def _identity(status: os.stat_result) -> dict[str, int]:
    return {
        "device": status.st_dev,
        "inode": status.st_ino,
        "size": status.st_size,
        "mtime_ns": status.st_mtime_ns,
        "ctime_ns": status.st_ctime_ns,
    }


def _place(status: os.stat_result) -> Path:
    return cache_directory() / "digests" / f"{status.st_dev:x}-{status.st_ino:x}.json"
