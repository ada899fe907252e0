"""What a bundle proves to who was not there: everything in it derived again, nothing stored taken on trust.

    found = verify_bundle(Path("evidence/reference/NAME"), key=None)
    found.findings, found.criteria

What cannot be read, or was changed after it was signed or listed, raises FileError. What reads and does not
follow from its own samples is a finding. docs/evidence.md says what each code means.
"""

from .directory import DirectoryVerification, verify_directory
from .finding import Finding
from .run import Verification, Verified, verify_bundle
from .stale import stale_findings, tried_otherwise

__all__ = [
    "DirectoryVerification",
    "Finding",
    "Verification",
    "Verified",
    "stale_findings",
    "tried_otherwise",
    "verify_bundle",
    "verify_directory",
]
