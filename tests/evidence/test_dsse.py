"""Envelopes: an independent reading of the DSSE protocol verifies them, and there is one spelling of each."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from shipworthy.canonical import canonical
from shipworthy.errors import FileError
from shipworthy.evidence.dsse import open_envelope, seal, verify_signature
from shipworthy.evidence.keys import generate_key, read_public_key, read_signer

STATEMENT = {"_type": "x", "subject": [], "é": [1, 0.5, None, True, "\u2028"]}
NAME = Path("statement.dsse.json")


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keys") / "key"
    generate_key(path)
    return path


@pytest.fixture(scope="module")
def sealed(key: Path) -> bytes:
    return seal(STATEMENT, read_signer(key))


def public(key: Path) -> Path:
    return key.with_name(f"{key.name}.pub")


def pae(payload_type: bytes, payload: bytes) -> bytes:
    """Pre-authentication encoding, written from DSSE's protocol.md: lengths in ASCII decimal."""
    parts = [b"DSSEv1", str(len(payload_type)).encode(), payload_type, str(len(payload)).encode(), payload]
    return b" ".join(parts)


def independently_verified(sealed: bytes, pem: bytes) -> Any:
    """The payload, by `cryptography` and the protocol's text alone. Raises InvalidSignature."""
    envelope = json.loads(sealed)
    payload = base64.b64decode(envelope["payload"])
    key = load_pem_public_key(pem)
    assert isinstance(key, Ed25519PublicKey)
    key.verify(
        base64.b64decode(envelope["signatures"][0]["sig"]), pae(envelope["payloadType"].encode(), payload)
    )
    return json.loads(payload)


def test_an_independent_implementation_verifies_it(sealed: bytes, key: Path) -> None:
    assert independently_verified(sealed, public(key).read_bytes()) == STATEMENT
    altered = sealed.replace(b"application/vnd.in-toto+json", b"application/vnd.in-toto+jsom")
    with pytest.raises(InvalidSignature):
        independently_verified(altered, public(key).read_bytes())


def test_an_envelope_that_others_sign_is_read(key: Path) -> None:
    """Signed here by hand: what we accept does not rest on the library that we sign with."""
    signer = read_signer(key)
    payload, payload_type = canonical(STATEMENT), "application/vnd.in-toto+json"
    raw = signer._private_key.sign(pae(payload_type.encode(), payload))
    envelope = {
        "payload": base64.b64encode(payload).decode(),
        "payloadType": payload_type,
        "signatures": [{"keyid": signer.public_key.keyid, "sig": base64.b64encode(raw).decode()}],
    }
    opened = open_envelope(canonical(envelope), NAME)
    verify_signature(opened, read_public_key(public(key)))
    assert opened.statement == STATEMENT


def test_the_bytes_that_are_verified_are_those_that_are_parsed(sealed: bytes, key: Path) -> None:
    opened = open_envelope(sealed, NAME)
    verify_signature(opened, read_public_key(public(key)))
    assert json.loads(opened.payload) == opened.statement == STATEMENT
    assert opened.payload == canonical(STATEMENT)


def test_the_same_statement_gives_the_same_bytes(sealed: bytes, key: Path) -> None:
    assert seal(dict(reversed(STATEMENT.items())), read_signer(key)) == sealed


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), 2**53, "\ud800"])
def test_what_has_no_canonical_form_is_not_signed(key: Path, bad: Any) -> None:
    with pytest.raises(ValueError, match=r".*"):
        seal({"value": bad}, read_signer(key))


def changed(**fields: Any) -> Callable[[dict[str, Any]], bytes]:
    return lambda envelope: canonical({**envelope, **fields})


def signature(**fields: Any) -> Callable[[dict[str, Any]], bytes]:
    return lambda e: canonical({**e, "signatures": [{**e["signatures"][0], **fields}]})


def payload(data: bytes) -> Callable[[dict[str, Any]], bytes]:
    return changed(payload=base64.b64encode(data).decode())


def respelled(character: str, other: str) -> Callable[[dict[str, Any]], bytes]:
    """The payload's base64 with one character written otherwise, where it holds it."""
    data = canonical({"é": "\u00fb\u00ff>>>???"})
    text = base64.b64encode(data).decode()
    assert character in text
    return changed(payload=text.replace(character, other))


