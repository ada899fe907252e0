"""The planted defects that contracts may name, by topic. How each is made stands in gate/planted/.

`parameters` are JSON Schemas of the keys that a contract gives under `with`; all of them are required but
those in `optional`.
"""

from __future__ import annotations

from ..defect import defect_registry
from . import architecture, export, metadata, numerics, receipts, tensors, tokenizer

TOPICS = (metadata, tokenizer, tensors, architecture, export, numerics, receipts)

DEFECTS = defect_registry(defect for topic in TOPICS for defect in topic.DECLARED)
