"""Jinja as chat templates expect it: the options, functions and filters that `apply_chat_template` documents.

https://huggingface.co/docs/transformers/chat_templating. Where a template could ask for the day or for
chance, it gets the same answer every time: a rendering is compared byte for byte.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from jinja2 import FunctionLoader, Template, exceptions, nodes
from jinja2.ext import Extension, loopcontrols
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace

NOW = datetime(2025, 1, 1)  # local to no place
"""What `strftime_now` takes for now."""
_MESSAGE = 200


class RaisedError(exceptions.TemplateError):
    """The template called `raise_exception`."""


class OutputError(Exception):
    """A rendering is longer than its limit."""


_CODES: tuple[tuple[type[Exception], str], ...] = (
    (RaisedError, "template-raised"),
    (OutputError, "template-output"),
    (exceptions.TemplateSyntaxError, "template-syntax"),
    (exceptions.TemplateNotFound, "template-include"),
    (exceptions.SecurityError, "template-unsafe"),
    (exceptions.UndefinedError, "template-undefined"),
    (UnicodeEncodeError, "template-not-text"),
    (MemoryError, "template-memory"),
    (RecursionError, "template-recursion"),
    (OverflowError, "template-too-much"),
    (SyntaxError, "template-syntax"),
    (Exception, "template-failed"),
)
"""The code of an error of a template: that of the first class which it is."""


def chat_environment() -> ImmutableSandboxedEnvironment:
    """An environment without a loader of files, in which nothing given to a template can be changed."""
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=[_Generation, loopcontrols],
        loader=FunctionLoader(lambda name: None),
    )
    environment.filters["tojson"] = _tojson
    environment.globals["raise_exception"] = _raise_exception
    environment.globals["strftime_now"] = NOW.strftime
    environment.globals["namespace"] = _TemplateNamespace
    return environment


def render_one(template: Template, variables: Mapping[str, Any], output_bytes: int) -> str:
    """One rendering, stopped where it passes `output_bytes` of UTF-8.

    Raises whatever the template does, OutputError, and UnicodeEncodeError for text that is no UTF-8.
    """
    random.seed(0)
    pieces: list[str] = []
    left = output_bytes
    for piece in template.generate(variables):
        left -= len(piece)
        if left < 0:
            raise OutputError(f"gives more than {output_bytes} bytes")
        pieces.append(piece)
    text = "".join(pieces)
    if len(text.encode()) > output_bytes:
        raise OutputError(f"gives more than {output_bytes} bytes")
    return text


def as_error(error: Exception) -> dict[str, str]:
    """The code and one short line of what went wrong."""
    code = next(code for kind, code in _CODES if isinstance(error, kind))
    said = " ".join(str(error).split())[:_MESSAGE].encode(errors="backslashreplace").decode()
    name = type(error).__name__
    return {"code": code, "message": said if said and code != "template-failed" else f"{name}: {said}"}


class _Generation(Extension):
    """`{% generation %}` marks what the assistant said; it changes nothing of what is rendered."""

    tags = {"generation"}  # noqa: RUF012  # as Extension declares it

    def parse(self, parser: Parser) -> list[nodes.Node]:
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


class _TemplateNamespace(Namespace):
    """A namespace whose attributes cannot begin with an underscore."""

    def __init__(*arguments: Any, **named: Any) -> None:
        self, *rest = arguments  # so that a template may store an attribute called `self`
        attributes = dict(*rest, **named)
        for name in attributes:
            _check_name(name)
        Namespace.__init__(self, attributes)

    def __setitem__(self, name: str, value: Any) -> None:
        _check_name(name)
        super().__setitem__(name, value)


def _check_name(name: Any) -> None:
    if isinstance(name, str) and name.startswith("_"):
        raise exceptions.SecurityError(f"a namespace takes no attribute {name!r}")


def _raise_exception(message: Any) -> None:
    raise RaisedError(str(message))


def _tojson(
    value: Any,
    ensure_ascii: bool = False,
    indent: int | str | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,
) -> str:
    """JSON as it is, where Jinja's own filter would escape HTML."""
    return json.dumps(
        value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys
    )
