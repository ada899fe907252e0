"""What is on trial: a subject, the release it is tried for, and the files that were attached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..atomic import write_json
from ..checkpoint import open_checkpoint
from ..checkpoint.registered import architecture_of
from ..checkpoint.registered import found_in as found_in_checkpoint
from ..contract import (
    Catalogue,
    Contract,
    Registration,
    Release,
    criterion_hash,
    load_catalogue,
    registration_digest,
)
from ..contract.probe import ARTIFACT_KINDS
from ..contract.registered import Found, differences_from, registered_constants
from ..errors import FileError, UsageError, display_path
from ..evidence.baseline import read_baseline
from ..resources import find


@dataclass(frozen=True)
class Subject:
    """A checkpoint and what identifies it: name, format, architecture label and SHA-256."""

    path: Path
    name: str
    format: str
    architecture: str
    digest: str


@dataclass(frozen=True)
class Trial:
    """Everything that a gate may know. `unregistered` names how the subject is not the registration's,
    which follows from what was `found` in it."""

    subject: Subject
    catalogue: Catalogue
    release: Release
    registration: Registration
    artifacts: Mapping[str, Path]
    workdir: Path
    unregistered: tuple[str, ...] = ()
    found: Found | None = None

    @property
    def contracts(self) -> tuple[Contract, ...]:
        """The criteria of the release that have an active contract, in the release's order."""
        found = (self.catalogue.contracts.get(name) for name in self.release.weights)
        return tuple(contract for contract in found if contract is not None and contract.compiles)

    @property
    def drafts(self) -> tuple[Contract, ...]:
        """The criteria of the release whose contract is a DRAFT: it has no gate, and is not run."""
        found = (self.catalogue.contracts.get(name) for name in self.release.weights)
        return tuple(contract for contract in found if contract is not None and contract.state == "DRAFT")

    def criterion(self, contract: Contract) -> str:
        """The identity of a criterion: SHA-256 of what it demands."""
        return criterion_hash(contract, self.catalogue)

    @property
    def registration_sha256(self) -> str:
        """The digest that evidence binds to."""
        return registration_digest(self.registration)

    def on(self, path: Path, artifacts: Mapping[str, Path]) -> Trial:
        """The same trial of another subject, as a planted defect needs it."""
        return replace(self, subject=identify(path), artifacts=dict(artifacts))


def identify(path: Path) -> Subject:
    """Open a checkpoint, verify its content and take its digest. Raises FileError."""
    with open_checkpoint(path) as checkpoint:
        checkpoint.verify()
        return Subject(
            path=path,
            name=path.name,
            format=checkpoint.format,
            architecture=architecture_of(checkpoint),
            digest=checkpoint.digest(),
        )


def load_contracts() -> Catalogue:
    """The contracts of this directory, or the installed ones. Raises ContractError, UsageError."""
    return load_catalogue(find("contracts").path)


def choose_release(catalogue: Catalogue, name: str | None, subject: Path | None) -> Release:
    """The release that was named, or the only one whose registration has the subject's constants."""
    if name is not None:
        if name not in catalogue.releases:
            raise UsageError(
                "no-such-release",
                f"there is no release {name!r}",
                where=display_path(catalogue.root / "releases"),
                fix=f"choose one of {', '.join(sorted(catalogue.releases))}",
            )
        return catalogue.releases[name]
    matching = [
        release
        for release in catalogue.releases.values()
        if subject is not None and not differences(subject, catalogue.registrations[release.registration])
    ]
    if len(matching) != 1:
        found = ", ".join(release.id for release in matching) or "none"
        raise UsageError(
            "release-not-clear",
            f"the releases whose registration has this subject's constants are: {found}",
            fix=f"name one with --release: {', '.join(sorted(catalogue.releases))}",
        )
    return matching[0]


def differences(path: Path, registration: Registration) -> tuple[str, ...]:
    """Each constant, and the parameter count, in which a subject differs from a registration."""
    return differences_from(registration, found_in(path))


def found_in(path: Path) -> Found:
    """What a subject is, as a registration would state it."""
    with open_checkpoint(path) as checkpoint:
        return found_in_checkpoint(checkpoint)


def registration_of(path: Path, catalogue: Catalogue) -> Registration:
    """The one registration whose constants, tokenizer and parameter band a subject meets.

    Raises UsageError no-registration where there is none, or more than one.
    """
    found = [r for r in catalogue.registrations.values() if not differences(path, r)]
    if len(found) != 1:
        raise UsageError(
            "no-registration",
            f"the registrations that {path.name} meets are: {', '.join(r.id for r in found) or 'none'}",
            where=display_path(catalogue.root / "models"),
            fix="`shipworthy contract new --from SUBJECT` drafts one",
        )
    return found[0]


def make_trial(
    subject: Path,
    *,
    catalogue: Catalogue,
    release: str | None,
    artifacts: Mapping[str, Path],
    workdir: Path,
) -> Trial:
    """Open the subject, choose the release, and note whether the subject is the registration's."""
    identified = identify(subject)
    chosen = choose_release(catalogue, release, subject)
    registration = catalogue.registrations[chosen.registration]
    found = found_in(subject)
    names = registered_constants(registration)
    return Trial(
        subject=identified,
        catalogue=catalogue,
        release=chosen,
        registration=registration,
        artifacts=dict(artifacts),
        workdir=workdir,
        unregistered=differences_from(registration, found),
        found=replace(found, constants={name: found.constants.get(name) for name in names}),
    )


def parse_artifacts(pairs: Sequence[str], folder: Path | None = None) -> dict[str, Path]:
    """`kind=path` pairs as the command line gives them; a GGUF that is not F32 is `gguf:DTYPE`.

    A release may be a URL, which is kept as a file in `folder`; without one it is left out. Raises
    UsageError, FileError.
    """
    artifacts: dict[str, Path] = {}
    for pair in pairs:
        kind, _, value = pair.partition("=")
        if not value or not (kind in ARTIFACT_KINDS or _names_an_export(kind)):
            raise UsageError(
                "bad-artifact",
                f"{pair!r} is not KIND=PATH",
                where="--artifact",
                fix=f"the kinds are {', '.join(ARTIFACT_KINDS)}, and gguf:DTYPE of an export that is not F32",
            )
        if kind in artifacts:
            fix = "attach one"
            raise UsageError("artifact-twice", f"{kind} is attached twice", where="--artifact", fix=fix)
        if kind == "release" and "://" in value:
            if folder is not None:
                artifacts[kind] = folder / "release.json"
                write_json(artifacts[kind], {"schema": "shipworthy/release-address/1", "url": value})
            continue
        path = Path(value)
        if not path.exists():
            message = f"the {kind} that --artifact names is not there"
            raise FileError("no-such-file", message, path=path, fix="attach a file that is there")
        if kind.partition(":")[0] == "gguf" and not path.is_file():
            raise FileError("not-a-file", "the gguf that --artifact names is a directory", path=path)
        if kind == "baseline":
            read_baseline(path)  # refused now, not when its gate comes
        artifacts[kind] = path
    return artifacts


def _names_an_export(kind: str) -> bool:
    """Whether it is gguf:DTYPE of a dtype that a gate can ask for."""
    from ..pipeline.export import EXPORT_DTYPES

    family, _, dtype = kind.partition(":")
    return family == "gguf" and dtype in set(EXPORT_DTYPES) - {"f32", "keep"}
