"""`shipworthy signoff`: read policy, ledger and every bundle, decide, and write what was decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...atomic import write_bytes
from ...canonical import sha256_bytes, strict_loads
from ...contract import Catalogue, Release, registration_digest
from ...errors import FileError, UsageError
from ...evidence.dsse import seal
from ...evidence.ledger import Ledger, Witness, not_held, read_ledger, read_witnesses
from ...evidence.verify import DirectoryVerification, Verification, verify_directory
from .cited import hashes_with_cited, installed_hashes
from .decide import HOST_FACTS, Attempt, Decision, decide
from .installed import as_installed
from .order import Recorded, earlier
from .page import page
from .policy import Policy, read_policy
from .record import SIGNED, UNSIGNED, About, earlier_heads, statement_of, unsigned

if TYPE_CHECKING:
    from securesystemslib.signer import CryptoSigner, SSlibKey

_WARNINGS = frozenset({"interrupted"})
"""What the ledger says that is told and stops nothing: a dispatch that never came to a bundle. One that did,
and was stopped before its bundle had a name, is in the way."""


@dataclass(frozen=True)
class Asked:
    """What a sign-off is asked for. `subject` is a SHA-256, or empty where only one was dispatched; `bundles`
    is the key that every bundle must be signed by, `signer` signs the sign-off."""

    evidence: Path
    out: Path
    now: datetime
    subject: str = ""
    policy: Path | None = None
    bundles: SSlibKey | None = None
    signer: CryptoSigner | None = None
    witnesses: Sequence[Path] = field(default=())


@dataclass(frozen=True)
class SignedOff:
    """What was decided, and the two files that say so; `unfinished` is what lies there and is no bundle."""

    decision: Decision
    summary: Path
    page: Path
    unfinished: tuple[str, ...] = ()


def sign_off(catalogue: Catalogue, release: Release, asked: Asked) -> SignedOff:
    """Decide and write. Raises UsageError, ContractError and FileError before anything is written."""
    policy = Policy() if asked.policy is None else read_policy(asked.policy, release, asked.now.date())
    ledger = read_ledger(asked.evidence)
    witnessed = [head for place in asked.witnesses for head in _heads(place)]
    earlier_ones = earlier_heads(asked.out, asked.signer.public_key if asked.signer else None)
    found = verify_directory(asked.evidence, asked.bundles)
    subject = _subject(found.bundles, ledger, release, asked.subject)
    mine = [v for v in found.bundles if v.subject_sha256 == subject["sha256"]]
    place = {entry.bundle: number for number, entry in enumerate(ledger.entries)}
    mine.sort(key=lambda v: place.get(v.bundle.path.name, len(place)))
    hashes = installed_hashes(release.weights, catalogue)
    attempts = [_attempt(v, catalogue, release, hashes) for v in mine]
    recorded = [
        Recorded(attempt.bundle, attempt.started, v.bundle.identity)
        for attempt, v in zip(attempts, mine, strict=True)
    ]
    decision = decide(
        attempts,
        earlier=earlier(recorded, ledger),
        weights=release.weights,
        hashes=hashes,
        policy=policy,
        now=asked.now,
        obstacles=_obstacles(found, ledger, [*earlier_ones, *witnessed], attempts, subject["sha256"]),
    )
    digest = sha256_bytes(release.document.data)
    in_the_way = {finding.where for finding in found.findings if finding.code not in _WARNINGS}
    unfinished = tuple(name for name in found.unfinished if name not in in_the_way)
    about = About(release.id, digest, subject, asked.now, asked.evidence, tuple(witnessed), unfinished)
    return _written(about, release, decision, policy, ledger, asked)


def _heads(place: Path) -> list[Witness]:
    """The heads that a witness has. One that has none, or saw an empty ledger, says nothing of this one."""
    heads = read_witnesses(place)
    if not any(head.number for head in heads):
        raise FileError(
            "no-witness",
            "has no head of a ledger",
            path=place,
            fix="name a file of `shipworthy ledger head`, or what `shipworthy ledger witness` commits to",
        )
    # What is kept names no directory of this machine.
    return heads if place.is_dir() else [replace(head, place=place.name) for head in heads]


def _written(
    about: About, release: Release, decision: Decision, policy: Policy, ledger: Ledger, asked: Asked
) -> SignedOff:
    statement = statement_of(about, decision, policy, ledger)
    name = f"{about.now:%Y%m%dT%H%M%SZ}-{about.subject['sha256'][:12]}"
    if asked.signer is None:
        data, suffix, signature = unsigned(statement), UNSIGNED, "unsigned"
    else:
        data, suffix = seal(statement, asked.signer), SIGNED
        signature = f"signed by {asked.signer.public_key.keyid[:12]}"
    summary, text = asked.out / f"{name}{suffix}", asked.out / f"{name}.md"
    if summary.exists():
        raise UsageError("signoff-exists", "is there already", where=summary.name, fix="wait a second")
    write_bytes(summary, data)
    write_bytes(text, page(about, release.title, decision, ledger, signature).encode())
    return SignedOff(decision, summary, text, about.unfinished)


def _is_for(verification: Verification, release: Release) -> bool:
    stated = verification.bundle.predicate.get("release")
    return bool(stated["id"] == release.id) if isinstance(stated, Mapping) else stated in (None, release.id)


def _subject(bundles: Sequence[Verification], ledger: Ledger, release: Release, asked: str) -> dict[str, str]:
    """The subject that is asked for, or the only one of the release; also one whose bundles are all gone."""
    tried = {e.subject_sha256: "" for e in ledger.entries if e.release == release.id}
    tried |= {
        v.subject_sha256: str(v.bundle.predicate["subject"]["name"]) for v in bundles if _is_for(v, release)
    }
    chosen = [digest for digest in tried if digest == asked or not asked]
    if len(chosen) != 1:
        known = ", ".join(f"{name or 'gone'} ({digest[:12]})" for digest, name in sorted(tried.items()))
        raise UsageError(
            "subject-not-clear",
            f"the subjects that were dispatched for {release.id} are: {known or 'none'}",
            where="--subject",
            fix="name one of them by its file or its SHA-256",
        )
    return {"name": tried[chosen[0]] or "gone", "sha256": chosen[0]}


def _attempt(
    verification: Verification, catalogue: Catalogue, release: Release, hashes: Mapping[str, str]
) -> Attempt:
    predicate, contents = verification.bundle.predicate, verification.contents
    own = _is_for(verification, release)
    installed = registration_digest(catalogue.registrations[release.registration])
    refused = verification.bundle.refused
    registered = not refused and predicate["registration"]["sha256"] == installed
    problems = [str(finding) for finding in verification.findings]
    if refused:
        problems.append(f"refused before any gate ran: {refused}")
    elif own and not registered:
        problems.append("its registration is not the installed one")
    host = _host(verification)
    started = _utc(predicate["started"])
    if started is None or (not refused and not host):
        problems.append("does not say when it began, or on what")
    stated = predicate.get("release")
    about = hashes_with_cited({c.id: c.criterion for c in verification.criteria}, hashes, catalogue)
    return Attempt(
        bundle=verification.bundle.path.name,
        started=started or datetime.min.replace(tzinfo=UTC),
        host=host,
        signed_by=verification.signature_words,
        verdicts={c.id: (about[c.id], as_installed(c, contents, catalogue)) for c in verification.criteria},
        problems=tuple(problems),
        allowed_blocked=tuple(
            f"{entry['criterion']} blocked by {entry['reason']}"
            for entry in predicate.get("allowed_blocked", ())
        ),
        refused=bool(refused),
        release=str(stated["id"] if isinstance(stated, Mapping) else stated or "none"),
        own=own,
        registered=registered,
    )


def _host(verification: Verification) -> dict[str, Any]:
    """What the bundle says of the machine, or nothing where it says nothing that can be read."""
    contents = verification.contents
    if contents is None or "environment.json" not in contents.files:
        return {}
    try:
        environment = strict_loads(contents.files["environment.json"])
    except ValueError:
        return {}
    stated = environment if isinstance(environment, Mapping) else {}
    facts = {name: stated.get(name) for name in HOST_FACTS}
    return facts if any(fact is not None for fact in facts.values()) else {}


def _utc(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def _obstacles(
    found: DirectoryVerification,
    ledger: Ledger,
    heads: Sequence[Witness],
    attempts: Sequence[Attempt],
    subject: str,
) -> list[str]:
    """What stands in the way whatever the criteria say."""
    own = {e.bundle for e in ledger.entries if e.subject_sha256 == subject}
    told = [f for f in found.findings if f.code != "bundle-gone" or f.where in own]
    recorded = {e.bundle for e in ledger.entries}
    return [
        *(f"a bundle cannot be read: {error}" for error in found.refused),
        *(f"the evidence does not agree: {finding}" for finding in told if finding.code not in _WARNINGS),
        *(f"{a.bundle} is in no line of the ledger" for a in attempts if a.bundle not in recorded),
        *(
            f"the ledger does not go on from line {head.number}, {head.head[:12]} ({head.place})"
            for head in not_held(ledger, heads)
        ),
    ]
