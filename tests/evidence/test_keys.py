"""Keys: whole pairs or nothing, for their owner alone, and never written over."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_public_key,
)

from shipworthy.errors import FileError, UsageError
from shipworthy.evidence.keys import generate_key, read_public_key, read_signer


@pytest.fixture
def key(tmp_path: Path) -> Path:
    generate_key(tmp_path / "release.key")
    return tmp_path / "release.key"


def test_a_pair_is_written_for_its_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        keyid = generate_key(tmp_path / "release.key")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "release.key").stat().st_mode) == 0o600
    assert (tmp_path / "release.key").read_bytes().startswith(b"-----BEGIN PRIVATE KEY-----\n")
    public = load_pem_public_key((tmp_path / "release.key.pub").read_bytes())
    der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert keyid == hashlib.sha256(der).hexdigest()
    assert read_signer(tmp_path / "release.key").public_key.keyid == keyid
    assert read_public_key(tmp_path / "release.key.pub").keyid == keyid


def test_two_pairs_differ(tmp_path: Path) -> None:
    assert generate_key(tmp_path / "a") != generate_key(tmp_path / "b")


@pytest.mark.parametrize("there", ["release.key", "release.key.pub"])
def test_nothing_is_written_over(tmp_path: Path, there: str) -> None:
    (tmp_path / there).symlink_to("nowhere")
    with pytest.raises(UsageError, match="key-exists"):
        generate_key(tmp_path / "release.key")
    assert [path.name for path in tmp_path.iterdir()] == [there]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="unwritable"):
        generate_key(tmp_path / "absent" / "release.key")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_private_key_that_others_can_read_is_refused(key: Path, mode: int) -> None:
    key.chmod(mode)
    with pytest.raises(FileError, match="key-readable-by-others"):
        read_signer(key)


def test_what_is_no_ed25519_key_is_refused(tmp_path: Path, key: Path) -> None:
    other = rsa.generate_private_key(65537, 2048)
    pems = {
        "rsa": other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        "rsa.pub": other.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        "empty": b"",
        "text": b"hello",
        "cut": key.read_bytes()[:60],
    }
    for name, data in pems.items():
        (tmp_path / name).write_bytes(data)
        (tmp_path / name).chmod(0o600)
    os.mkfifo(tmp_path / "pipe")
    for name in [*pems, "pipe", "absent", "."]:
        for read in (read_signer, read_public_key):
            with pytest.raises(FileError) as caught:
                read(tmp_path / name)
            assert caught.value.code in ("bad-key", "key-readable-by-others"), name


def test_a_private_key_is_no_public_one_and_the_other_way_round(key: Path) -> None:
    with pytest.raises(FileError, match="bad-key"):
        read_public_key(key)
    public = key.with_name("release.key.pub")
    public.chmod(0o600)
    with pytest.raises(FileError, match="bad-key"):
        read_signer(public)


@pytest.mark.parametrize("name", [".", "", "/", ".."])
def test_what_is_no_name_of_a_file_is_refused(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises((UsageError, FileError)) as caught:
        generate_key(Path(name))
    assert caught.value.exit_code in (2, 4)
    assert not list(tmp_path.iterdir())
