"""One adapter for each tool whose receipts are read, recognised by their shape, never by their name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ....errors import FileError
from ..finding import WHOLE_FILE, Finding, NotRead
from ..places import texts
from ..reading import Source
from ..receipt import Receipt
from ..strict import NotStrictJson, parse
from . import (
    apr_bench,
    apr_inspect,
    apr_qa,
    bundle,
    digests,
    junit,
    llama_bench,
    lm_eval,
    load_log,
    shipworthy_bench,
    summary,
    trajectory,
)


@dataclass(frozen=True)
class Adapter:
    """`recognises` looks at the parsed document, `read` makes the receipt of a file of that name.

    `wordy` says that its texts are looked through, which has a limit.
    """

    recognises: Callable[[Any], bool]
    read: Callable[[str, Any], Receipt]
    wordy: bool = False


MAX_TEXT = 1 << 18
"""Characters in the texts of a summary or a battery; a real one has some thousands."""


JSON = (
    Adapter(shipworthy_bench.recognises, shipworthy_bench.read),
    Adapter(llama_bench.recognises, llama_bench.read),
    Adapter(apr_bench.recognises, apr_bench.read),
    Adapter(apr_qa.recognises, apr_qa.read, wordy=True),
    Adapter(apr_inspect.recognises, apr_inspect.read),
    Adapter(lm_eval.recognises, lm_eval.read),
    Adapter(summary.recognises, summary.read, wordy=True),
)
"""The most particular shape first: a summary is what names criteria and is none of the others."""

TEXT = (
    Adapter(digests.recognises, digests.read),
    Adapter(trajectory.recognises, trajectory.read),
    Adapter(load_log.recognises, load_log.read),
)


def read(source: Source) -> Receipt | NotRead | Finding:
    """The receipt in a file; else why there is none. A file that should be JSON and is not is a finding."""
    if source.bundle is not None:
        try:
            return bundle.read(source.file, source.bundle)
        except FileError as error:
            what = f"the bundle does not verify: {error}"
            return Finding("bundle-does-not-verify", source.file, WHOLE_FILE, None, error.code, what)
    start = source.data[:64].lstrip()
    if source.file.lower().endswith(".json") or start[:1] in (b"{", b"["):
        return _json(source)
    if start[:1] == b"<":
        return _xml(source)
    try:
        text = source.data.decode()
    except UnicodeDecodeError:
        return NotRead(source.file, "is no text")
    if not text.strip() or "\0" in text:
        return NotRead(source.file, "is no text" if text.strip() else "is empty")
    return _first(TEXT, source.file, text)


def _json(source: Source) -> Receipt | NotRead | Finding:
    try:
        document = parse(source.data)
    except NotStrictJson as error:
        if not source.file.lower().endswith(".json"):
            return NotRead(source.file, f"is neither strict JSON ({error.message}) nor a text that is known")
        what = f"is not strict JSON: it {error.message}; nothing in it was read"
        return Finding("not-strict-json", source.file, f"line {error.line}", None, error.message, what)
    return _first(JSON, source.file, document)


def _xml(source: Source) -> Receipt | NotRead | Finding:
    try:
        root = junit.parse(source.data)
    except junit.HostileXml as error:
        if not source.file.lower().endswith(".xml"):
            return NotRead(source.file, f"{error.message} (line {error.line})")
        what = f"{error.message}; nothing in it was read"
        return Finding("not-plain-xml", source.file, f"line {error.line}", None, error.message, what)
    return _first((Adapter(junit.recognises, junit.read),), source.file, root)


def _first(adapters: tuple[Adapter, ...], file: str, document: Any) -> Receipt | NotRead:
    length = sum(len(text) for text in texts(document)) if isinstance(document, dict) else 0
    for adapter in adapters:
        if adapter.wordy and length > MAX_TEXT:
            return NotRead(file, f"holds texts of {length} characters, more than {MAX_TEXT}")
        if adapter.recognises(document):
            return adapter.read(file, document)
    return NotRead(file, "has no shape that is known")
