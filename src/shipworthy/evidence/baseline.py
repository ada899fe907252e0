"""A baseline: what an earlier bundle measured, kept so that a later measurement can be held against it.

`--artifact baseline=PLACE` names the file that `shipworthy baseline set` wrote, or a bundle. The file holds,
per falsifier of a DISCHARGED criterion, the quantities, what they were measured with and on, the criterion's
hash and the digests of bundle and measurement; `sha256` is the SHA-256 of all the rest (RFC 8785). A probe
that needs a baseline reads it so:

    baseline = read_baseline(artifacts["baseline"])
    record = baseline.find("decode_throughput@2", engine="torch", device="cpu")
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from ..canonical import sha256_file, sha256_json, strict_loads
from ..contract import MeasurementError, quantities_of
from ..contract.probes import PROBES, RETIRED
from ..errors import FileError, NotMeasurable, ShipworthyError
from .bundle import Bundle, json_bytes, read_bundle
from .files import MANIFEST

SCHEMA = "shipworthy/baseline/1"
HOST_FACTS = ("system", "machine", "processor", "cores")
"""What of a bundle's environment says which class of machine it was measured on."""
_TEXTS = {"type": "object", "additionalProperties": {"type": "string"}}
_RECORD = {
    "id": {"type": "string"},
    "version": {"type": "string"},
    "criterion": {"type": "string"},
    "falsifier": {"type": "string"},
    "probe": {"type": "string"},
    "with": {"type": "object"},
    "device": {"type": "object"},
    "quantities": {"type": "object"},
    "measurement_sha256": {"type": "string"},
}
_FIELDS = {
    "schema": {"const": SCHEMA},
    "bundle": {**_TEXTS, "required": ["name", "manifest_sha256", "started", "release"]},
    "registration": _TEXTS,
    "subject": {**_TEXTS, "required": ["name", "sha256"]},
    "host": {"type": "object"},
    "records": {
        "type": "array",
        "items": {
            "type": "object",
            "properties": _RECORD,
            "required": list(_RECORD),
            "additionalProperties": False,
        },
    },
    "sha256": {"type": "string"},
}
_SHAPE = {
    "type": "object",
    "properties": _FIELDS,
    "required": list(_FIELDS),
    "additionalProperties": False,
}


class NothingDischarged(ShipworthyError):
    """A bundle in which nothing was DISCHARGED, or nothing that can be derived again, is no baseline."""

    exit_code = 1


@dataclass(frozen=True)
class Record:
    """One falsifier that passed: what it measured, with which parameters, on which device.

    `discharged` says whether its whole criterion was; a baseline that was set has no others.
    """

    id: str
    version: str
    criterion: str
    falsifier: str
    probe: str
    parameters: Mapping[str, Any]
    device: Mapping[str, Any]
    quantities: Mapping[str, Any]
    measurement_sha256: str
    discharged: bool = True

    def to_json(self) -> dict[str, Any]:
        """As the file keeps it."""
        return {
            "id": self.id,
            "version": self.version,
            "criterion": self.criterion,
            "falsifier": self.falsifier,
            "probe": self.probe,
            "with": dict(self.parameters),
            "device": dict(self.device),
            "quantities": dict(self.quantities),
            "measurement_sha256": self.measurement_sha256,
        }


@dataclass(frozen=True)
class Baseline:
    """What one bundle measured. `left_out` says of passed falsifiers why they are no record.

    `started` is the bundle's time in ISO 8601; `host` has the HOST_FACTS of the machine.
    """

    bundle: str
    manifest_sha256: str
    started: str
    release: str
    registration: Mapping[str, str]
    subject: Mapping[str, str]
    host: Mapping[str, Any]
    records: tuple[Record, ...]
    left_out: tuple[str, ...] = field(default=(), compare=False)

    def to_json(self) -> dict[str, Any]:
        """The document, its own digest under `sha256`."""
        body = {
            "schema": SCHEMA,
            "bundle": {
                "name": self.bundle,
                "manifest_sha256": self.manifest_sha256,
                "started": self.started,
                "release": self.release,
            },
            "registration": dict(self.registration),
            "subject": dict(self.subject),
            "host": dict(self.host),
            "records": [record.to_json() for record in self.records],
        }
        return {**body, "sha256": sha256_json(body)}

    def find(self, probe: str, **parameters: Any) -> Record:
        """The record of a probe whose parameters have these values.

        Raises NotMeasurable (missing_artifact) where there is none, FileError where several differ.
        """
        found = [
            record
            for record in self.records
            if record.probe == probe
            and all(record.parameters.get(name) == value for name, value in parameters.items())
        ]
        if not found:
            asked = "".join(f", {name} {value}" for name, value in parameters.items())
            raise NotMeasurable(
                "missing_artifact",
                "baseline-without-it",
                f"the baseline {self.bundle} holds no measurement of {probe}{asked}",
                fix="set one from a bundle that does",
            )
        if any(record.quantities != found[0].quantities for record in found):
            names = ", ".join(record.falsifier for record in found)
            message = f"holds several measurements of {probe}: {names}"
            raise FileError("baseline-not-clear", message, path=Path(self.bundle), fix="name parameters")
        return found[0]


