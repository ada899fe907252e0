"""published_release@1, which is measured no more; what was measured with it is derived again.

It holds what was fetched against the manifest, and the weights alone against the subject.
`published_release@2` derives all of its quantities, and more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

from ..probe import Probe, Quantity

ROLES = ("weights", "tokenizer", "config", "card")
_NAT64 = bytes.fromhex("0064ff9b") + bytes(8)
_ADDRESSES = ("public", "private", "loopback", "file", "none")


def summarize(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Hold what was fetched against what the manifest states; a file counts only where both agree."""
    files = raw["files"]
    manifest = raw["manifest"] or {"licence": None, "data": [], "run": None}
    missing = [file["name"] for file in files if file["status"] != 200]
    differ = [file["name"] for file in files if file["status"] == 200 and not _as_stated(file)]
    good = [file for file in files if came(file)]
    weights = {file["sha256"] for file in good if file["role"] == "weights"}
    data = manifest["data"]
    return {
        "address": _address(raw["scheme"], [*raw["peers"], *(p for file in files for p in file["peers"])]),
        "manifest_same": raw["attached_sha256"] in (None, raw["manifest_sha256"]),
        "files": len(files),
        "files_missing": missing,
        "digests_differ": differ,
        "roles": len(raw["roles"]),
        "roles_missing": [role for role in raw["roles"] if role not in _played(good)],
        "subject_files": len(raw["subject"]),
        "subject_not_published": [name for name, sha256 in raw["subject"].items() if sha256 not in weights],
        "data_provenance": bool(data) and all(_text(d["source"]) and _text(d["licence"]) for d in data),
        "licence": _text(manifest["licence"]).lower(),
        "run_stated": bool(_text(manifest["run"])),
    }


def _played(files: Sequence[Mapping[str, Any]]) -> set[str]:
    """The kinds of which a file is there that is of no other kind: weights called a tokenizer are none."""
    roles: dict[str, set[str]] = {}
    for file in files:
        roles.setdefault(file["sha256"], set()).add(file["role"])
    one_role = {role for played in roles.values() if len(played) == 1 for role in played}
    # Which of its names is false is not to be told from the bytes; the weights are held against the subject.
    return one_role | {"weights" for played in roles.values() if "weights" in played}


def came(file: Mapping[str, Any]) -> bool:
    """Whether a file was fetched and is the one that the manifest states."""
    return file["status"] == 200 and _as_stated(file)


def _as_stated(file: Mapping[str, Any]) -> bool:
    return bool(file["sha256"] == file["stated_sha256"] and file["size"] == file["stated_size"])


def _text(value: str | None) -> str:
    return (value or "").strip()


def _address(scheme: str, peers: Sequence[str]) -> str:
    """The least public of all addresses that answered."""
    if scheme not in ("http", "https"):
        return "file"
    if not peers:
        return "none"
    kinds = {_kind(peer) for peer in peers}
    return next(kind for kind in ("loopback", "private", "public") if kind in kinds)


def _kind(peer: str) -> str:
    try:
        address = ip_address(peer)
    except ValueError:
        return "private"
    if isinstance(address, IPv6Address):
        address = _within(address) or address
    if address.is_loopback or address.is_unspecified:
        return "loopback"
    return "public" if address.is_global and not address.is_multicast else "private"


def _within(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 one stands for: mapped or compatible (RFC 4291), 6to4 (RFC 3056), NAT64
    (RFC 6052)."""
    packed = address.packed
    if packed.startswith((_NAT64, bytes(12))) and int(address) > 1:
        return IPv4Address(packed[12:])
    return address.ipv4_mapped or address.sixtofour


_TEXT = {"type": ["string", "null"]}
_PEERS = {"type": "array", "items": {"type": "string"}}
_FILE = {
    "name": {"type": "string"},
    "role": {"type": "string"},
    "stated_sha256": {"type": "string"},
    "stated_size": {"type": "integer"},
    "status": {"type": "integer"},
    "sha256": {"type": "string"},
    "size": {"type": "integer", "minimum": 0},
    "peers": _PEERS,
}
_MANIFEST = {
    "licence": _TEXT,
    "run": _TEXT,
    "data": {
        "type": "array",
        "items": {
            "type": "object",
            "required": ["source", "licence"],
            "additionalProperties": False,
            "properties": {"source": _TEXT, "licence": _TEXT},
        },
    },
}
RAW = {
    "url": {"type": "string"},
    "scheme": {"type": "string"},
    "status": {"type": "integer"},
    "peers": _PEERS,
    "manifest_problem": {"type": "string"},
    "manifest_sha256": _TEXT,
    "attached_sha256": _TEXT,
    "manifest": {
        "type": ["object", "null"],
        "required": list(_MANIFEST),
        "additionalProperties": False,
        "properties": _MANIFEST,
    },
    "files": {
        "type": "array",
        "items": {
            "type": "object",
            "required": list(_FILE),
            "additionalProperties": False,
            "properties": _FILE,
        },
    },
    "subject": {"type": "object", "additionalProperties": {"type": "string"}},
    "roles": {"type": "array", "items": {"type": "string"}},
}

PARAMETERS: Mapping[str, Mapping[str, Any]] = {
    "roles": {"type": "array", "items": {"enum": list(ROLES)}, "minItems": 1, "uniqueItems": True},
}
QUANTITIES = {
    "address": Quantity("string", "the least public of the addresses that answered", values=_ADDRESSES),
    "manifest_same": Quantity("boolean", "the manifest there is the one attached, where one is"),
    "files": Quantity("integer", "files that the manifest names", minimum=0),
    "files_missing": Quantity("array", "files that did not come", items="string", among="files"),
    "digests_differ": Quantity(
        "array", "files that came with another digest or size than stated", items="string", among="files"
    ),
    "roles": Quantity("integer", "kinds of files that were asked for", minimum=0),
    "roles_missing": Quantity(
        "array", "kinds of which no file of its own came as stated", items="string", among="roles"
    ),
    "subject_files": Quantity("integer", "files of weights that are on trial", minimum=0),
    "subject_not_published": Quantity(
        "array", "those that no published file equals", items="string", among="subject_files"
    ),
    "data_provenance": Quantity("boolean", "there is data, and each names its source and its licence"),
    "licence": Quantity("string", "the licence that the manifest states, in small letters, else empty"),
    "run_stated": Quantity("boolean", "the manifest names the run that made the weights"),
}

PROBE = Probe(
    name="published_release@1",
    description=(
        "Fetches the manifest of a release and every file that it names from where they are published, and "
        "takes the digest of each and the addresses that answered."
    ),
    parameters=PARAMETERS,
    quantities=QUANTITIES,
    raw_schema={
        "type": "object",
        "required": list(RAW),
        "additionalProperties": False,
        "properties": RAW,
    },
    summarize=summarize,
    artifacts=frozenset({"release"}),
    samples=frozenset({"roles"}),
)
