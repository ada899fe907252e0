"""What a bundle says in two places and must say alike: what its subject is, which artifacts it had, and the
rate of its recipe's bench."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isclose
from statistics import median
from typing import Any

from ..portable import portable
from .contents import Contents, measurement_name
from .finding import Finding


def disagreements(contents: Contents) -> Iterator[Finding]:
    """Findings for the subject's format and label, on which scope rests, and for artifacts of two digests."""
    yield from _subject(contents)
    yield from _artifacts(contents)
    yield from _bench(contents)


def _subject(contents: Contents) -> Iterator[Finding]:
    subject = contents.predicate["subject"]
    if "found" in subject:
        label = subject["found"]["constants"].get("architecture")
        if portable(subject.get("architecture")) != portable(label):
            message = f"is stated to be {subject.get('architecture')!r}, and was found to be {label!r}"
            yield Finding("foreign-subject", "subject", message)
    for name, document in _documents(contents):
        raw = document["raw"]
        # What was measured of an artifact may be of another format.
        if not isinstance(raw.get("metadata"), dict) or document.get("artifacts"):
            continue
        if "format" in raw and raw["format"] != subject.get("format"):
            message = f"is stated to be {subject.get('format')!r}, and {name} read {raw['format']!r}"
            yield Finding("foreign-subject", "subject", message)
            return


def _artifacts(contents: Contents) -> Iterator[Finding]:
    """A dispatch takes one file of each kind, and makes one export in each dtype."""
    seen: dict[tuple[str, str], tuple[str, Any]] = {}
    for name, document in _documents(contents):
        artifacts, parameters = document.get("artifacts"), document.get("with")
        export = parameters.get("export", "f32") if isinstance(parameters, dict) else ""
        for kind, entry in artifacts.items() if isinstance(artifacts, dict) else ():
            digest = entry.get("sha256") if isinstance(entry, dict) else None
            first, earlier = seen.setdefault((kind, str(export) if kind == "gguf" else ""), (name, digest))
            if digest != earlier:
                message = f"was measured with another {kind} than {first}"
                yield Finding("artifact-differs", measurement_name(name), message)


def _bench(contents: Contents) -> Iterator[Finding]:
    """It judges nothing and is shown beside throughput, so it is derived as `bench` derives it."""
    bench = contents.predicate["information"].get("bench")
    if bench is None:
        return
    derived = median(sample["tokens"] / sample["seconds"] for sample in bench["samples"])
    stated = bench["median_tokens_per_second"]
    if not isclose(derived, stated, rel_tol=1e-9):
        message = f"states {stated:g} tokens/s, and its samples give {derived:g}"
        yield Finding("information-differs", "statement.json", message)
    elif len(bench["samples"]) != bench["iterations"]:
        message = f"states {bench['iterations']} runs, and has the samples of {len(bench['samples'])}"
        yield Finding("information-differs", "statement.json", message)


def _documents(contents: Contents) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, document in sorted(contents.measurements.items()):
        if isinstance(document, dict) and isinstance(document.get("raw"), dict):
            yield name, document
