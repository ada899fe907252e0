"""The environment of children that measure: what they export, they export anew."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory


@contextmanager
def own_exports() -> Iterator[dict[str, str]]:
    """Our environment, but for a cache of its own, which vanishes: no verdict hangs on a user's cache.

    What several children of one measurement decode is exported once, by the first.
    """
    with TemporaryDirectory(prefix="shipworthy-exports-") as folder:
        yield {**os.environ, "SHIPWORTHY_CACHE": folder}
