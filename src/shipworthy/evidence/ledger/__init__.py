"""The ledger of a directory of evidence: which bundles were ever made there, each line chained to the last.

    ledger = read_ledger(Path(".shipworthy/evidence"))
    ledger.head, ledger.entries

docs/decisions/0009-ledger.md says why it is as it is, docs/security.md what it cannot show.
"""

from .chain import Ledger, read_lines
from .entry import GENESIS, SCHEMA, Entry, Join, line_digest
from .merge import merge
from .presence import COPIED, Finding, examine
from .witness import Witness, commit_head, head_document, not_held, read_witnesses
from .write import LEDGER, append, interrupted, read_ledger, record_bundle, recover

__all__ = [
    "COPIED",
    "GENESIS",
    "LEDGER",
    "SCHEMA",
    "Entry",
    "Finding",
    "Join",
    "Ledger",
    "Witness",
    "append",
    "commit_head",
    "examine",
    "head_document",
    "interrupted",
    "line_digest",
    "merge",
    "not_held",
    "read_ledger",
    "read_lines",
    "read_witnesses",
    "record_bundle",
    "recover",
]
