"""A sign-off as it is kept: a SLSA Verification Summary, signed where there is a key, and what binds it.

Beside the fields of the format stand ours under one URI: the ledger's head, what was waived, and per
criterion the attempts. A later sign-off reads the heads of the earlier ones: the ledger must go on from each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ... import __version__
from ...canonical import canonical, sha256_bytes, strict_loads
from ...errors import FileError
from ...evidence.dsse import open_envelope, verify_signature
from ...evidence.files import MANIFEST, MOST_JSON
from ...evidence.ledger import Ledger, Witness, line_digest, not_held
from ...evidence.summary import POLICIES, make_summary
from ...regular_files import read_regular
from .decide import Decision
from .policy import Policy

if TYPE_CHECKING:
    from securesystemslib.signer import SSlibKey

OURS = "https://shipworthy.dev/signoff/v1"
SIGNED, UNSIGNED = ".vsa.dsse.json", ".vsa.json"


@dataclass(frozen=True)
class About:
    """What a sign-off is about: the release, the subject {name, sha256}, the release's file, and when.

    `witnesses` are the heads that the ledger was held against, of those who were named as a witness;
    `unfinished` are the directories of dispatches that were stopped before they had a bundle.
    """

    release: str
    release_sha256: str
    subject: Mapping[str, str]
    now: datetime
    evidence: Path
    witnesses: tuple[Witness, ...] = ()
    unfinished: tuple[str, ...] = ()


def statement_of(about: About, decision: Decision, policy: Policy, ledger: Ledger) -> dict[str, Any]:
    """The in-toto statement with the Verification Summary."""
    whole = make_summary(
        subject=about.subject,
        tool=__version__,
        verified=about.now.isoformat(timespec="seconds"),
        policy={
            "uri": f"{POLICIES}/{about.release}",
            "digest": {"sha256": about.release_sha256},
        },
        inputs=[
            {"uri": a.bundle, "digest": {"sha256": _manifest(about.evidence / a.bundle)}}
            for a in decision.attempts
        ],
        passed=decision.passed,
    )
    whole["predicate"][OURS] = {
        "ledger": {
            "number": ledger.number,
            "head": ledger.head,
            "forks": list(ledger.forks),
            "joins": [line_digest(join.line()) for join in ledger.joins],
        },
        "witnesses": [
            {"number": w.number, "head": w.head, "place": w.place, "held": not not_held(ledger, [w])}
            for w in about.witnesses
        ],
        "policy_sha256": policy.sha256 or None,
        "criteria": [
            {
                "id": c.id,
                "met": c.met,
                "attempts": c.attempts,
                "discharged": c.discharged,
                "blocked_by": list(c.blocked_by),
            }
            for c in decision.criteria
            if c.waiver is None
        ],
        "waived": [
            {
                "id": c.id,
                "waiver": c.waiver.id,
                "reason": c.waiver.reason,
                "owner": c.waiver.owner,
                "expires": c.waiver.expires.isoformat(),
                "blocked_by": sorted(c.waiver.blocked_by),
                "not_waived": list(c.blocked_by),
            }
            for c in decision.criteria
            if c.waiver is not None
        ],
        "obstacles": list(decision.obstacles),
        "unfinished": list(about.unfinished),
    }
    return whole


def _kept(path: Path) -> bytes:
    try:
        return read_regular(path, MOST_JSON)
    except FileError as error:
        # The message alone: what is there is no sign-off, whatever else it is.
        raise ValueError(error.message) from error


def _manifest(bundle: Path) -> str:
    return sha256_bytes(read_regular(bundle / MANIFEST, MOST_JSON, follow=False))


def unsigned(statement: Mapping[str, Any]) -> bytes:
    """The bytes of a sign-off that nobody signed."""
    return canonical(statement) + b"\n"


def earlier_heads(folder: Path, key: SSlibKey | None) -> list[Witness]:
    """The heads of the ledger at earlier sign-offs in a directory; with `key` the signed ones are checked.

    Raises FileError where one does not read, or is signed by another key.
    """
    found = []
    for path in sorted([*folder.glob(f"*{SIGNED}"), *folder.glob(f"*{UNSIGNED}")]):
        try:
            data = _kept(path)
            if path.name.endswith(SIGNED):
                envelope = open_envelope(data, path)
                if key is not None:
                    verify_signature(envelope, key)
                value = envelope.statement
            else:
                value = strict_loads(data)
            head = value["predicate"][OURS]["ledger"]
            if type(head["number"]) is not int or not isinstance(head["head"], str):
                raise ValueError("it names no head of a ledger")
            found.append(Witness(head["number"], head["head"], path.name))
        except (ValueError, KeyError, TypeError) as error:
            raise FileError(
                "bad-signoff", f"is no sign-off: {error}", path=path, fix="move it away"
            ) from error
    return found
