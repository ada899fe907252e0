"""Where contracts/, gates/ and recipes/ are: the working directory's own first, else the installed ones."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .errors import UsageError

_PACKAGED = Path(__file__).parent / "_data"
_CHECKOUT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Resource:
    """A resource directory and which of the two places it came from."""

    path: Path
    local: bool


def find(name: str) -> Resource:
    """The directory `name` (contracts, gates, recipes). A local ./name takes precedence.

    Raises UsageError where neither exists.
    """
    local = Path.cwd() / name
    if local.is_dir():
        return Resource(local, local=True)
    for root in (_PACKAGED, _CHECKOUT):
        if (root / name).is_dir():
            return Resource(root / name, local=False)
    raise UsageError("no-such-resource", f"there is no {name}/ here nor in the installation", fix="reinstall")
