"""The verdicts, the reasons that block, and the states a criterion can be in; the words are the design's."""

from __future__ import annotations

from enum import StrEnum


class VerdictWord(StrEnum):
    """What a criterion came to in one bundle."""

    DISCHARGED = "DISCHARGED"
    BLOCKED = "BLOCKED"


class Reason(StrEnum):
    """Why a criterion is BLOCKED. The order here is the order in which reasons are printed."""

    TAMPERED = "tampered"
    SUBJECT_CHANGED = "subject_changed"
    CANNOT_REDERIVE = "cannot_rederive"
    DOUBLE_CREDIT = "double_credit"
    ERROR = "error"
    STALE_CONTRACT = "stale_contract"
    UNREGISTERED = "unregistered"
    FALSIFIED = "falsified"
    INCONCLUSIVE = "inconclusive"
    HOST_MISMATCH = "host_mismatch"
    MISSING_HARDWARE = "missing_hardware"
    MISSING_ARTIFACT = "missing_artifact"
    MISSING_ISOLATION = "missing_isolation"
    NOT_RUN = "not_run"
    VACUOUS_GATE = "vacuous_gate"
    CONDITIONAL = "conditional"
    WAIVED = "waived"


class Status(StrEnum):
    """What a criterion comes to over all bundles."""

    PENDING = "PENDING"
    DISCHARGED = "DISCHARGED"
    FUNCTIONAL = "FUNCTIONAL"
    PARTIAL_ALGORITHM_LEVEL = "PARTIAL_ALGORITHM_LEVEL"
    BLOCKED = "BLOCKED"


MISSING = frozenset({Reason.MISSING_HARDWARE, Reason.MISSING_ARTIFACT, Reason.MISSING_ISOLATION})
"""The reasons that an UNMEASURABLE outcome may bear."""
