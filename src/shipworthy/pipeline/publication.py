"""A release as it is published: weights, tokenizer, config, model card, and a manifest of them all.

The manifest, `shipworthy-manifest.json`, states per file its role, URL, SHA-256 and size, the licence, source
and licence of the data, the run, and the digest of the checkpoint that was on trial. It is written last.
"""

from __future__ import annotations

import http.client
import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from ..atomic import replacing, replacing_directory, write_bytes
from ..canonical import sha256_file
from ..checkpoint import Checkpoint, TensorSource, open_checkpoint
from ..checkpoint.hf_writer import stated_config
from ..checkpoint.registered import found_in
from ..checkpoint.tokenizer import TokenizerSpec
from ..checkpoint.tokenizer_hf import json_from_spec
from ..contract import Registration, Release
from ..contract.registered import differences_from
from ..errors import FileError, ShipworthyError, UsageError, visible
from .fetch import SCHEMES, fetch

SCHEMA = "shipworthy/publication/1"
MANIFEST = "shipworthy-manifest.json"
CARD = "README.md"
CONFIG = "config.json"
_INDEX = "model.safetensors.index.json"
_PIECE = 1 << 20


class NotPublished(ShipworthyError):
    """What was sent to a URL did not come back from it as it was sent."""

    exit_code = 1


@dataclass(frozen=True)
class Published:
    """Where a publication lies now, and its manifest."""

    place: str
    manifest: Mapping[str, Any]


def publish(
    subject: Path,
    to: str,
    *,
    release: Release,
    registration: Registration,
    url: str | None = None,
    data: Mapping[str, str] | None = None,
) -> Published:
    """Publish a checkpoint to a new directory, or with PUT to a URL that takes files.

    `url` is where a directory will be served; without it the manifest names no address, and nothing is
    published yet. `data` maps sources of data to their licences, for a checkpoint that states none. The
    card of what is not the registered model says so, and has not its title.
    Raises UsageError `bad-output`, `bad-url`, `bad-data`, `name-taken`, `provenance-unknown`, FileError,
    NotPublished.
    """
    remote = "://" in to
    if remote and url is not None:
        raise UsageError("bad-url", "is where it goes already", where=f"--url {url}", fix="leave it out")
    address = _address(to, SCHEMES) if remote else _address(url, (*SCHEMES, "file"))
    if not remote:
        _write(subject, Path(to), release, registration, address, data or {})
        return Published(to, json.loads((Path(to) / MANIFEST).read_bytes()))
    with tempfile.TemporaryDirectory(prefix="shipworthy-") as name:
        folder = Path(name) / "publication"
        manifest = _write(subject, folder, release, registration, address, data or {})
        for entry in manifest["files"]:
            _put(entry["url"], folder / entry["name"])
        _put(urljoin(address, MANIFEST), folder / MANIFEST)
        _compare(address, folder, manifest)
    return Published(address, manifest)


def _address(url: str | None, schemes: Sequence[str]) -> str:
    if url is None:
        return ""
    if not _is_directory(url, schemes):
        fix = "for example https://example.org/models/mine/"
        raise UsageError("bad-url", f"{url!r} is no address of a directory", fix=fix)
    return url if url.endswith("/") else f"{url}/"


