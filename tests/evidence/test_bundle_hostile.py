# ruff: noqa: E501 - a case a line, where it can be
"""Directories that a stranger sends for a bundle: each trick is refused by name, and none is waited for."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shipworthy.canonical import sha256_bytes
from shipworthy.errors import FileError
from shipworthy.evidence import json_bytes, read_bundle
from shipworthy.evidence.files import MOST_BYTES, MOST_JSON

MEASUREMENT = "measurements/FALSIFY-1.json"


def manifest(bundle: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    document = json.loads((bundle / "manifest.json").read_bytes())
    edit(document["files"])
    (bundle / "manifest.json").write_bytes(json_bytes(document))


def listed(name: str, data: bytes = b"x") -> Callable[[Path], object]:
    """The manifest names one more file, with the digest of these bytes."""
    entry = {"sha256": sha256_bytes(data), "size": len(data)}
    return lambda bundle: manifest(bundle, lambda files: files.update({name: entry}))


def replaced_by_link(bundle: Path) -> None:
    (bundle / MEASUREMENT).rename(bundle.parent / "elsewhere.json")
    (bundle / MEASUREMENT).symlink_to(bundle.parent / "elsewhere.json")


def linked_directory(bundle: Path) -> None:
    (bundle / "logs").rename(bundle.parent / "logs")
    (bundle / "logs").symlink_to(bundle.parent / "logs", target_is_directory=True)


def linked_manifest(bundle: Path) -> None:
    (bundle / "manifest.json").rename(bundle.parent / "manifest.json")
    (bundle / "manifest.json").symlink_to(bundle.parent / "manifest.json")


def a_socket(bundle: Path) -> None:
    here = Path.cwd()
    os.chdir(bundle)
    try:
        # Names of sockets are short: bound from inside.
        with socket.socket(socket.AF_UNIX) as end:
            end.bind("s")
    finally:
        os.chdir(here)


def pipe_in_place_of(name: str) -> Callable[[Path], object]:
    def make(bundle: Path) -> None:
        (bundle / name).unlink()
        os.mkfifo(bundle / name)

    return make


def sparse(bundle: Path) -> None:
    """A file of a claimed size that no disk holds."""
    size = MOST_BYTES + 1
    with (bundle / MEASUREMENT).open("wb") as stream:
        stream.truncate(size)
    manifest(bundle, lambda files: files[MEASUREMENT].update(size=size))


def many_sparse(bundle: Path) -> None:
    for number in range(5):
        with (bundle / f"logs/{number}.log").open("wb") as stream:
            stream.truncate(MOST_BYTES // 4)
        listed(f"logs/{number}.log")(bundle)
        manifest(bundle, lambda files, n=number: files[f"logs/{n}.log"].update(size=MOST_BYTES // 4))


def huge_json(bundle: Path) -> None:
    with (bundle / "manifest.json").open("wb") as stream:
        stream.truncate(MOST_JSON + 1)


def deep(bundle: Path) -> None:
    folder = bundle.joinpath(*["d"] * 20)
    folder.mkdir(parents=True)
    (folder / "x").write_bytes(b"x")


HOSTILE: dict[str, tuple[str, Callable[[Path], object]]] = {
    "a path that climbs out": ("bad-name", listed("../secret")),
    "a path that climbs out further in": ("bad-name", listed("logs/../../secret")),
    "a path from the root": ("bad-name", listed("/etc/hostname")),
    "an empty path": ("bad-name", listed("")),
    "a path with a dot in it": ("bad-name", listed("logs/./a")),
    "a path with two slashes": ("bad-name", listed("logs//a")),
    "a path with a slash at its end": ("bad-name", listed("logs/")),
    "a path with a backslash": ("bad-name", listed("logs\\a")),
    "a path with NUL": ("bad-name", listed("logs/a\0b")),
    "a path with a newline": ("bad-name", listed("logs/a\nb")),
    "a path with a hidden character": ("bad-name", listed("logs/a\u200bb")),
    "a path that reads from right to left": ("bad-name", listed("logs/\u202egol")),
    "a path in another normal form": ("bad-name", listed("logs/e\u0301")),
    "the manifest in the manifest": ("bad-name", listed("manifest.json")),
    "a name in capitals beside itself": ("name-collision", listed(MEASUREMENT.replace("FAL", "fal"))),
    "a name that a compatibility form makes another's": ("name-collision", listed("measurements/FALSIFY-\uff11.json")),
    "a link to the file": ("link", replaced_by_link),
    "a link to its directory": ("link", linked_directory),
    "a link for the manifest": ("no-manifest", linked_manifest),
    "a pipe for a measurement": ("not-a-file", pipe_in_place_of(MEASUREMENT)),
    "a pipe for the statement": ("not-a-file", pipe_in_place_of("statement.json")),
    "a pipe for the manifest": ("not-a-file", pipe_in_place_of("manifest.json")),
    "a socket": ("not-a-file", a_socket),
    "a file larger than any": ("too-large", sparse),
    "files that are together larger than any": ("too-large", many_sparse),
    "a manifest of many bytes": ("too-large", huge_json),
    "directories too deep": ("too-deep", deep),
    "a size that is text": ("bad-json", lambda b: manifest(b, lambda f: f[MEASUREMENT].update(size="3"))),
    "a size that is true": ("bad-json", lambda b: manifest(b, lambda f: f[MEASUREMENT].update(size=True))),
    "a size below nothing": ("bad-json", lambda b: manifest(b, lambda f: f[MEASUREMENT].update(size=-1))),
    "a size with a point": ("bad-json", lambda b: manifest(b, lambda f: f[MEASUREMENT].update(size=3.0))),
    "a size that is one too few": ("digest-differs", lambda b: manifest(b, lambda f: f[MEASUREMENT].update(size=2))),
    "a digest in capitals": (
        "digest-differs",
        lambda b: manifest(b, lambda f: f[MEASUREMENT].update(sha256=f[MEASUREMENT]["sha256"].upper())),
    ),
    "a digest with a space": (
        "digest-differs",
        lambda b: manifest(b, lambda f: f[MEASUREMENT].update(sha256=f[MEASUREMENT]["sha256"] + " ")),
    ),
    "a digest that is null": ("bad-json", lambda b: manifest(b, lambda f: f[MEASUREMENT].update(sha256=None))),
    "a manifest with a byte order mark": (
        "bad-json",
        lambda b: (b / "manifest.json").write_bytes(b"\xef\xbb\xbf" + (b / "manifest.json").read_bytes()),
    ),
    "a manifest in UTF-16": (
        "bad-json",
        lambda b: (b / "manifest.json").write_bytes((b / "manifest.json").read_text().encode("utf-16")),
    ),
    "a manifest with Infinity": ("bad-json", lambda b: (b / "manifest.json").write_bytes(b'{"files": Infinity}')),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_directory_is_refused_by_name(bundle: Path, name: str) -> None:
    code, make = HOSTILE[name]
    make(bundle)
    with pytest.raises(FileError) as caught:
        read_bundle(bundle)
    assert caught.value.code == code, caught.value


def test_a_file_name_that_is_no_text_is_refused(bundle: Path) -> None:
    Path(os.fsdecode(os.fsencode(bundle) + b"/logs/\xff.log")).write_bytes(b"x")
    with pytest.raises(FileError, match="file-added"):
        read_bundle(bundle)


def test_what_is_hashed_is_what_is_parsed(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is exchanged after it was hashed is not read a second time."""
    from shipworthy.evidence import files

    hashed, statement = files.sha256_bytes, (bundle / "statement.json").read_bytes()

    def exchange(data: bytes) -> str:
        if data == statement:
            (bundle / "statement.json").write_bytes(b"{}")
        return hashed(data)

    monkeypatch.setattr(files, "sha256_bytes", exchange)
    assert read_bundle(bundle).statement == json.loads(statement)
    assert (bundle / "statement.json").read_bytes() == b"{}"
