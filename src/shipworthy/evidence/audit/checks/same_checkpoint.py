"""Receipts of one checkpoint that disagree, and do not say what was different."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ..dossier import Dossier
from ..figures import shown
from ..finding import Finding
from ..paths import basename, written_in
from ..places import objects, pointer
from ..receipt import Fact, Receipt, number

_A_TENTH = Decimal("1.1")
_MOST_COMPARED = 16
_DEVICES = ("device", "devices", "backend", "backends", "gpu", "gpu_info", "gpu_model")
_PARAMETERS = (
    *("n_prompt", "n_gen", "n_depth", "n_threads", "threads", "n_batch", "n_ubatch", "batch_size"),
    *("n_gpu_layers", "type_k", "type_v", "flash_attn", "dtype", "build_commit", "max_tokens", "runtime"),
)
_KINDS = (
    ("cpu", re.compile(r"\bcpu\b", re.IGNORECASE)),
    ("gpu", re.compile(r"\b(?:cuda|gpu|nvidia|geforce|rtx|rocm|metal|vulkan)", re.IGNORECASE)),
)


@dataclass(frozen=True)
class _Rate:
    """A rate with what its receipt tells of how it was had."""

    fact: Fact
    tool: str
    told: dict[str, Any]

    def differs_openly(self, other: _Rate) -> bool:
        """Whether the two tell of another tool, parameter or device."""
        if self.tool != other.tool:
            return True
        if any(self.told[key] != other.told[key] for key in self.told.keys() & other.told.keys()):
            return True
        kinds, others = _kinds(self.told), _kinds(other.told)
        return bool(kinds and others) and not kinds & others


def same_checkpoint(dossier: Dossier) -> Iterator[Finding]:
    """Rates of one checkpoint that differ by more than a tenth, where nothing told explains it.

    Two names are one checkpoint by their digest, or as one path; a name without a directory is one within
    the directory of its receipts.
    """
    seen: dict[str, list[_Rate]] = {}
    for receipt in dossier.foreign:
        name = _checkpoint(receipt) if receipt.raw else ""
        facts = receipt.all("tokens_per_second") if name else []
        holders = _holders(receipt) if facts else {}
        for fact in facts:
            rate = _Rate(fact, receipt.kind.partition("-")[0], _told(holders, fact.place))
            others = seen.setdefault(name, [])
            comparable = [other for other in others if not rate.differs_openly(other)]
            # Who does not tell his device agrees with whoever has the same rate on one.
            if comparable and all(_apart(fact, other.fact) for other in comparable):
                found = comparable[0].fact
                what = (
                    f"{shown(fact.value)} tok/s, and {shown(found.value)} in {found.file} at {found.place}, "
                    f"of the same checkpoint {basename(name)}"
                )
                yield Finding("figures-disagree", fact.file, fact.place, fact.value, found.value, what)
            if all(_apart(fact, other.fact) for other in comparable) and len(others) < _MOST_COMPARED:
                others.append(rate)


def _checkpoint(receipt: Receipt) -> str:
    return next((s.digest or written_in(s.file, s.name) for s in receipt.subjects), "")


def _apart(fact: Fact, other: Fact) -> bool:
    low, high = sorted((Decimal(fact.value), Decimal(other.value)))
    return fact.file != other.file and high > low * _A_TENTH


def _holders(receipt: Receipt) -> dict[str, dict[str, Any]]:
    """Device and parameters of each object that tells any, by its place."""
    found = {}
    for keys, holder in objects(receipt.document):
        told = {
            key: holder[key]
            for key in (*_DEVICES, *_PARAMETERS)
            if isinstance(holder.get(key), str) or number(holder.get(key)) is not None
        }
        if told:
            found[pointer(*keys)] = told
    return found


def _told(holders: dict[str, dict[str, Any]], place: str) -> dict[str, Any]:
    """What stands in the object of a figure and in those around it; what a battery says of its machine."""
    told = dict(holders.get("/system_info", {}))
    ends = [0, *(at for at, character in enumerate(place) if at and character == "/")]
    for end in ends:
        told |= holders.get(place[:end], {})
    return told


def _kinds(told: dict[str, Any]) -> set[str]:
    # Where a backend is told, what graphics card the machine has besides does not matter.
    device = next((str(told[key]) for key in _DEVICES if told.get(key)), "")
    return {kind for kind, pattern in _KINDS if pattern.search(device)}
