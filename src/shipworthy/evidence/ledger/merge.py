"""Two ledgers become one: every line of both, and a join where they had gone apart, which stays visible."""

from __future__ import annotations

from .chain import Ledger, in_order
from .entry import Join, line_digest


def merge(one: Ledger, other: Ledger) -> Ledger:
    """The ledger of both. The same in either order; where one goes on from the other, that one.

    Lines keep their bytes, so every head that was ever witnessed is still in it. Where both went on alone a
    join is added that names the two heads.
    """
    if one.holds(other.head):
        return Ledger(one.lines, one.head)
    if other.holds(one.head):
        return Ledger(other.lines, other.head)
    both = dict(in_order({**one.lines, **other.lines}))
    join = Join(1 + max(one.number, other.number), tuple(sorted((one.head, other.head))))
    head = line_digest(join.line())
    return Ledger({**both, head: join}, head)
