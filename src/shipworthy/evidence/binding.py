"""Whether statement, files and envelopes of a bundle say one thing; nothing here rests on the manifest.

Bundles from before statements named their files have no `files`; they are unsigned, and stay readable.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..canonical import canonical, sha256_bytes
from ..errors import FileError
from .dsse import Envelope, open_envelope
from .files import MANIFEST
from .summary import summary_of

STATEMENT = "statement.json"
ENVELOPE = "statement.dsse.json"
SUMMARY = "vsa.dsse.json"
RELEASE = "release.yaml"
UNSIGNED = "none"
SIGNATURE = "ed25519:"
UNBOUND = frozenset({STATEMENT, ENVELOPE, SUMMARY})
"""What the statement cannot name the digest of: itself, and what is made from it."""


def check_binding(path: Path, statement: Mapping[str, Any], files: Mapping[str, bytes]) -> None:
    """Check the statement's digests of files, and that what is signed is what the statement says.

    Raises FileError: `not-bound`, `signature-unclaimed`, `signature-missing`, and what `envelopes` raises.
    """
    predicate = statement["predicate"]
    if (bound := predicate.get("files")) is not None:
        there = {name: sha256_bytes(data) for name, data in files.items() if name not in UNBOUND | {MANIFEST}}
        for name in sorted(bound.keys() | there.keys()):
            if bound.get(name) != there.get(name):
                raise FileError("not-bound", "is not the file that the statement names", path=path / name)
    claimed, present = predicate["signature"], {ENVELOPE, SUMMARY} & files.keys()
    if claimed == UNSIGNED:
        if present:
            message = "is there, and the statement says that nothing is signed"
            raise FileError("signature-unclaimed", message, path=path / min(present))
        return
    if bound is None or not claimed.startswith(SIGNATURE):
        message = f"claims the signature {claimed!r}, and names no file"
        raise FileError("bad-statement", message, path=path / STATEMENT)
    for name in (ENVELOPE, SUMMARY):
        if name not in files:
            raise FileError("signature-missing", "the statement says it is signed", path=path / name)
    envelopes(path, statement, files)


def envelopes(path: Path, statement: Mapping[str, Any], files: Mapping[str, bytes]) -> list[Envelope]:
    """The envelopes of a signed bundle; that they hold what the statement says, not yet who signed them.

    Raises FileError: what `open_envelope` raises, `another-statement`, `another-key`.
    """
    opened = [open_envelope(files[name], path / name) for name in (ENVELOPE, SUMMARY)]
    release = files.get(RELEASE)
    policy = "" if release is None else sha256_bytes(release)
    expected = (
        statement,
        summary_of(statement, ENVELOPE, sha256_bytes(files[ENVELOPE]), policy),
    )
    keyid = statement["predicate"]["signature"].removeprefix(SIGNATURE)
    for envelope, value in zip(opened, expected, strict=True):
        if not _is_canonical_form(envelope.payload, value):
            message = f"does not hold what follows from {STATEMENT}"
            raise FileError("another-statement", message, path=envelope.path)
        if envelope.keyid != keyid:
            message = f"is signed by the key {envelope.keyid[:12]}, and the statement names {keyid[:12]}"
            raise FileError("another-key", message, path=envelope.path)
    return opened


def _is_canonical_form(data: bytes, value: Mapping[str, Any]) -> bool:
    try:
        return canonical(value) == data
    except ValueError:
        # An integer beyond 2^53 has no such form, hence no signed statement holds one.
        return False
