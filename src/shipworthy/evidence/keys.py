"""Ed25519 keys in files: the private one as PKCS8 PEM that its owner alone reads, the public one beside it.

    keyid = generate_key(Path("release.key"))        # writes release.key and release.key.pub
    signer = read_signer(Path("release.key"))
    key = read_public_key(Path("release.key.pub"))

A key's identity is the SHA-256 of its public half as SubjectPublicKeyInfo (DER), in lower-case hex.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from ..atomic import fsync_directory, refusing_unwritable
from ..canonical import sha256_bytes
from ..errors import FileError, UsageError, display_path

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from securesystemslib.signer import CryptoSigner, SSlibKey

_MOST = 1 << 16
_PRIVATE_MODE = 0o600


def generate_key(out: Path) -> str:
    """Write a new key pair, `out` and `out`.pub, and return the key's identity.

    Raises UsageError `key-exists`, `bad-output`, FileError `unwritable`. Nothing is ever overwritten: a lost
    private key cannot be had again.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
        PublicFormat,
    )

    if not out.name:
        raise UsageError("bad-output", "is no name of a file", where=display_path(out), fix="name a new file")
    public_path = out.with_name(f"{out.name}.pub")
    for path in (out, public_path):
        if os.path.lexists(path):
            raise UsageError(
                "key-exists", "is there already", where=display_path(path), fix="name another file"
            )
    private = Ed25519PrivateKey.generate()
    public = private.public_key()
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public_pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    with refusing_unwritable(out):
        _create(out, pem, _PRIVATE_MODE)
        try:
            _create(public_path, public_pem, 0o644)
        except OSError:
            out.unlink()
            raise
        fsync_directory(out.parent)
    return key_identity(public)


def read_signer(path: Path) -> CryptoSigner:
    """What signs with the private key of a file. Raises FileError `bad-key`, `key-readable-by-others`."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key
    from securesystemslib.signer import CryptoSigner

    data, mode = _read(path)
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        message = f"has the mode {stat.S_IMODE(mode):04o}: others than its owner can use it"
        raise FileError("key-readable-by-others", message, path=path, fix="chmod 600, or make a new key")
    try:
        private = load_pem_private_key(data, None)
    except Exception as error:
        # What the parser raises for bytes that are no key is not of one family.
        raise _bad_key(path, f"is no private key in PEM: {type(error).__name__}") from error
    if not isinstance(private, Ed25519PrivateKey):
        raise _bad_key(path, "is a private key of another kind than ed25519")
    return CryptoSigner(private, _described(private.public_key()))


def read_public_key(path: Path) -> SSlibKey:
    """The public key of a file. Raises FileError `bad-key`."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    data, _ = _read(path)
    try:
        public = load_pem_public_key(data)
    except Exception as error:
        raise _bad_key(path, f"is no public key in PEM: {type(error).__name__}") from error
    if not isinstance(public, Ed25519PublicKey):
        raise _bad_key(path, "is a public key of another kind than ed25519")
    return _described(public)


def key_identity(public: Ed25519PublicKey) -> str:
    """Lower-case hex SHA-256 of the key as SubjectPublicKeyInfo (DER)."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return sha256_bytes(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def _described(public: Ed25519PublicKey) -> SSlibKey:
    from securesystemslib.signer import SSlibKey

    return SSlibKey.from_crypto(public, key_identity(public))


def _bad_key(path: Path, message: str) -> FileError:
    return FileError("bad-key", message, path=path, fix="`shipworthy keygen OUT` makes a pair")


def _read(path: Path) -> tuple[bytes, int]:
    """The bytes of a small regular file, and its mode; of a pipe nothing is awaited."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise FileError("bad-key", f"cannot be read: {error.strerror}", path=path) from error
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_size > _MOST:
            raise _bad_key(path, "is no file of a key")
        return os.read(descriptor, _MOST), status.st_mode
    finally:
        os.close(descriptor)


def _create(path: Path, data: bytes, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
