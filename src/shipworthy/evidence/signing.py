"""A bundle's files with what binds them: digests in the statement, and signatures where there is a key.

The manifest is written last and is not signed, so nothing rests on it alone: the statement names the digest
of every other file, the envelope signs the statement, and the summary, signed too, names the envelope's.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..canonical import sha256_bytes, strict_loads
from .binding import ENVELOPE, RELEASE, SIGNATURE, STATEMENT, SUMMARY, UNBOUND, UNSIGNED
from .bundle import json_bytes, read_whole
from .dsse import seal
from .files import MANIFEST
from .portable import portable
from .summary import summary_of

if TYPE_CHECKING:
    from securesystemslib.signer import CryptoSigner


def bound_files(statement: Mapping[str, Any], files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files of an unsigned bundle: the statement names the digest of each, and is readable everywhere."""
    bound = {name: sha256_bytes(data) for name, data in sorted(files.items()) if name not in UNBOUND}
    predicate = {**statement["predicate"], "signature": UNSIGNED, "files": bound}
    whole = portable({**statement, "predicate": predicate})
    return {**files, STATEMENT: json_bytes(whole)}


def signed_files(files: Mapping[str, bytes], signer: CryptoSigner) -> dict[str, bytes]:
    """The files of the same bundle signed: the statement says by which key, the envelopes lie beside it."""
    statement = strict_loads(files[STATEMENT])
    statement["predicate"]["signature"] = f"{SIGNATURE}{signer.public_key.keyid}"
    envelope = seal(statement, signer)
    policy = sha256_bytes(files[RELEASE]) if RELEASE in files else ""
    summary = summary_of(statement, ENVELOPE, sha256_bytes(envelope), policy)
    return {
        **files,
        STATEMENT: json_bytes(statement),
        ENVELOPE: envelope,
        SUMMARY: seal(summary, signer),
    }


def signed_copy(path: Path, signer: CryptoSigner) -> dict[str, bytes]:
    """The files of the unsigned bundle at `path`, signed. Raises FileError where it does not read."""
    _, files = read_whole(path)
    unsigned = {name: data for name, data in files.items() if name != MANIFEST}
    return signed_files(unsigned, signer)