def baseline_of(path: Path, *, discharged_only: bool = True) -> Baseline:
    """What a bundle measured and passed, every quantity derived again from its raw samples.

    Raises FileError (a bundle that does not verify, or whose quantities are not those of its samples) and
    NothingDischarged.
    """
    bundle = read_bundle(path)
    if bundle.refused:
        raise NothingDischarged(
            "nothing-discharged", f"refused its subject: {bundle.refused}", where=path.name
        )
    left_out: list[str] = []
    records = tuple(_records(bundle, left_out, discharged_only=discharged_only))
    if not records:
        why = "; ".join(left_out) or "no criterion in it is DISCHARGED"
        raise NothingDischarged("nothing-discharged", f"is no baseline: {why}", where=path.name)
    predicate = bundle.predicate
    environment = _json(path / "environment.json")
    return Baseline(
        bundle=path.resolve().name,
        manifest_sha256=sha256_file(path / MANIFEST),
        started=predicate["started"],
        release=predicate["release"]["id"],
        registration=dict(predicate["registration"]),
        subject={name: predicate["subject"][name] for name in ("name", "sha256")},
        host={name: environment.get(name) for name in HOST_FACTS},
        records=records,
        left_out=tuple(left_out),
    )


def _records(bundle: Bundle, left_out: list[str], *, discharged_only: bool) -> Iterator[Record]:
    for entry in bundle.predicate["criteria"]:
        discharged = entry["verdict"] == "DISCHARGED"
        for outcome in entry["falsifiers"] if discharged or not discharged_only else ():
            name = outcome.get("measurement")
            if outcome["outcome"] != "PASS" or name is None:
                continue
            place = bundle.path / name
            document = _json(place)
            probe = {**PROBES, **RETIRED}.get(document["probe"])
            if probe is None:
                left_out.append(
                    f"{outcome['falsifier']}: no probe {document['probe']} is here to derive it again"
                )
                continue
            try:
                quantities = quantities_of(probe, document["raw"])
            except MeasurementError as error:
                raise FileError("cannot-rederive", str(error), path=place) from error
            if quantities != outcome["quantities"] or document["criterion"] != entry["criterion"]:
                message = (
                    "does not give the quantities, or is not of the criterion, that the statement records"
                )
                raise FileError("cannot-rederive", message, path=place)
            yield Record(
                id=entry["id"],
                version=entry["version"],
                criterion=entry["criterion"],
                falsifier=outcome["falsifier"],
                probe=document["probe"],
                parameters=document["with"],
                device=document["device"],
                quantities=quantities,
                measurement_sha256=sha256_file(place),
                discharged=discharged,
            )


def read_baseline(path: Path) -> Baseline:
    """A baseline from the file that was set, or from a bundle, which also gives what passed undischarged.

    Raises FileError: `baseline-changed` where the file is not what was recorded, `bad-baseline`, and what
    `baseline_of` raises.
    """
    if path.is_dir():
        return baseline_of(path, discharged_only=False)
    document = _json(path)
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise FileError(
            "bad-baseline", f"is no {SCHEMA}", path=path, fix="write it with `shipworthy baseline set`"
        )
    if problem := _problem(document):
        fix = "write it with `shipworthy baseline set`"
        raise FileError("bad-baseline", f"is not a baseline: {problem}", path=path, fix=fix)
    body = {name: value for name, value in document.items() if name != "sha256"}
    if sha256_json(body) != document.get("sha256"):
        fix = "set it anew from its bundle"
        raise FileError("baseline-changed", "was changed after it was recorded", path=path, fix=fix)
    bundle = body["bundle"]
    return Baseline(
        bundle=bundle["name"],
        manifest_sha256=bundle["manifest_sha256"],
        started=bundle["started"],
        release=bundle["release"],
        registration=body["registration"],
        subject=body["subject"],
        host=body["host"],
        records=tuple(_record(entry) for entry in body["records"]),
    )


def _problem(document: Mapping[str, Any]) -> str:
    """Where a document is not of its shape, or an empty string where it is."""
    error = best_match(Draft202012Validator(_SHAPE).iter_errors(document))
    if error is None:
        return ""
    place = "/".join(str(key) for key in error.absolute_path) or "the document"
    return f"{place}: {error.message[:200]}"


def _record(entry: Mapping[str, Any]) -> Record:
    named = {name: value for name, value in entry.items() if name != "with"}
    return Record(parameters=entry["with"], **named)


def write_baseline(baseline: Baseline, path: Path) -> None:
    """Write the file; its folder is made."""
    from ..atomic import write_bytes

    write_bytes(path, json_bytes(baseline.to_json()))


def _json(path: Path) -> Any:
    try:
        return strict_loads(path.read_bytes())
    except OSError as error:
        raise FileError("no-such-file", f"cannot be read: {error.strerror}", path=path) from error
    except ValueError as error:
        raise FileError("bad-json", f"is not strict JSON: {error}", path=path) from error
