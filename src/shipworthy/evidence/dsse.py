"""Signed envelopes: DSSE v1 around the canonical bytes of an in-toto statement, one ed25519 signature each.

Format: https://github.com/secure-systems-lab/dsse/blob/master/protocol.md and envelope.md

An envelope has exactly one spelling: it is refused unless its bytes are the RFC 8785 form of what they say,
base64 included, and unless its payload is in that form too. So nothing can hide in a second key, a space, a
padding bit or a second signature. The payload bytes that are verified are the bytes that are parsed.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..canonical import canonical
from ..errors import FileError
from .files import parsed

if TYPE_CHECKING:
    from securesystemslib.signer import CryptoSigner, SSlibKey

PAYLOAD_TYPE = "application/vnd.in-toto+json"
_KEYS = {"payload", "payloadType", "signatures"}


@dataclass(frozen=True)
class Envelope:
    """An envelope of the one admitted spelling; whether its signature holds, `verify_signature` says."""

    path: Path
    payload: bytes
    statement: Mapping[str, Any]
    keyid: str
    signature: bytes


def seal(statement: Mapping[str, Any], signer: CryptoSigner) -> bytes:
    """The bytes of an envelope around a statement. Raises ValueError where it has no canonical form."""
    from securesystemslib.dsse import Envelope as Signed

    signed = Signed(canonical(statement), PAYLOAD_TYPE, {})
    signed.sign(signer)
    return canonical(signed.to_dict())


def open_envelope(data: bytes, path: Path) -> Envelope:
    """Parse an envelope; `path` is for messages.

    Raises FileError: `bad-json`, `bad-envelope`, `payload-type`, `signature-count`, `not-canonical`.
    """
    value = parsed(data, path)
    if not isinstance(value, dict) or set(value) != _KEYS or not isinstance(value["signatures"], list):
        raise FileError("bad-envelope", "is no DSSE envelope", path=path)
    if value["payloadType"] != PAYLOAD_TYPE:
        message = f"has the payload type {value['payloadType']!r}, not {PAYLOAD_TYPE}"
        raise FileError("payload-type", message, path=path)
    if len(value["signatures"]) != 1:
        message = f"has {len(value['signatures'])} signatures, not one"
        raise FileError("signature-count", message, path=path)
    entry = value["signatures"][0]
    if not isinstance(entry, dict) or set(entry) != {"keyid", "sig"} or not isinstance(entry["keyid"], str):
        raise FileError("bad-envelope", "has a signature that is not {keyid, sig}", path=path)
    payload = _decoded(value["payload"], "payload", path)
    statement = parsed(payload, path)
    if not isinstance(statement, dict):
        raise FileError("bad-envelope", "holds no statement", path=path)
    _require_canonical(data, value, "it", path)
    _require_canonical(payload, statement, "its payload", path)
    return Envelope(path, payload, statement, entry["keyid"], _decoded(entry["sig"], "signature", path))


def verify_signature(envelope: Envelope, key: SSlibKey) -> None:
    """Check the signature over payload and payload type. Raises FileError `another-key`, `bad-signature`."""
    from securesystemslib.dsse import Envelope as Signed
    from securesystemslib.exceptions import VerificationError
    from securesystemslib.signer import Signature

    if envelope.keyid != key.keyid:
        message = f"is signed by the key {envelope.keyid[:12]}, not by {key.keyid[:12]}"
        raise FileError("another-key", message, path=envelope.path, fix="name the key of who signed it")
    signature = Signature(envelope.keyid, envelope.signature.hex())
    signed = Signed(envelope.payload, PAYLOAD_TYPE, {envelope.keyid: signature})
    try:
        signed.verify([key], 1)
    except VerificationError as error:
        message = f"is not what {key.keyid[:12]} signed"
        raise FileError("bad-signature", message, path=envelope.path) from error


def _decoded(text: Any, what: str, path: Path) -> bytes:
    """The bytes of standard base64 in its only spelling."""
    try:
        data = base64.b64decode(text, validate=True)
    except (TypeError, ValueError, binascii.Error) as error:
        raise FileError("bad-envelope", f"its {what} is not base64", path=path) from error
    if not data or base64.b64encode(data).decode() != text:
        raise FileError("bad-envelope", f"its {what} is empty, or base64 in a second spelling", path=path)
    return data


def _require_canonical(data: bytes, value: Any, what: str, path: Path) -> None:
    try:
        same = canonical(value) == data
    except ValueError as error:
        raise FileError("not-canonical", f"{what} has no RFC 8785 form: {error}", path=path) from error
    if not same:
        raise FileError("not-canonical", f"{what} differs from its RFC 8785 form", path=path)
