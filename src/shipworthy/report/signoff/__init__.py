"""Sign-off of a release by who was not there: policy, every bundle derived again, ledger, one word.

    sign_off(catalogue, release, Asked(evidence, out, now)).decision.passed

docs/releases.md says what is demanded.
"""

from .decide import Attempt, CriterionDecision, Decision, decide
from .policy import Policy, Waiver, read_policy
from .run import Asked, SignedOff, sign_off

__all__ = [
    "Asked",
    "Attempt",
    "CriterionDecision",
    "Decision",
    "Policy",
    "SignedOff",
    "Waiver",
    "decide",
    "read_policy",
    "sign_off",
]
