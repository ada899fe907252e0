"""Measures published_release@2: the manifest of a release and each of its files, fetched from their URLs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from ...canonical import sha256_bytes, sha256_file, strict_loads
from ...checkpoint import open_checkpoint
from ...contract.probes.published_release import DESCRIBED
from ...errors import FileError, NotMeasurable
from ...pipeline.fetch import SCHEMES, Fetched, fetch
from ...pipeline.publication import MANIFEST, SCHEMA, described

MOST_MANIFEST = 1 << 24
MOST_FILES = 10_000
_NOTHING = Fetched(0, "", 0, b"", ())


def measure(subject: Path, artifacts: Mapping[str, Path], *, log: Path, roles: list[str]) -> dict[str, Any]:
    """Raw: what the manifest states, what came back of each file, from which addresses, the digests of the
    weights on trial, and of the tokenizer and config that `publish` writes for them, where asked for.

    Raises NotMeasurable (missing_artifact) where the release names no URL, or nobody answers at it.
    """
    url, attached = _attached(artifacts["release"])
    scheme = urlsplit(url).scheme
    found = _fetched(urljoin(url, MANIFEST), MOST_MANIFEST, MOST_MANIFEST)
    manifest, problem = _manifest(found)
    files = [] if manifest is None else [_file(url, entry) for entry in manifest["files"]]
    return {
        "url": url,
        "scheme": scheme,
        "status": found.status,
        "peers": list(found.peers),
        "manifest_problem": problem,
        "manifest_sha256": found.sha256 if found.status == 200 else None,
        "attached_sha256": attached,
        "manifest": None if manifest is None else {k: manifest[k] for k in ("licence", "run", "data")},
        "files": files,
        "subject": _weights(subject),
        "described": _described(subject, roles),
        "roles": roles,
    }


def _attached(path: Path) -> tuple[str, str | None]:
    """The URL of the release, and the digest of the manifest where that is what was attached."""
    try:
        data = path.read_bytes()
        stated = strict_loads(data)
        url = stated["url"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FileError("bad-release", f"is no manifest of a release: {error}", path=path) from error
    if not isinstance(url, str) or not url:
        raise NotMeasurable(
            "missing_artifact",
            "no-url",
            f"{path.name} names no URL: nothing is published",
            fix="publish it with --url, or attach release=URL",
        )
    return url, sha256_bytes(data) if stated.get("schema") == SCHEMA else None


def _fetched(url: str, keep: int, most: int) -> Fetched:
    """A file of another scheme is nowhere that others could fetch it from, and is not looked for; nor is one
    whose URL is none."""
    try:
        parts = urlsplit(url)
        sound = parts.scheme in SCHEMES and bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
    return fetch(url, keep=keep, most=most) if sound else _NOTHING


def _manifest(found: Fetched) -> tuple[dict[str, Any] | None, str]:
    """The manifest reduced to what is measured, or None and why it is none."""
    if found.status != 200:
        return None, f"the address answered {found.status}" if found.status else "it is no address on the web"
    try:
        stated = strict_loads(found.body)
        if stated["schema"] != SCHEMA:
            raise ValueError(f"its schema is {stated['schema']!r}")
        files = [
            {
                "name": str(entry["name"]),
                "role": str(entry["role"]),
                "url": str(entry["url"]),
                "sha256": str(entry["sha256"]),
                "size": _size(entry["size"]),
            }
            for entry in stated["files"]
        ]
        data = [{key: _text(entry.get(key)) for key in ("source", "licence")} for entry in stated["data"]]
        if len(files) > MOST_FILES:
            raise ValueError(f"it names {len(files)} files")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        return None, f"what came is no manifest of a release: {error}"
    licence, run = _text(stated.get("licence")), _text(stated.get("run"))
    return {"licence": licence, "run": run, "data": data, "files": files}, ""


def _file(url: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    found = _fetched(_joined(url, entry["url"]), 0, entry["size"])
    return {
        "name": entry["name"],
        "role": entry["role"],
        "stated_sha256": entry["sha256"],
        "stated_size": entry["size"],
        "status": found.status,
        "sha256": found.sha256,
        "size": found.size,
        "peers": list(found.peers),
    }


def _joined(base: str, url: str) -> str:
    try:
        return urljoin(base, url)
    except ValueError:
        return ""


def _weights(subject: Path) -> dict[str, str]:
    with open_checkpoint(subject) as checkpoint:
        return {path.name: sha256_file(path) for path in checkpoint.weights}


def _described(subject: Path, roles: list[str]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {role: {} for role in DESCRIBED}
    if not set(found).isdisjoint(roles):
        with open_checkpoint(subject) as checkpoint:
            spec = checkpoint.tokenizer()
            files = ({}, {}) if spec is None else described(checkpoint, spec)
        for role, texts in zip(DESCRIBED, files, strict=True):
            found[role] = {name: sha256_bytes(data) for name, data in texts.items()} if role in roles else {}
    return found


def _size(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError(f"it names a file of {value!r} bytes")
    return value


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
