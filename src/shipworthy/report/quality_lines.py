"""What `inspect --quality` prints for people: the score, and every part of it."""

from __future__ import annotations

from collections.abc import Iterator

from ..checkpoint.quality import Quality
from ..errors import visible
from .inspection import aligned


def quality_lines(found: Quality) -> Iterator[str]:
    """Nothing hidden: points earned, points possible and the reason, part by part."""
    total = sum(item.weight for item in found.items)
    yield f"quality of what is stated: {found.score} of {total} (content: not verified; no verdict)"
    yield from aligned(
        [(f"{item.earned:2} of {item.weight:2}", item.name, visible(item.why)) for item in found.items]
    )
