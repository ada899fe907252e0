"""Receipts against the criteria that they claim: parameters, and whose number a result was credited under."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from ....contract import Contract, Falsifier
from ..dossier import Dossier, parameter
from ..figures import shown
from ..finding import WHOLE_FILE, Finding
from ..places import objects
from ..receipt import Receipt

_DEVICE_KEYS = ("device", "backend", "backends", "gpu_info", "gpu", "gpu_model", "devices")
SPOKEN: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "decode_throughput",
        re.compile(r"\btok/s\b|\bbench\b|\bthroughput\b|\btokens a second\b", re.IGNORECASE),
    ),
    ("llama_cpp_parity", re.compile(r"\bGGUF\b|\bllama-cli\b|\bllama\.cpp\b", re.IGNORECASE)),
    ("human_eval", re.compile(r"\bHumanEval\b|\bpass@1\b", re.IGNORECASE)),
    ("training_log", re.compile(r"\bval(?:idation)?[ _]loss\b|\bcross-entropy\b", re.IGNORECASE)),
)
"""The words by which a claim tells which probe it speaks of."""


def parameters(dossier: Dossier) -> Iterator[Finding]:
    """A bench with other iterations, tokens or runs than the criterion's, or that states no device."""
    for contract, falsifier in dossier.falsifiers("decode_throughput"):
        benches = list(dossier.of("apr-bench", "llama-bench", "shipworthy-bench"))
        benches = [receipt for receipt in benches if _credited(dossier, contract, receipt)]
        for receipt in benches:
            yield from _parameters(contract, falsifier, receipt)
            if falsifier.needs.host and not states_device(receipt):
                host = dossier.catalogue.hosts[falsifier.needs.host].title
                what = f"does not say on what it ran; {contract.id} asks for: {host}"
                yield Finding("device-not-stated", receipt.file, WHOLE_FILE, None, host, what)
        runs = parameter(falsifier, "runs")
        if benches and runs is not None and len(benches) < runs:
            what = f"{len(benches)} of the {shown(runs)} independent runs that {contract.id} asks for"
            yield Finding("other-parameters", benches[0].file, WHOLE_FILE, len(benches), runs, what)


def _credited(dossier: Dossier, contract: Contract, receipt: Receipt) -> bool:
    """Whether a bench says that it passed, or a claim gives credit to what it measures, under any number."""
    if isinstance(receipt.document, dict) and receipt.document.get("passed") is True:
        return True
    return any(
        claim.credited
        and (
            claim.criterion == contract.id
            or credited_elsewhere(dossier, claim.criterion, claim.text) == contract
        )
        for claim in dossier.claims()
    )


def _parameters(contract: Contract, falsifier: Falsifier, receipt: Receipt) -> Iterator[Finding]:
    for quantity, name, unit in (
        ("iterations", "iterations", "iterations"),
        ("tokens_per_iteration", "max_tokens", "tokens an iteration"),
    ):
        wanted = parameter(falsifier, name)
        for fact in receipt.all(quantity) if wanted is not None else ():
            if not isinstance(fact.value, str) and Decimal(fact.value) != wanted:
                derived = f" ({fact.derived})" if fact.derived else ""
                what = f"{shown(Decimal(fact.value))} {unit}{derived}; {contract.id} asks for {shown(wanted)}"
                yield Finding("other-parameters", receipt.file, fact.place, fact.value, wanted, what)


def states_device(receipt: Receipt) -> bool:
    """Whether a receipt says anything of a device."""
    return any(holder.get(key) for _, holder in objects(receipt.document) for key in _DEVICE_KEYS)


def numbers(dossier: Dossier) -> Iterator[Finding]:
    """A result told under the number of a criterion that asks for something else."""
    for claim in dossier.claims():
        if (other := credited_elsewhere(dossier, claim.criterion, claim.text)) is None:
            continue
        contract = dossier.catalogue.contracts[claim.criterion]
        what = (
            f"tells under {claim.named} of what {other.id} asks for ({other.title}); {contract.id} is: "
            f"{contract.title}"
        )
        yield Finding("another-criterion", claim.file, claim.place, claim.criterion, other.id, what)


def credited_elsewhere(dossier: Dossier, criterion: str, text: str) -> Contract | None:
    """The criterion that a text speaks of, where it is not `criterion` and that one has no such probe."""
    contract = dossier.catalogue.contracts.get(criterion)
    if contract is None or not contract.falsifiers or not any(c.id == criterion for c in dossier.criteria()):
        return None
    own = {falsifier.probe.partition("@")[0] for falsifier in contract.falsifiers}
    spoken = [probe for probe, words in SPOKEN if words.search(text)]
    if not spoken or own & set(spoken):
        return None
    return next((other for probe in spoken for other, _ in dossier.falsifiers(probe)), None)
