"""The name of the private key in the environment: taken out of it, so that no child is given it."""

from __future__ import annotations

import os
from pathlib import Path

KEY_FILE = "SHIPWORTHY_KEY_FILE"
"""Names the private key where `--key` does not."""


def take_key_file() -> Path | None:
    """The file that the environment names, which it does not any more afterwards."""
    named = os.environ.pop(KEY_FILE, "")
    return Path(named) if named else None
