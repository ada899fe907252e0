"""What a summary rests on: the files that it cites, and their digests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ..dossier import Dossier
from ..finding import WHOLE_FILE, Finding
from ..paths import basename, by_basename, written_in
from ..places import leaves, objects, pointer

_FILE = re.compile(r"(?<![\w/.-])((?:[\w.-]+/)*[\w-][\w.-]*\.(?:json|jsonl|log|tsv|csv|xml|txt|ya?ml))\b")
_A_NAME = re.compile(r"(?:[A-Za-z]:[\\/]|~?/)\S+|[^\s/]+(?:/[^\s/]+)*\.[A-Za-z]\w{0,11}|\S*/\S*")
_CITING = re.compile(
    r"(?:\b(?:see|from|in|per|cf\.?|source|sources|logs?|files?|recorded as|written to|kept as)\W{1,3})\Z",
    re.IGNORECASE,
)
_NO_RECEIPT = re.compile(
    # What a model consists of, what a program is made of, and functions of their modules.
    r"(?:(?:(?:generation_|tokenizer_|preprocessor_)?config|tokenizer|vocab|special_tokens_map"
    r"|added_tokens|package|tsconfig|.*\.index)\.json|merges\.txt|vocab\.txt|requirements[\w-]*\.txt"
    r"|(?:c?math|np|numpy|cp|cupy|torch|jnp|jax|tf|tensorflow|scipy|sympy|statistics|logging|logger|console|self"
    r"|F|mlflow|wandb)(?:\.\w+)*\.log|(?:flask|requests?|response|resp|self|res|req)\.json)",
    re.IGNORECASE,
)
_OWN_DIGEST = ("sha256", "sha256sum", "digest", "checksum")
_DIGEST = re.compile(r"^(?:sha256:)?([0-9a-f]{64})$", re.IGNORECASE)
_LONGEST_NAME = 1024


def sources(dossier: Dossier) -> Iterator[Finding]:
    """A summary that quotes figures of files and names none of them."""
    for receipt in dossier.of("summary"):
        quoted = sum(fact.quantity != "architecture" for fact in receipt.facts)
        if quoted and not cited(receipt.document, dossier):
            what = f"quotes {quoted} figures and names no file that they are from"
            yield Finding("sources-not-named", receipt.file, WHOLE_FILE, quoted, None, what)


def cited(document: Any, dossier: Dossier) -> list[str]:
    """The files that a document names; also those that are not there."""
    names = {basename(file) for file in dossier.files}
    found = []
    for _, value in leaves(document):
        if isinstance(value, str):
            found += [match[1] for match in _FILE.finditer(value)]
            found += [name for name in names if name == value]
    return found


def citations(dossier: Dossier) -> Iterator[Finding]:
    """Files that are cited and absent, and digests that are not those of the cited file."""
    names = {basename(file) for file in dossier.files}
    for receipt in dossier.of("summary"):
        for keys, value in leaves(receipt.document):
            for name in _as_sources(value) if isinstance(value, str) else ():
                if basename(name) not in names:
                    what = f"cites {name}, which is not among these files"
                    yield Finding("cited-file-missing", receipt.file, pointer(*keys), name, None, what)
        for keys, holder in objects(receipt.document):
            yield from _cited_digest(dossier, receipt.file, keys, holder)


def _as_sources(text: str) -> Iterator[str]:
    """The files that a text gives as what it rests on; `math.log` and a model's `config.json` are none."""
    for match in _FILE.finditer(text):
        whole = match.span() == (0, len(text))
        told = whole or _CITING.search(text, max(0, match.start() - 32), match.start())
        if (
            told
            and text[match.end() : match.end() + 1] != "("
            and not _NO_RECEIPT.fullmatch(basename(match[1]))
        ):
            yield match[1]


def _cited_digest(
    dossier: Dossier, file: str, keys: tuple[str | int, ...], holder: dict[str, Any]
) -> Iterator[Finding]:
    """A digest in an object that names one file, and no other file that it could be of."""
    stated = [
        (key, match[1])
        for key, value in holder.items()
        if isinstance(value, str) and (match := _DIGEST.match(value))
    ]
    named = [
        (key, value)
        for key, value in holder.items()
        if isinstance(value, str) and len(value) <= _LONGEST_NAME and _A_NAME.fullmatch(value)
    ]
    if len(stated) != 1 or len(named) != 1:
        return
    (key, digest), (of, name) = stated[0], named[0]
    meant = (
        dossier.meant(file, name) if key in (*_OWN_DIGEST, *(f"{of}_{own}" for own in _OWN_DIGEST)) else None
    )
    if meant is not None and (found := dossier.digest_of(meant)) != digest.lower():
        what = f"states a digest of {_told(name, file, meant)} that is not that of the file"
        yield Finding("digest-differs", file, pointer(*keys, key), digest, found, what)


def _told(name: str, file: str, meant: str) -> str:
    """A name, and the one file of that name where it is not at the path that is written."""
    return name if written_in(file, name) == meant else f"{name} ({meant} is the one file of that name here)"


def listed(dossier: Dossier) -> Iterator[Finding]:
    """A list of digests against the files that are here."""
    for receipt in dossier.of("digests"):
        names = by_basename(written_in(receipt.file, name) for name in receipt.digests)
        for name, digest in receipt.digests.items():
            meant = dossier.meant(receipt.file, name)
            elsewhere = meant != written_in(receipt.file, name)
            if meant is None or (elsewhere and len(names[basename(name)]) > 1):
                continue
            if (found := dossier.digest_of(meant)) != digest:
                what = f"lists a digest of {_told(name, receipt.file, meant)} that is not that of the file"
                yield Finding("digest-differs", receipt.file, WHOLE_FILE, digest, found, what)
