"""The planted defects that contracts may name, by topic. How each is made stands in gate/planted/.

`parameters` are JSON Schemas of the keys that a contract gives under `with`; all of them are required but
those in `optional`.
"""

from __future__ import annotations

from ..defect import defect_registry
from ..extension import with_brought_defects
from . import (
    answer_receipts,
    architecture,
    battery,
    chat,
    constants,
    encoding,
    encoding_receipts,
    evaluation_receipts,
    evaluations,
    export,
    golden,
    metadata,
    numerics,
    packaging,
    parity_receipts,
    publication,
    receipts,
    regression,
    tensors,
    tokenizer,
    training,
)

TOPICS = (
    metadata,
    tokenizer,
    tensors,
    architecture,
    chat,
    battery,
    export,
    encoding,
    encoding_receipts,
    constants,
    packaging,
    numerics,
    parity_receipts,
    publication,
    receipts,
    evaluations,
    evaluation_receipts,
    answer_receipts,
    regression,
    golden,
    training,
)

OWN = defect_registry(defect for topic in TOPICS for defect in topic.DECLARED)
DEFECTS = with_brought_defects(OWN)
"""Our own, and those that installed distributions bring by entry point."""
