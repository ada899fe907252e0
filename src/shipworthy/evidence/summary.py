"""The SLSA Verification Summary v1 of a bundle: who judged what, by which policy, and PASSED or FAILED.

Format: https://slsa.dev/spec/v1.0/verification_summary

It follows from the statement alone, so whoever has the statement can make it again and compare. No claim is
made about how the checkpoint was built: the level is SLSA_BUILD_LEVEL_0, or FAILED.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from .statement import STATEMENT_TYPE

SUMMARY_TYPE = "https://slsa.dev/verification_summary/v1"
VERIFIER = "https://shipworthy.dev/verifier/v1"
POLICIES = "https://shipworthy.dev/releases"


def make_summary(
    *,
    subject: Mapping[str, str],
    tool: str,
    verified: str,
    policy: Mapping[str, Any],
    inputs: Sequence[Mapping[str, Any]],
    passed: bool,
) -> dict[str, Any]:
    """A statement with a Verification Summary about one subject, {name, sha256}.

    `verified` is a time in ISO 8601 and UTC, `policy` and `inputs` are in-toto ResourceDescriptors.
    """
    name, sha256 = subject["name"], subject["sha256"]
    return {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": name, "digest": {"sha256": sha256}}],
        "predicateType": SUMMARY_TYPE,
        "predicate": {
            "verifier": {"id": VERIFIER, "version": {"shipworthy": tool}},
            "timeVerified": verified.removesuffix("+00:00").removesuffix("Z") + "Z",
            "resourceUri": f"pkg:generic/{quote(name, safe='')}?checksum=sha256:{sha256}",
            "policy": dict(policy),
            "inputAttestations": [dict(entry) for entry in inputs],
            "verificationResult": "PASSED" if passed else "FAILED",
            "verifiedLevels": ["SLSA_BUILD_LEVEL_0" if passed else "FAILED"],
            "slsaVersion": "1.0",
        },
    }


def summary_of(statement: Mapping[str, Any], name: str, sha256: str, policy_sha256: str) -> dict[str, Any]:
    """The summary of one dispatch, whose statement lies in the file `name` with this digest.

    PASSED only where the release has criteria, every one has a contract and every one is DISCHARGED;
    `--allow-blocked` counts for nothing.
    """
    predicate = statement["predicate"]
    release = predicate.get("release")
    refused = "refused" in predicate
    policy: dict[str, Any] = {"uri": f"{POLICIES}/{quote(str(release if refused else release['id']))}"}
    if policy_sha256:
        policy["digest"] = {"sha256": policy_sha256}
    criteria = predicate["criteria"]
    return make_summary(
        subject=predicate["subject"],
        tool=str(predicate.get("tool", {}).get("version", "")),
        verified=predicate.get("finished", predicate["started"]),
        policy=policy,
        inputs=[{"uri": name, "digest": {"sha256": sha256}}],
        passed=bool(criteria)
        and not predicate["not_written"]
        and all(entry["verdict"] == "DISCHARGED" for entry in criteria),
    )