def _is_directory(url: str, schemes: Sequence[str]) -> bool:
    """Whether a URL is of a scheme, names a host that can be asked, and holds no secret and no question."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        host.encode("idna")
    except ValueError:
        # No URL, a port that is none, or a host that no name server takes (UnicodeError).
        return False
    # The manifest is public: what stands before an @ is a name or a secret, whichever of the two is empty.
    plain = "@" not in parts.netloc and not parts.query and not parts.fragment
    written = parts.path.isascii() and url.isprintable() and " " not in url
    answers = parts.scheme == "file" or (bool(host) and port != 0)
    return parts.scheme in schemes and plain and written and answers


def _write(
    subject: Path,
    folder: Path,
    release: Release,
    registration: Registration,
    address: str,
    data: Mapping[str, str],
) -> dict[str, Any]:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError("bad-output", f"{folder.name} is there already", fix="name a new directory")
    with open_checkpoint(subject) as checkpoint, replacing_directory(folder) as beside:
        checkpoint.verify()
        provenance = _provenance(checkpoint, data)
        roles = _files(subject, checkpoint, beside)
        written = {"subject": {"name": subject.name, "sha256": checkpoint.digest()}, **provenance}
        problems = differences_from(registration, found_in(checkpoint))
        card = _card(release, registration, written, sorted(roles), problems)
        write_bytes(beside / CARD, card.encode())
        manifest = {
            "schema": SCHEMA,
            "release": release.id,
            "registration": registration.id,
            "url": address or None,
            **written,
            "files": [
                {
                    "name": name,
                    "role": role,
                    "url": urljoin(address, quote(name)) if address else None,
                    "sha256": sha256_file(beside / name),
                    "size": (beside / name).stat().st_size,
                }
                for name, role in [*sorted(roles.items()), (CARD, "card")]
            ],
        }
        text = json.dumps(manifest, indent=2, ensure_ascii=False, allow_nan=False)
        write_bytes(beside / MANIFEST, text.encode() + b"\n")
    return manifest


def _provenance(checkpoint: Checkpoint, data: Mapping[str, str]) -> dict[str, Any]:
    """Licence, origin, data and run as the checkpoint states them; what it leaves open is asked for."""
    stated = checkpoint.metadata
    source, licence = stated.get("data_source"), stated.get("data_license")
    sources = dict(data)
    if (
        isinstance(source, str)
        and isinstance(licence, str)
        and sources.setdefault(source, licence) != licence
    ):
        raise UsageError(
            "bad-data",
            f"the checkpoint states {licence!r} for {source!r}",
            where=f"--data {source}={sources[source]}",
            fix="leave it out; `shipworthy stamp` mends what a checkpoint states wrongly",
        )
    if not stated.get("license") or not sources:
        missing = "licence" if not stated.get("license") else "data that it was trained on, nor their licence"
        raise UsageError(
            "provenance-unknown",
            f"the checkpoint does not state the {missing}",
            fix="`shipworthy stamp --set license=...`; --data SOURCE=LICENCE",
        )
    for value in (stated["license"], stated.get("source") or "", *sources, *sources.values()):
        # The card has a statement a line: one with a line break would write another.
        if not str(value).isprintable():
            raise UsageError("bad-data", f"{value!r} is not one line of text", fix="state it in one line")
    run = stated.get("shipworthy.run_id")
    return {
        "licence": str(stated["license"]),
        "source": stated.get("source") if isinstance(stated.get("source"), str) else None,
        "data": [{"source": name, "licence": value} for name, value in sorted(sources.items())],
        "run": run if isinstance(run, str) else None,
    }


def _files(subject: Path, checkpoint: Checkpoint, folder: Path) -> dict[str, str]:
    """Write weights, tokenizer and config; the role of each by its name.

    Raises UsageError `name-taken` before anything is written under a name that another file has.
    """
    spec = checkpoint.tokenizer()
    if spec is None:
        raise FileError("tokenizer-missing", "holds no tokenizer to publish", path=subject)
    tokenizer, config = described(checkpoint, spec)
    # Of a directory the shards that were opened and their index: what else lies there was never on trial.
    weights = [*checkpoint.weights, *(path for path in (subject / _INDEX,) if path.is_file())]
    taken = {name.casefold() for name in (CARD, MANIFEST, CONFIG, *tokenizer)}
    for path in weights:
        if path.name.casefold() in taken:
            raise UsageError(
                "name-taken",
                f"{path.name} is the name of another file of a publication",
                where="--subject",
                fix="rename the checkpoint",
            )
        _copy(path, folder / path.name)
    for name, data in (*tokenizer.items(), *config.items()):
        write_bytes(folder / name, data)
    return {
        **dict.fromkeys((path.name for path in weights), "weights"),
        **dict.fromkeys(tokenizer, "tokenizer"),
        **dict.fromkeys(config, "config"),
    }


def described(checkpoint: Checkpoint, spec: TokenizerSpec) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """The files of a checkpoint's tokenizer and of its config by name, as they are published."""
    tensors = {
        name: TensorSource(entry.dtype, entry.shape, partial(checkpoint.read, name))
        for name, entry in checkpoint.tensors.items()
    }
    config = stated_config(checkpoint.config(), checkpoint.metadata, tensors, spec)
    tokenizer = {name: text.encode() for name, text in json_from_spec(spec).items()}
    return tokenizer, {CONFIG: json.dumps(config, indent=2, ensure_ascii=False).encode() + b"\n"}


def _copy(source: Path, target: Path) -> None:
    with source.open("rb") as stream, replacing(target) as out:
        shutil.copyfileobj(stream, out, _PIECE)


def _card(
    release: Release,
    registration: Registration,
    stated: Mapping[str, Any],
    names: Sequence[str],
    problems: Sequence[str],
) -> str:
    """A model card; its head is YAML, whose strings are written as JSON, which YAML reads.

    `problems` are the ways in which the checkpoint is not the registered model. Where there are any, the card
    has the checkpoint's name for a title, and says of which model it is not.
    """
    name = visible(stated["subject"]["name"])
    if problems:
        more = f", and {len(problems) - 1} more" if len(problems) > 1 else ""
        title = name
        differs = f"{visible(problems[0])}{more}"
        what = f"This is not {registration.id}, the registered model of {release.id}: {differs}."
    else:
        title, what = release.title, f"{registration.title}."
    files = ", ".join(f"`{visible(name)}`" for name in names)
    base = [f"base_model: {json.dumps(stated['source'], ensure_ascii=False)}"] if stated["source"] else []
    return "\n".join(
        [
            "---",
            f"license: {json.dumps(stated['licence'], ensure_ascii=False)}",
            *base,
            "---",
            "",
            f"# {title}",
            "",
            f"{what} What was on trial: `{name}`, SHA-256 `{stated['subject']['sha256']}`.",
            "",
            f"- Licence: {stated['licence']}",
            *([f"- Made from: {stated['source']}"] if stated["source"] else []),
            *(f"- Data: {entry['source']}, under {entry['licence']}" for entry in stated["data"]),
            *([f"- Run: `{visible(stated['run'])}`"] if stated["run"] else []),
            "",
            f"Files: {files}. `{MANIFEST}` has the SHA-256 of each.",
            "",
        ]
    )


def _put(url: str, path: Path) -> None:
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=60)
    headers = {"User-Agent": "shipworthy", "Content-Length": str(path.stat().st_size)}
    try:
        with path.open("rb") as stream:
            connection.request("PUT", parts.path, body=stream, headers=headers)
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        raise NotPublished("not-reached", f"nobody took it: {error}", where=url) from error
    finally:
        connection.close()
    if not 200 <= status < 300:
        raise NotPublished("not-taken", f"the server answered PUT with {status}", where=url)


def _compare(address: str, folder: Path, manifest: Mapping[str, Any]) -> None:
    """Fetch everything back: a server that answers 201 may have kept something else."""
    names = [*(entry["name"] for entry in manifest["files"]), MANIFEST]
    for name in names:
        path, url = folder / name, urljoin(address, quote(name))
        found = fetch(url, most=path.stat().st_size)
        if found.status != 200 or found.sha256 != sha256_file(path):
            message = f"what came back (status {found.status}) is not what was sent"
            raise NotPublished("another-came-back", message, where=url)
