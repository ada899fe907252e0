"""Documents of the right form, turned into the dataclasses of the language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..strict_yaml import Document
from .language import (
    Approval,
    ChangelogEntry,
    Contract,
    Falsifier,
    Host,
    Limits,
    Needs,
    Planted,
    Registration,
    Release,
)


def read_contract(document: Document) -> Contract:
    """A contract from a document that validates against the contract schema."""
    value = document.value
    return Contract(
        id=value["id"],
        version=value["version"],
        state=value["state"],
        title=value["title"],
        statement=value["statement"],
        why=value["why"],
        subject=value["subject"],
        applies={key: tuple(names) for key, names in value.get("applies", {}).items()},
        falsifiers=tuple(_falsifier(item) for item in value.get("falsifiers", ())),
        all_of=tuple(value.get("all_of", ())),
        changelog=tuple(ChangelogEntry(**entry) for entry in value.get("changelog", ())),
        notes=tuple(value.get("notes", ())),
        document=document,
    )


def _falsifier(value: Mapping[str, Any]) -> Falsifier:
    needs = value.get("needs", {})
    artifact = needs.get("artifact", ())
    return Falsifier(
        id=value["id"],
        probe=value["probe"],
        expect=value["expect"],
        parameters=value.get("with", {}),
        needs=Needs(needs.get("host"), (artifact,) if isinstance(artifact, str) else tuple(artifact)),
        limits=Limits(**value.get("limits", {})),
        accept=tuple(value.get("accept", ())),
        message=value.get("message", ""),
        planted=tuple(
            Planted(item["defect"], item["of"], item["red"], item.get("on"), item.get("with", {}))
            for item in value.get("planted", ())
        ),
    )


def read_host(document: Document) -> Host:
    """A host from a document that validates against the host schema."""
    return Host(**{**document.value, "changelog": _approvals(document)}, document=document)


def read_registration(document: Document) -> Registration:
    """A registration from a document that validates against the registration schema."""
    value = document.value
    return Registration(
        id=value["id"],
        title=value["title"],
        constants=value["constants"],
        parameters=value["parameters"],
        tokenizer=value.get("tokenizer", {"digest": None}),
        licence=value["licence"],
        sources=tuple(value.get("sources", ())),
        notes=tuple(value.get("notes", ())),
        document=document,
        changelog=_approvals(document),
    )


def read_release(document: Document) -> Release:
    """A release from a document that validates against the release schema."""
    return Release(**{**document.value, "changelog": _approvals(document)}, document=document)


def _approvals(document: Document) -> tuple[Approval, ...]:
    return tuple(Approval(**line) for line in document.value.get("changelog", ()))
