"""Standard output that takes no more, such as a file on a full disk: an error of its own, not a bug."""

from __future__ import annotations

import traceback
from pathlib import Path

from ..errors import FileError

_PRINTERS = ("echo", "_write_buffer")
"""The functions of click and rich that write."""


def refused_output(error: Exception) -> FileError | None:
    """The error to report where `error` is a refusal of what was to be printed; None for any other.

    A failed flush drops what it should have written, so that what raised it is all that tells.
    """
    last = traceback.extract_tb(error.__traceback__)[-1].name
    if not isinstance(error, OSError) or last not in _PRINTERS:
        return None
    message = f"what was printed cannot be written: {error.strerror or error}"
    return FileError("unwritable", message, path=Path("standard output"), fix="free space")
