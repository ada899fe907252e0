"""Try every gate on its planted defects: green on what is good, red on each defect, or it is vacuous.

What is found on the small fixtures becomes a proof of non-vacuity in contracts/proofs/, bound to the
criterion hash and the planted list. Every dispatch reads it; a gate without a valid one discharges nothing.
On a real model the same cells leave a matrix and no proof.
"""

from .matrix import Kill, Report
from .run import falsify_contracts, falsify_model, make_proof

__all__ = ["Kill", "Report", "falsify_contracts", "falsify_model", "make_proof"]
