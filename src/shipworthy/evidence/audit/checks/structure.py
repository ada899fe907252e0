"""What the model is, by its figures: label and tensor count, size and parameters, the registered model."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_FLOOR, Decimal
from functools import cache

from ....architecture import FAMILIES, ArchitectureConfig, Family, canonical_name
from ..dossier import Dossier
from ..figures import rounds_to, shown
from ..finding import Finding
from ..receipt import GIB, Fact

_BYTES = {"F32": Decimal(4), "F16 or BF16": Decimal(2), "Q8_0": Decimal(34) / 32}
_METADATA_BYTES = 64 << 20
"""More than tokenizer and header of any vocabulary that is known take."""


def tensor_count(family: Family, layers: int, *, tied: bool) -> int:
    """Tensors of a family with so many layers, from the table of architectures."""
    rest, one = _tensors(family, 0, tied), _tensors(family, 1, tied)
    return rest + layers * (one - rest)


@cache
def _tensors(family: Family, layers: int, tied: bool) -> int:
    config = ArchitectureConfig(
        architecture=family.name,
        hidden_size=64,
        num_layers=layers,
        num_heads=1,
        num_kv_heads=1,
        head_dim=64,
        intermediate_size=64,
        vocab_size=64,
        max_position_embeddings=64,
        rope_theta=family.default_rope_theta,
        rms_norm_eps=1e-5,
        tied_embeddings=tied,
        attention_bias=family.attention_bias,
        qk_norm=family.qk_norm,
    )
    return len(config.tensor_shapes())


def families_of(used: int, held: int, label: Family) -> list[tuple[Family, int]]:
    """The families and layers whose tensors are `held`, where a loader of `label` made `used` of them."""
    found = []
    for tied in (True, False):
        rest = tensor_count(label, 0, tied=tied)
        each = tensor_count(label, 1, tied=tied) - rest
        layers, left = divmod(used - rest, each)
        if left or not 1 <= layers <= 1000:
            continue
        found += [
            (family, layers)
            for family in FAMILIES.values()
            if tensor_count(family, layers, tied=tied) == held
        ]
    return found


def labels(dossier: Dossier) -> Iterator[Finding]:
    """An architecture label under which a loader did not use all tensors, which another family would have."""
    for used in dossier.raw("tensors_used"):
        for held in (
            fact for fact in dossier.raw("tensors") if (fact.file, fact.place) == (used.file, used.place)
        ):
            for fact in _labels(dossier):
                family = FAMILIES.get(canonical_name(str(fact.value)) or "")
                if family is None:
                    continue
                others = families_of(int(used.value), int(held.value), family)
                for other, layers in others:
                    if other != family:
                        what = (
                            f"calls it {fact.value}, of which {layers} layers have {shown(used.value)} "
                            f"tensors; the loader found {shown(held.value)} ({held.file}, {held.place}), "
                            f"which are those of {layers} layers of {other.name}"
                        )
                        yield Finding(
                            "label-contradicted", fact.file, fact.place, fact.value, other.name, what
                        )
    yield from _inspected(dossier)


def _labels(dossier: Dossier) -> list[Fact]:
    return [fact for receipt in dossier.foreign for fact in receipt.all("architecture")]


def _inspected(dossier: Dossier) -> Iterator[Finding]:
    """A receipt that states label, layers and tensors itself."""
    for receipt in dossier.of("apr-inspect"):
        tensors = {int(fact.value) for fact in receipt.all("tensors")}
        layers = {int(fact.value) for fact in receipt.all("num_layers")}
        if len(tensors) != 1 or len(layers) != 1:
            continue
        held, depth = tensors.pop(), layers.pop()
        fits = [
            f.name
            for f in FAMILIES.values()
            for tied in (True, False)
            if 1 <= depth <= 1000 and tensor_count(f, depth, tied=tied) == held
        ]
        for fact in receipt.all("architecture"):
            name = canonical_name(str(fact.value))
            if name is not None and name not in fits:
                whose = f"those of {' or '.join(fits)}" if fits else "of no family that is known"
                what = f"calls it {fact.value} with {depth} layers; its {held} tensors are {whose}"
                yield Finding("label-contradicted", fact.file, fact.place, fact.value, fits, what)


def inspection(dossier: Dossier) -> Iterator[Finding]:
    """One figure stated twice with two values, and a file too small for its parameters."""
    for receipt in dossier.of("apr-inspect"):
        for quantity in sorted({fact.quantity for fact in receipt.facts} - {"architecture"}):
            first, *others = receipt.all(quantity)
            for fact in others:
                if fact.value != first.value:
                    what = f"{quantity} is {shown(fact.value)}, and {shown(first.value)} at {first.place}"
                    yield Finding("stated-twice", fact.file, fact.place, fact.value, first.value, what)
        for size in receipt.all("file_bytes"):
            for parameters in receipt.all("parameters"):
                # Four bits a parameter is the least that any quantization here takes.
                if Decimal(size.value) * 2 < Decimal(parameters.value):
                    what = f"{shown(size.value)} bytes cannot hold {shown(parameters.value)} parameters"
                    yield Finding("file-too-small", size.file, size.place, size.value, parameters.value, what)
        if receipt.document.get("valid") is True and receipt.document.get("checksum_valid") is False:
            what = "valid is true, and checksum_valid is false"
            yield Finding("status-contradicts-gates", receipt.file, "/valid", True, False, what)


def registered(dossier: Dossier) -> Iterator[Finding]:
    """Figures of a model that is not the registered one."""
    expected = dossier.registered()
    for receipt in dossier.foreign if expected else ():
        for fact in receipt.facts if receipt.raw else ():
            value = expected.get(fact.quantity)
            if value is not None and not isinstance(fact.value, str) and Decimal(fact.value) != value:
                yield _not_registered(dossier, fact, value)
            elif fact.quantity == "parameters" and not isinstance(fact.value, str):
                low, high = _band(dossier)
                if not low <= fact.value <= high:
                    yield _not_registered(dossier, fact, Decimal(low))


def _band(dossier: Dossier) -> tuple[int, int]:
    assert dossier.registration is not None
    return dossier.registration.parameters["low"], dossier.registration.parameters["high"]


def _not_registered(dossier: Dossier, fact: Fact, value: Decimal) -> Finding:
    assert dossier.registration is not None
    name = dossier.registration.id
    what = (
        f"{fact.quantity} is {shown(Decimal(fact.value))}; the registered {name}, whose criteria are "
        f"claimed, has {shown(value)}"
    )
    return Finding("not-the-registered-model", fact.file, fact.place, fact.value, value, what)


def sizes(dossier: Dossier) -> Iterator[Finding]:
    """The size of an export that no parameter count of the registered band explains, in any usual dtype."""
    if dossier.registration is None:
        return
    low, high = _band(dossier)
    for receipt in dossier.foreign:
        for fact in receipt.all("export_gib"):
            size = Decimal(fact.value)
            if any(_explains(fact, low * each, high * each + _METADATA_BYTES) for each in _BYTES.values()):
                continue
            parameters = (size * GIB / 4).to_integral_value(ROUND_FLOOR)
            tensors = next((f" in {shown(other.value)} tensors" for other in receipt.all("tensors")), "")
            what = (
                f"{shown(size)} GiB{tensors}, read as F32, are {_millions(parameters)} million parameters "
                f"(derived: the dtype is not stated); the registered band is {low / 1e6:g} to "
                f"{high / 1e6:g} million, which no usual dtype brings to this size"
            )
            yield Finding("size-unexplained", fact.file, fact.place, size, parameters, what)


def _millions(parameters: Decimal) -> str:
    millions = parameters / 1_000_000
    return f"{millions:.0f}" if abs(millions) < 1_000_000 else f"{millions:.3e}"


def _explains(fact: Fact, low: Decimal, high: Decimal) -> bool:
    assert not isinstance(fact.value, str)
    stated = Decimal(fact.value)
    return (
        low / GIB <= stated <= high / GIB
        or rounds_to(fact.value, low / GIB)
        or rounds_to(fact.value, high / GIB)
    )
