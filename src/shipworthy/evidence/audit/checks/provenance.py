"""What a receipt is of, and what it rests on: digests, and the files that a summary cites."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from ....canonical import sha256_bytes
from ..adapters.claims import criterion_ids
from ..dossier import Dossier, basename
from ..figures import shown
from ..finding import WHOLE_FILE, Finding
from ..places import leaves, objects, pointer
from ..receipt import Fact

_FILE = re.compile(r"(?<![\w/.-])((?:[\w.-]+/)*[\w-][\w.-]*\.(?:json|jsonl|log|tsv|csv|xml|txt|ya?ml))\b")
_A_TENTH = Decimal("1.1")
_DIGEST = re.compile(r"^(?:sha256:)?([0-9a-f]{64})$", re.IGNORECASE)


def subjects(dossier: Dossier) -> Iterator[Finding]:
    """What is named by its path alone: at that path anything may lie by now."""
    for receipt in dossier.foreign:
        for subject in receipt.subjects:
            if not dossier.named_by_digest(subject):
                what = (
                    f"names {subject.name or 'what it is of'} without a digest: what lay there is not known"
                )
                yield Finding("no-digest", receipt.file, subject.place, subject.name, None, what)


def bare_receipts(dossier: Dossier) -> Iterator[Finding]:
    """A tool's receipt that names nothing it is of, or an artifact called "default"."""
    for receipt in dossier.of("apr-bench", "apr-qa", "apr-inspect", "llama-bench", "lm-eval"):
        if not receipt.subjects:
            holder = receipt.document if isinstance(receipt.document, dict) else {}
            claimed = holder.get("model")
            what = f"names no checkpoint that it is of{f', only {claimed!r}' if claimed else ''}"
            yield Finding(
                "no-subject", receipt.file, "/model" if claimed else WHOLE_FILE, claimed, None, what
            )


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
            for match in _FILE.finditer(value) if isinstance(value, str) else ():
                if basename(match[1]) not in names:
                    what = f"cites {match[1]}, which is not among these files"
                    yield Finding("cited-file-missing", receipt.file, pointer(*keys), match[1], None, what)
        for keys, holder in objects(receipt.document):
            yield from _cited_digest(dossier, receipt.file, keys, holder)


def _cited_digest(
    dossier: Dossier, file: str, keys: tuple[str | int, ...], holder: dict[str, Any]
) -> Iterator[Finding]:
    stated = [
        (key, match[1])
        for key, value in holder.items()
        if isinstance(value, str) and (match := _DIGEST.match(value))
    ]
    cited_names = [
        value for value in holder.values() if isinstance(value, str) and basename(value) in dossier.contents
    ]
    if len(stated) == 1 and len(cited_names) == 1:
        key, digest = stated[0]
        found = sha256_bytes(dossier.contents[basename(cited_names[0])])
        if found != digest.lower():
            what = f"states a digest of {cited_names[0]} that is not that of the file"
            yield Finding("digest-differs", file, pointer(*keys, key), digest, found, what)


def listed(dossier: Dossier) -> Iterator[Finding]:
    """A list of digests against the files that are here."""
    for receipt in dossier.of("digests"):
        for name, digest in receipt.digests.items():
            data = dossier.contents.get(basename(name))
            if data is not None and sha256_bytes(data) != digest:
                what = f"lists a digest of {name} that is not that of the file"
                yield Finding("digest-differs", receipt.file, WHOLE_FILE, digest, sha256_bytes(data), what)


def same_checkpoint(dossier: Dossier) -> Iterator[Finding]:
    """Receipts of one checkpoint that disagree by more than a tenth on one figure."""
    facts = [
        (subject.digest or subject.name, fact)
        for receipt in dossier.foreign
        if receipt.raw
        for subject in receipt.subjects[:1]
        for fact in receipt.all("tokens_per_second")
    ]
    first: dict[str, Fact] = {}
    for name, fact in facts:
        other = first.setdefault(name, fact)
        low, high = sorted((Decimal(fact.value), Decimal(other.value)))
        if name and fact.file != other.file and high > low * _A_TENTH:
            what = (
                f"{shown(fact.value)} tok/s, and {shown(other.value)} in {other.file} at {other.place}, "
                f"of the same checkpoint {basename(name)}"
            )
            yield Finding("figures-disagree", fact.file, fact.place, fact.value, other.value, what)


def unknown_criteria(dossier: Dossier) -> Iterator[Finding]:
    """Names of criteria that no contract bears."""
    known = dossier.catalogue.contracts
    for receipt in dossier.foreign:
        for claim in receipt.claims:
            if claim.criterion not in known:
                what = f"claims {claim.named}, which is no criterion"
                yield Finding("unknown-criterion", receipt.file, claim.place, claim.named, None, what)
            elif _another_name(claim.named, claim.criterion):
                what = f"claims {claim.named}; the criterion is {claim.criterion} and has one bound"
                yield Finding(
                    "unknown-criterion", receipt.file, claim.place, claim.named, claim.criterion, what
                )
    for receipt in dossier.of("summary"):
        told = {claim.criterion for claim in receipt.claims}
        for name in sorted(criterion_ids(receipt.document) - told - known.keys()):
            what = f"names {name}, which is no criterion"
            yield Finding("unknown-criterion", receipt.file, WHOLE_FILE, name, None, what)


def _another_name(named: str, criterion: str) -> bool:
    """`AC-SHIP2-003_strict` is another name; `ac_ship2_003_strict_discharge` is a key about the criterion."""
    return named.startswith(criterion) and named != criterion
