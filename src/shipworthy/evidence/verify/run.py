"""One bundle verified: its bytes, its signatures, and everything that it states derived again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...contract import Verdict
from ...errors import FileError
from ..binding import SIGNATURE, UNBOUND, UNSIGNED, envelopes
from ..bundle import Bundle, read_whole
from ..dsse import verify_signature
from ..files import MANIFEST
from .contents import Contents, read_contents
from .finding import Finding
from .verdicts import derive_verdicts

if TYPE_CHECKING:
    from securesystemslib.signer import SSlibKey


@dataclass(frozen=True)
class Verified:
    """A criterion as derived: its verdict, and the hash that the verdict is about."""

    id: str
    criterion: str
    verdict: Verdict


@dataclass(frozen=True)
class Verification:
    """What a bundle proves. `signed_by` is the key that was checked; `signature` is what the bundle claims.

    `contents` is None for a subject that was refused before any gate ran.
    """

    bundle: Bundle
    signature: str
    signed_by: str | None
    criteria: tuple[Verified, ...]
    findings: tuple[Finding, ...]
    contents: Contents | None

    @property
    def subject_sha256(self) -> str:
        """The digest that everything in the bundle is about."""
        digest: str = self.bundle.predicate["subject"]["sha256"]
        return digest

    @property
    def signature_words(self) -> str:
        """For a person: by whom it is signed, and whether that was checked."""
        if self.signature == UNSIGNED:
            return "unsigned"
        key = self.signature.removeprefix(SIGNATURE)[:12]
        return f"signed by {key}" if self.signed_by else f"names the key {key}, signature not checked"


def verify_bundle(path: Path, key: SSlibKey | None = None) -> Verification:
    """Verify a bundle. With `key` it must be signed by that key.

    Raises FileError: what `read_bundle` raises, `not-signed`, `another-key`, `bad-signature`,
    `contract-unreadable`, `cited-file-absent`, `file-unaccounted`.
    """
    bundle, files = read_whole(path)
    return verify_files(bundle, files, key)


def verify_files(bundle: Bundle, files: Mapping[str, bytes], key: SSlibKey | None = None) -> Verification:
    """The same of a bundle that was read with its files.

    Raises FileError `not-derivable` for samples with which nothing can be computed here: nested too deeply,
    or with numbers that are too long to be written.
    """
    try:
        return _verified(bundle, files, key)
    except (RecursionError, ValueError, OverflowError) as error:
        # One hostile bundle must not keep the others of its directory from being looked at.
        message = f"holds what cannot be computed with: {type(error).__name__}: {str(error)[:100]}"
        raise FileError("not-derivable", message, path=bundle.path) from error


def _verified(bundle: Bundle, files: Mapping[str, bytes], key: SSlibKey | None) -> Verification:
    signed_by = None if key is None else _checked(bundle, files, key)
    signature = bundle.predicate["signature"]
    if bundle.refused:
        for name in sorted(files.keys() - {MANIFEST, *UNBOUND}):
            message = "belongs to nothing: no gate ran"
            raise FileError("file-unaccounted", message, path=bundle.path / name)
        return Verification(bundle, signature, signed_by, (), (), None)
    contents = read_contents(bundle, files)
    verdicts, findings = derive_verdicts(contents)
    hashes = {entry["id"]: entry["criterion"] for entry in bundle.predicate["criteria"]}
    criteria = tuple(Verified(name, hashes[name], verdict) for name, verdict in verdicts.items())
    return Verification(bundle, signature, signed_by, criteria, tuple(findings), contents)


def derived(path: Path) -> Bundle:
    """A bundle of which everything that is shown was derived again: it states what follows, and nothing else.

    Raises FileError: what `verify_bundle` raises, `does-not-follow`.
    """
    return require_derived(*read_whole(path))


def require_derived(bundle: Bundle, files: Mapping[str, bytes]) -> Bundle:
    """The same of a bundle that was read with its files."""
    if findings := verify_files(bundle, files).findings:
        first = findings[0]
        message = f"{first.where} {first.message} [{first.code}], and {len(findings) - 1} more findings"
        if len(findings) == 1:
            message = f"{first.where} {first.message} [{first.code}]"
        fix = "what does not follow is not shown; `shipworthy verify` names all of it"
        raise FileError("does-not-follow", message, path=bundle.path, fix=fix)
    return bundle


def _checked(bundle: Bundle, files: Mapping[str, Any], key: SSlibKey) -> str:
    if bundle.predicate["signature"] == UNSIGNED:
        raise FileError(
            "not-signed", "is unsigned, and a key was named", path=bundle.path, fix="leave --key out"
        )
    for envelope in envelopes(bundle.path, bundle.statement, files):
        verify_signature(envelope, key)
    keyid: str = key.keyid
    return keyid
