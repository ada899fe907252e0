"""YAML read without surprises: the YAML 1.2 core meaning, or a refusal with file, line and column.

PyYAML keeps the last of two equal keys, reads `no` as False, `12:30` as 750 and `1e-3` as a string; each
of those is refused here with what to write instead. Anchors, aliases and tags are refused too.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from .errors import ContractError, display_path

MAX_BYTES = 1_000_000
MAX_DEPTH = 20
MAX_INTEGER = 2**53 - 1  # RFC 8785 hashes no integer beyond it

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z")
_FLOAT = re.compile(r"[-+]?(0|[1-9][0-9]*)\.[0-9]+([eE][-+]?[0-9]+)?\Z")
_WORDS = {"true": True, "false": False, "null": None}

# What PyYAML, or another reader, would silently take for something else.
_REINTERPRETED = (
    (re.compile(r"[-+]?[0-9]+[eE][-+]?[0-9]+\Z"), "write a decimal point, as in 1.0e-3"),
    (re.compile(r"[-+]?(\.[0-9]+|[0-9]+\.)([eE][-+]?[0-9]+)?\Z"), "write digits on both sides of the point"),
    (
        re.compile(r"[-+]?0[0-9_]+\Z|[-+]?0[xXoObB][0-9a-fA-F_]+\Z"),
        "write a decimal number, or quote a string",
    ),
    (re.compile(r"[-+]?[0-9][0-9_]*_[0-9_]*(\.[0-9_]*)?\Z"), "write the number without underscores"),
    (re.compile(r"[-+]?[0-9]+(:[0-5]?[0-9])+(\.[0-9]*)?\Z"), "quote it: a reader may take it for base 60"),
    (re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ].*)?\Z"), "quote it: a reader may take it for a date"),
    (re.compile(r"[-+]?\.(inf|nan)\Z", re.IGNORECASE), "a bound must be a finite number"),
    (re.compile(r"(y|n|yes|no|on|off)\Z", re.IGNORECASE), "write true or false, or quote the string"),
    (re.compile(r"(true|false|null)\Z", re.IGNORECASE), "write it in lower case, or quote the string"),
    (re.compile(r"~\Z|\Z"), "write null, or quote the string"),
    (re.compile(r"(=|<<)\Z"), "quote it"),
)

_HIDDEN = re.compile(r"\r(?!\n)|[^\r\n\t -~]")
"""What may not be visible in a file: whether it is, only `str.isprintable` knows."""

_SUSPECT = frozenset("+-.0123456789~=<") | frozenset(yaml.SafeLoader.yaml_implicit_resolvers)
"""The first characters of everything that the patterns above, or PyYAML's own, can match."""


Keys = tuple[str | int, ...]


_PLAIN: set[str] = set()
"""Plain scalars that were found to mean themselves: keys and names come again in every file."""
_MOST_PLAIN = 20_000


@dataclass(frozen=True)
class Document:
    """A parsed file: its value and its bytes."""

    value: Any
    path: Path
    data: bytes

    @cached_property
    def marks(self) -> dict[Keys, tuple[int, int]]:
        """The (line, column), from 1, at which each key path begins: read when a refusal asks for it."""
        marks: dict[Keys, tuple[int, int]] = {}
        _Builder(self.path, marks).build(self.data.decode("utf-8"))
        return marks

    def where(self, keys: Keys = ()) -> str:
        """`file:line:column` of a key path, or of its nearest parent that has one."""
        while keys and keys not in self.marks:
            keys = keys[:-1]
        line, column = self.marks.get(keys, (1, 1))
        return f"{display_path(self.path)}:{line}:{column}"


def load(path: Path) -> Document:
    """Read one YAML document. Raises ContractError naming file, line and column."""
    return loads(_read(path), path)


def _read(path: Path) -> bytes:
    """At most one byte more than is allowed, which is told by its place; of a pipe nothing is awaited."""
    try:
        with open(path, "rb", opener=_without_waiting) as stream:
            if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                raise OSError(errno.EINVAL, "it is no regular file")
            return stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise ContractError(
            "unreadable-yaml",
            f"cannot be read: {error.strerror}",
            where=display_path(path),
            fix="name a file that is there and can be read",
        ) from error


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)


def refusals(path: Path) -> list[ContractError]:
    """Everything for which `load` would refuse a file, as far as it can be read on."""
    found: list[ContractError] = []
    try:
        data = _read(path)
    except ContractError:
        return found
    try:
        loads(data, path, found)
    except ContractError as error:
        found.append(error)
    return found


