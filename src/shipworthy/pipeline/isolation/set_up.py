"""What was seen of a program's isolation when it began: half of it from outside, half by its own process."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

NAMESPACES = ("cgroup", "ipc", "mnt", "net", "user", "uts")
"""As /proc names them (namespaces(7)); that of processes shows by the number that the program has in it."""
_BEHIND_INIT = 2
_FILTERED = 2
"""SECCOMP_MODE_FILTER of seccomp(2)."""


@dataclass(frozen=True)
class SetUp:
    """What held when the program's first line was about to run.

    `namespaces` are those in which it was not where this process is, as the kernel shows them out here; the
    rest is what the process that was to run the program had from the kernel about itself: its number, its
    mode of seccomp(2), no_new_privs, its capabilities as one number, and its limits.
    """

    namespaces: tuple[str, ...] = ()
    number: int = 0
    seccomp: int = 0
    no_new_privileges: bool = False
    capabilities: int = -1
    limits: Mapping[str, int] | None = None

    def whole(self, limits: Mapping[str, int]) -> bool:
        """Whether nothing of the isolation is missing, these limits included; one may be lower."""
        held = self.limits or {}
        return (
            self.namespaces == NAMESPACES
            and self.number == _BEHIND_INIT
            and self.seccomp == _FILTERED
            and self.no_new_privileges
            and self.capabilities == 0
            and all(0 <= held.get(name, -1) <= most for name, most in limits.items())
        )


def namespaces_apart(process: int) -> tuple[str, ...]:
    """Those of NAMESPACES in which another process is not where this one is."""
    return tuple(kind for kind in NAMESPACES if _elsewhere(process, kind))


def set_up_of(namespaces: tuple[str, ...], said: bytes) -> SetUp:
    """What was seen from outside, and what the program's own process said; of no word nothing was set up."""
    try:
        found = json.loads(said)
        return SetUp(
            namespaces=namespaces,
            number=int(found["pid"]),
            seccomp=int(found["seccomp"]),
            no_new_privileges=bool(found["no_new_privileges"]),
            capabilities=int(found["capabilities"]),
            limits={str(name): int(value) for name, value in found["limits"].items()},
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return SetUp()


def _elsewhere(process: int, kind: str) -> bool:
    """Whether another process is in another namespace of a kind; not, where that cannot be seen."""
    try:
        theirs, ours = (os.readlink(Path("/proc") / who / "ns" / kind) for who in (str(process), "self"))
    except OSError:
        return False
    return theirs != ours
