"""The audit of receipts that others made: what they prove, and where they contradict themselves.

found = audit(Path("receipts"), load_catalogue(Path("contracts")))
for finding in found.findings:
    print(finding.code, finding.file, finding.place, finding.what)
"""

from .finding import Finding, NotRead
from .report import SCHEMA, Audit, audit
from .rules import RULES, Rule
from .verdicts import Row

__all__ = ["RULES", "SCHEMA", "Audit", "Finding", "NotRead", "Row", "Rule", "audit"]