def loads(data: bytes, path: Path, refused: list[ContractError] | None = None) -> Document:
    """Parse the bytes of one YAML document; `path` is for messages.

    With `refused`, what does not end the reading is added to it in place of being raised.
    """
    if len(data) > MAX_BYTES:
        place = _after(data[:MAX_BYTES].decode("utf-8", "ignore"))
        where = f"{display_path(path)}{place}"
        fix = "keep what is read by people; data belongs in contracts/data/"
        raise ContractError("yaml-too-large", f"is larger than {MAX_BYTES} bytes", where=where, fix=fix)
    builder = _Builder(path, refused=refused)
    try:
        text = data.decode("utf-8")
        value = builder.build(text)
    except UnicodeDecodeError as error:
        place = _after(data[: error.start].decode("utf-8"))
        raise ContractError(
            "yaml-not-utf8",
            f"is not UTF-8 at byte {error.start}",
            where=f"{display_path(path)}{place}",
            fix="save it as UTF-8",
        ) from error
    except yaml.reader.ReaderError as error:
        character = f"U+{error.character:04X}" if isinstance(error.character, int) else repr(error.character)
        place = _after(data[: error.position].decode("utf-8", "ignore"))
        raise ContractError(
            "yaml-character",
            f"the character {character} is not allowed",
            where=f"{display_path(path)}{place}",
            fix="remove it",
        ) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        where = f"{display_path(path)}{place}"
        raise ContractError("yaml-syntax", f"{problem}", where=where, fix="mend the line") from error
    return Document(value, path, data)


def _itself(text: str) -> str:
    """A plain scalar that means itself, noted so that the next one alike is not looked at."""
    if len(_PLAIN) < _MOST_PLAIN:
        _PLAIN.add(text)
    return text


def _unseen(text: str) -> str:
    """The first character that is neither visible nor an end of line nor a tab, else an empty string."""
    return next((c for c in text if not c.isprintable() and c not in "\n\t"), "")


def _hidden(character: str, where: str) -> ContractError:
    message = f"the character U+{ord(character):04X} cannot be seen and is not allowed"
    return ContractError("yaml-character", message, where=where, fix="remove it")


def _place(event: yaml.Event) -> tuple[int, int]:
    mark = event.start_mark
    return (1, 1) if mark is None else (mark.line + 1, mark.column + 1)


def _after(text: str) -> str:
    return f":{text.count(chr(10)) + 1}:{len(text) - text.rfind(chr(10))}"


