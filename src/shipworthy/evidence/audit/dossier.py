"""Everything that a check may look at: the receipts, and the release whose criteria they claim."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from ...architecture import ArchitectureConfig
from ...canonical import sha256_bytes
from ...contract import Catalogue, Contract, Falsifier, Registration, Release
from ...errors import UsageError
from .paths import basename, by_basename, ends_alike, meant, written_in
from .receipt import Claim, Fact, Receipt, Subject, number

_CONSTANTS = (
    "hidden_size",
    "num_layers",
    "num_heads",
    "num_kv_heads",
    "intermediate_size",
    "vocab_size",
    "max_position_embeddings",
    "rope_theta",
)


@dataclass(frozen=True)
class Dossier:
    """The receipts of a directory. `files` are the paths of all files there, read or not, those of bundles
    included; `contents` are the bytes of those that were read, by path.

    `release` is None where the receipts claim no criterion, or those of no one release; then nothing is
    compared with a criterion.
    """

    receipts: tuple[Receipt, ...]
    files: tuple[str, ...]
    contents: Mapping[str, bytes]
    catalogue: Catalogue
    release: Release | None

    @property
    def registration(self) -> Registration | None:
        """The model that the release is of."""
        return None if self.release is None else self.catalogue.registrations.get(self.release.registration)

    @property
    def foreign(self) -> tuple[Receipt, ...]:
        """What others made; a bundle answers for itself."""
        return tuple(receipt for receipt in self.receipts if receipt.kind != "shipworthy-bundle")

    def of(self, *kinds: str) -> Iterator[Receipt]:
        """The receipts of some kinds."""
        return (receipt for receipt in self.receipts if receipt.kind in kinds)

    @cached_property
    def _raw(self) -> dict[str, list[Fact]]:
        found: dict[str, list[Fact]] = {}
        for receipt in self.foreign:
            for fact in receipt.facts if receipt.raw else ():
                found.setdefault(fact.quantity, []).append(fact)
        return found

    def raw(self, quantity: str) -> list[Fact]:
        """What the tools' own files state of a quantity."""
        return self._raw.get(quantity, [])

    def claims(self) -> Iterator[Claim]:
        """What the foreign receipts say about criteria."""
        return (claim for receipt in self.foreign for claim in receipt.claims)

    def criteria(self) -> Iterator[Contract]:
        """The criteria of the release that have a contract and a weight."""
        if self.release is not None:
            for name, weight in self.release.weights.items():
                contract = self.catalogue.contracts.get(name)
                if contract is not None and weight:
                    yield contract

    def falsifiers(self, probe: str) -> Iterator[tuple[Contract, Falsifier]]:
        """The falsifiers of the release that use a probe, whatever its version."""
        for contract in self.criteria():
            for falsifier in contract.falsifiers:
                if falsifier.probe.partition("@")[0] == probe:
                    yield contract, falsifier

    @cached_property
    def _here(self) -> dict[str, list[str]]:
        return by_basename(self.contents)

    def meant(self, file: str, name: str) -> str | None:
        """The file that was read and that `file` means by `name`, or None where that is not known."""
        return meant(file, name, self._here)

    @cached_property
    def _digests(self) -> dict[str, str]:
        return {}

    def digest_of(self, file: str) -> str:
        """The SHA-256 of a file that was read."""
        if file not in self._digests:
            self._digests[file] = sha256_bytes(self.contents[file])
        return self._digests[file]

    @cached_property
    def _listed(self) -> dict[str, dict[str, set[str]]]:
        """Digests that are listed, by the last part of the name, then by the path as it is listed."""
        found: dict[str, dict[str, set[str]]] = {}
        for receipt in self.of("digests"):
            for name, digest in receipt.digests.items():
                for path in (name, written_in(receipt.file, name)):
                    found.setdefault(basename(name), {}).setdefault(path, set()).add(digest)
        return found

    def named_by_digest(self, subject: Subject) -> bool:
        """Whether a digest stands beside a subject, or in a list of digests under its path.

        A list may have been made elsewhere: then one path is the end of the other, of one digest only.
        """
        listed = self._listed.get(basename(subject.name), {})
        if subject.digest or subject.name in listed or written_in(subject.file, subject.name) in listed:
            return True
        alike = ends_alike(subject.name, list(listed))
        return len({digest for path in alike for digest in listed[path]}) == 1

    def registered(self) -> dict[str, Decimal]:
        """The registered model's figures, tensors and parameters included; a band has no one figure."""
        registration = self.registration
        if registration is None:
            return {}
        constants = registration.constants
        found = {
            name: value for name in _CONSTANTS if (value := number(_exact(constants.get(name)))) is not None
        }
        shapes = ArchitectureConfig(**constants, qk_norm=constants["architecture"] == "qwen3").tensor_shapes()
        return {**found, "tensors": Decimal(len(shapes))}


def _exact(value: Any) -> Any:
    return Decimal(str(value)) if isinstance(value, float) else value


def bound(falsifier: Falsifier, quantity: str, keyword: str) -> Decimal | None:
    """A number that a falsifier expects of a quantity, or None."""
    return number(_exact(falsifier.expect.get(quantity, {}).get(keyword)))


def parameter(falsifier: Falsifier, name: str) -> Decimal | None:
    """A number among the parameters of a falsifier, or None."""
    return number(_exact(falsifier.parameters.get(name)))


def choose_release(catalogue: Catalogue, receipts: tuple[Receipt, ...], name: str | None) -> Release | None:
    """The release of that name; else the one that a summary states under `release`; else the one that holds
    all criteria which the receipts claim.

    A demo is chosen only by name. Raises UsageError for a name that is none.
    """
    if name is not None:
        if name not in catalogue.releases:
            known = ", ".join(sorted(catalogue.releases))
            raise UsageError(
                "unknown-release", f"there is no release {name!r}", where="--release", fix=f"name {known}"
            )
        return catalogue.releases[name]
    named = {
        name for r in receipts if r.kind == "summary" if isinstance(name := r.document.get("release"), str)
    }
    if len(named) == 1 and (stated := named.pop()) in catalogue.releases:
        return catalogue.releases[stated]
    claimed = {
        claim.criterion
        for receipt in receipts
        if receipt.kind != "shipworthy-bundle"
        for claim in receipt.claims
        if claim.criterion in catalogue.contracts
    }
    held = [r for r in catalogue.releases.values() if not r.demo and claimed and claimed <= r.weights.keys()]
    return held[0] if len(held) == 1 else None
