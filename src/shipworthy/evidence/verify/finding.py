"""What verification finds in a bundle that reads: a stable code, where, and what was stated and derived."""

from __future__ import annotations

from dataclasses import dataclass

STALE = "stale-contract"
"""True of the contract inside the bundle, and not of the one that is installed: the only code that is no
contradiction within the bundle itself."""

NOT_REPLAYED = "not-replayed"
"""Says nothing against a bundle: what a gate needs was not here when the gates ran again."""


@dataclass(frozen=True)
class Finding:
    """One thing that does not follow. `where` is a criterion, a falsifier or a file of the bundle."""

    code: str
    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message} [{self.code}]"