class _Builder:
    """Builds plain values from parser events, so that nothing is resolved behind our back.

    `marks`, where it is given, receives the place of every key path, `refused` what would be raised.
    """

    def __init__(
        self,
        path: Path,
        marks: dict[Keys, tuple[int, int]] | None = None,
        refused: list[ContractError] | None = None,
    ) -> None:
        self.path = path
        self.marks = marks
        self.refused = refused

    def build(self, text: str) -> Any:
        self.visible(text)
        self.next = _Loader(text).get_event
        self.next()
        event = self.next()
        if isinstance(event, yaml.StreamEndEvent):
            raise ContractError(
                "yaml-empty",
                "holds no document",
                where=f"{display_path(self.path)}:1:1",
                fix="write its keys; the other files of its directory are examples",
            )
        if getattr(event, "version", None) is not None or getattr(event, "tags", None):
            raise self.refuse(
                event, "yaml-directive", "a %YAML or %TAG directive is not allowed", "remove it"
            )
        value = self.value(self.next(), (), 0)
        self.next()
        event = self.next()
        if not isinstance(event, yaml.StreamEndEvent):
            message = "a second document begins here"
            raise self.refuse(event, "yaml-two-documents", message, "give it a file of its own")
        return value

    def visible(self, text: str) -> None:
        """Refuse what a reviewer cannot see, comments included; a byte order mark may come first."""
        if text.isascii() and "\r" not in text:
            return
        for found in _HIDDEN.finditer(text):
            if not found[0].isprintable() and (found[0] != "\ufeff" or found.start()):
                where = f"{display_path(self.path)}{_after(text[: found.start()])}"
                self.go_on_after(_hidden(found[0], where))

    def refuse(self, event: yaml.Event, code: str, message: str, fix: str = "") -> ContractError:
        line, column = _place(event)
        where = f"{display_path(self.path)}:{line}:{column}"
        return ContractError(code, message, where=where, fix=fix)

    def go_on_after(self, error: ContractError) -> None:
        """Raise a refusal after which the events still tell what follows, or keep it and read on."""
        if self.refused is None:
            raise error
        self.refused.append(error)

    def value(self, event: Any, keys: Keys, depth: int) -> Any:
        if self.marks is not None:
            self.marks.setdefault(keys, _place(event))
        kind = type(event)
        if kind is yaml.AliasEvent:
            message = f"the alias *{event.anchor} is not allowed"
            self.go_on_after(self.refuse(event, "yaml-alias", message, "write it out"))
            return None
        if event.anchor is not None:
            message = f"the anchor &{event.anchor} is not allowed"
            self.go_on_after(self.refuse(event, "yaml-anchor", message, "remove it"))
        if event.tag is not None:
            message = f"the tag {event.tag} is not allowed"
            self.go_on_after(self.refuse(event, "yaml-tag", message, "remove it"))
        if depth > MAX_DEPTH:
            message = f"is nested deeper than {MAX_DEPTH} levels"
            raise self.refuse(event, "yaml-depth", message, "write it flatter")
        if kind is yaml.ScalarEvent:
            try:
                return self.scalar(event)
            except ContractError as error:
                self.go_on_after(error)
                return event.value
        if kind is yaml.SequenceStartEvent:
            return self.sequence(keys, depth + 1)
        return self.mapping(keys, depth + 1)

    def sequence(self, keys: Keys, depth: int) -> list[Any]:
        items: list[Any] = []
        while type(event := self.next()) is not yaml.SequenceEndEvent:
            below = keys if self.marks is None else (*keys, len(items))
            items.append(self.value(event, below, depth))
        return items

    def mapping(self, keys: Keys, depth: int) -> dict[str, Any]:
        result: dict[str, Any] = {}
        while type(event := self.next()) is not yaml.MappingEndEvent:
            key = self.key(event, depth)
            if not isinstance(key, str):
                message = f"the key {key!r} is not a string"
                self.go_on_after(self.refuse(event, "yaml-key", message, "quote it"))
                key = str(key)
            if key in result:
                message = f"the key {key!r} appears twice"
                self.go_on_after(self.refuse(event, "yaml-duplicate-key", message, "keep one"))
            below = keys
            if self.marks is not None:
                below = (*keys, key)
                self.marks[below] = _place(event)
            result[key] = self.value(self.next(), below, depth)
        return result

    def key(self, event: Any, depth: int) -> Any:
        # A key must be a string, so `on:` can mean nothing else here; our language has such a key.
        known = type(event) is yaml.ScalarEvent and (event.value == "on" or event.value in _PLAIN)
        if known and event.anchor is event.tag is None and depth <= MAX_DEPTH:
            return event.value
        marks, self.marks = self.marks, None
        try:
            return self.value(event, (), depth)
        finally:
            self.marks = marks

    def scalar(self, event: yaml.ScalarEvent) -> Any:
        text: str = event.value
        if event.style or text in _PLAIN:
            # An escape such as "\0" writes what the file itself cannot hold.
            if event.style == '"' and not text.isprintable() and (hidden := _unseen(text)):
                line, column = _place(event)
                raise _hidden(hidden, f"{display_path(self.path)}:{line}:{column}")
            return text
        if text in _WORDS:
            return _WORDS[text]
        if text and text[0] not in _SUSPECT:
            return _itself(text)
        if _INTEGER.match(text):
            if len(text) > 17 or abs(int(text)) > MAX_INTEGER:
                shown = text if len(text) <= 24 else text[:24] + "…"
                raise self.refuse(event, "yaml-number", f"{shown} is not exact in JSON", "quote it")
            return int(text)
        if _FLOAT.match(text):
            return self.number(event, text)
        for pattern, fix in _REINTERPRETED:
            if pattern.match(text):
                raise self.refuse(event, "yaml-scalar", f"the plain scalar {text!r} is ambiguous", fix)
        for tag, pattern in yaml.SafeLoader.yaml_implicit_resolvers.get(text[0], ()):
            if pattern.match(text):
                kind = tag.rpartition(":")[2]
                message = f"the plain scalar {text!r} is ambiguous: a reader may take it for a {kind}"
                raise self.refuse(event, "yaml-scalar", message, "quote it")
        return _itself(text)

    def number(self, event: yaml.ScalarEvent, text: str) -> float:
        number = float(text)
        if number in (float("inf"), float("-inf")):
            raise self.refuse(event, "yaml-number", f"{text} is not finite", "write a finite number")
        if number == 0 and re.search(r"[1-9]", re.split("[eE]", text)[0]):
            message = f"{text} is too small for a float64 and becomes 0"
            raise self.refuse(event, "yaml-number", message, "write 0.0, or a number that a float64 holds")
        if re.search(r"[eE][0-9]", text):
            fix = f"write {re.sub('[eE]', 'e+', text)}"
            raise self.refuse(event, "yaml-scalar", f"the plain scalar {text!r} is ambiguous", fix)
        return number