HOSTILE: dict[str, tuple[str, Callable[[dict[str, Any]], bytes]]] = {
    "nothing": ("bad-json", lambda e: b""),
    "a list": ("bad-envelope", lambda e: b"[]"),
    "a byte order mark": ("bad-json", lambda e: b"\xef\xbb\xbf" + canonical(e)),
    "UTF-16": ("bad-json", lambda e: canonical(e).decode().encode("utf-16")),
    "CRLF at the end": ("not-canonical", lambda e: canonical(e) + b"\r\n"),
    "a newline at the end": ("not-canonical", lambda e: canonical(e) + b"\n"),
    "a space inside": ("not-canonical", lambda e: canonical(e).replace(b'":', b'": ', 1)),
    "indented": ("not-canonical", lambda e: json.dumps(e, indent=1).encode()),
    "keys in another order": ("not-canonical", lambda e: json.dumps(dict(reversed(e.items()))).encode()),
    "a letter as its escape": ("not-canonical", lambda e: canonical(e).replace(b"in-toto", b"in\\u002dtoto")),
    "a key twice": ("bad-json", lambda e: canonical(e)[:-1] + b',"payload":"e30="}'),
    "a key more": ("bad-envelope", changed(more=1)),
    "no signatures": ("bad-envelope", lambda e: canonical({k: e[k] for k in ("payload", "payloadType")})),
    "an empty list of signatures": ("signature-count", changed(signatures=[])),
    "two signatures": ("signature-count", lambda e: canonical({**e, "signatures": e["signatures"] * 2})),
    "signatures an object": ("bad-envelope", changed(signatures={})),
    "a signature that is text": ("bad-envelope", changed(signatures=["x"])),
    "a signature without keyid": ("bad-envelope", changed(signatures=[{"sig": "eA=="}])),
    "a signature with a certificate": ("bad-envelope", signature(cert="x")),
    "a keyid that is a number": ("bad-envelope", signature(keyid=1)),
    "another payload type": ("payload-type", changed(payloadType="application/json")),
    "a payload type in capitals": ("payload-type", changed(payloadType="application/vnd.in-toto+JSON")),
    "a payload type with a space": ("payload-type", changed(payloadType="application/vnd.in-toto+json ")),
    "a payload type that is null": ("payload-type", changed(payloadType=None)),
    "a payload that is null": ("bad-envelope", changed(payload=None)),
    "an empty payload": ("bad-envelope", changed(payload="")),
    "url-safe base64, dash": ("bad-envelope", respelled("+", "-")),
    "url-safe base64, underscore": ("bad-envelope", respelled("/", "_")),
    "base64 without padding": ("bad-envelope", changed(payload="eyJhIjoxfQ")),
    "base64 with too much padding": ("bad-envelope", changed(payload="e30====")),
    "base64 with a newline": ("bad-envelope", changed(payload="e3\n0=")),
    "base64 with a space": ("bad-envelope", changed(payload=" e30=")),
    "base64 whose last bits are not zero": ("bad-envelope", changed(payload="e31=")),
    "base64 with other letters": ("bad-envelope", changed(payload="é30=")),
    "a payload that is a list": ("bad-envelope", payload(b"[]")),
    "a payload that is no JSON": ("bad-json", payload(b"{")),
    "a payload that is not UTF-8": ("bad-json", payload(b'{"a":"\xff"}')),
    "a payload with NaN": ("bad-json", payload(b'{"a":NaN}')),
    "a payload with a key twice": ("bad-json", payload(b'{"a":1,"a":2}')),
    "a payload nested too deeply": ("bad-json", payload(b'{"a":' * 100_000)),
    "a payload with a space": ("not-canonical", payload(b'{"a": 1}')),
    "a payload with 1.0 for 1": ("not-canonical", payload(b'{"a":1.0}')),
    "a payload with a big integer": ("not-canonical", payload(b'{"a":9007199254740993}')),
    "a payload with a huge integer": ("bad-json", payload(b'{"a":' + b"9" * 5000 + b"}")),
    "a payload with half a surrogate": ("not-canonical", payload(b'{"a":"\\ud800"}')),
    "a signature that is not base64": ("bad-envelope", signature(sig="!")),
    "an empty signature": ("bad-envelope", signature(sig="")),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_envelope_is_refused_by_name(sealed: bytes, name: str) -> None:
    code, make = HOSTILE[name]
    with pytest.raises(FileError) as caught:
        open_envelope(make(json.loads(sealed)), NAME)
    assert caught.value.code == code, caught.value.message


FORGED: dict[str, tuple[str, Callable[[dict[str, Any]], bytes]]] = {
    "another payload": ("bad-signature", payload(b'{"a":1}')),
    "a keyid of another key": ("another-key", signature(keyid="0" * 64)),
    "a keyid in capitals": ("another-key", lambda e: signature(keyid=e["signatures"][0]["keyid"].upper())(e)),
    "no keyid": ("another-key", signature(keyid="")),
    "a signature of zeros": ("bad-signature", signature(sig=base64.b64encode(bytes(64)).decode())),
    "a signature of 63 bytes": ("bad-signature", signature(sig=base64.b64encode(bytes(63)).decode())),
    "a signature of one byte": ("bad-signature", signature(sig="AA==")),
}  # fmt: skip


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_envelope_is_refused_by_name(sealed: bytes, key: Path, name: str) -> None:
    code, make = FORGED[name]
    opened = open_envelope(make(json.loads(sealed)), NAME)
    with pytest.raises(FileError) as caught:
        verify_signature(opened, read_public_key(public(key)))
    assert caught.value.code == code


def test_the_signature_of_another_payload_length_is_none(key: Path) -> None:
    """Lengths are part of what is signed: bytes cannot move between payload type and payload."""
    signer = read_signer(key)
    whole = canonical(STATEMENT)
    raw = signer._private_key.sign(pae(b"application/vnd.in-toto+json " + whole[:4], whole[4:]))
    envelope = json.loads(seal(STATEMENT, signer))
    envelope["signatures"][0]["sig"] = base64.b64encode(raw).decode()
    opened = open_envelope(canonical(envelope), NAME)
    with pytest.raises(FileError, match="bad-signature"):
        verify_signature(opened, read_public_key(public(key)))


def test_another_key_is_told_from_a_bad_signature(sealed: bytes, tmp_path: Path) -> None:
    generate_key(tmp_path / "other")
    opened = open_envelope(sealed, NAME)
    with pytest.raises(FileError, match="another-key"):
        verify_signature(opened, read_public_key(tmp_path / "other.pub"))


def test_every_single_byte_counts(sealed: bytes, key: Path) -> None:
    known = read_public_key(public(key))
    for place in range(len(sealed)):
        altered = bytearray(sealed)
        altered[place] ^= 1
        with pytest.raises(FileError):
            verify_signature(open_envelope(bytes(altered), NAME), known)
