"""JUnit XML: suites of tests. No DTD is read, so that no entity can be defined, and nesting is bounded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from ..receipt import Fact, Gate, Receipt

MAX_DEPTH = 32
MAX_ELEMENTS = 100_000
_OUTCOMES = ("failure", "error", "skipped")


class HostileXml(ValueError):
    """Why an XML text is not read, and the line at which it shows."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.message, self.line = message, line


@dataclass
class Element:
    """An element: its name, attributes, line, and the elements in it."""

    name: str
    attributes: dict[str, str]
    line: int
    inner: list[Element] = field(default_factory=list)

    def walk(self) -> Iterator[Element]:
        """It and all in it, in the order of the document."""
        yield self
        for element in self.inner:
            yield from element.walk()


def parse(data: bytes) -> Element:
    """The root element. Raises HostileXml: a DTD, more than 32 levels, too many elements, or no XML."""
    parser = expat.ParserCreate()
    stack: list[Element] = [Element("", {}, 0)]
    count = 0

    def refuse(message: str) -> HostileXml:
        return HostileXml(message, parser.CurrentLineNumber)

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal count
        count += 1
        if len(stack) > MAX_DEPTH:
            raise refuse(f"nests deeper than {MAX_DEPTH}")
        if count > MAX_ELEMENTS:
            raise refuse(f"has more than {MAX_ELEMENTS} elements")
        element = Element(name, dict(attributes), parser.CurrentLineNumber)
        stack[-1].inner.append(element)
        stack.append(element)

    def end(_: str) -> None:
        stack.pop()

    def doctype(*_: Any) -> None:
        raise refuse("has a DTD, in which entities can be defined")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise HostileXml(f"is not XML: {expat.ErrorString(error.code)}", error.lineno) from None
    except (ValueError, LookupError) as error:
        if isinstance(error, HostileXml):
            raise
        raise HostileXml(f"is not XML that is read: {error}", 1) from None
    return stack[0].inner[0]


def recognises(root: Element) -> bool:
    """Whether the root is that of JUnit."""
    return root.name in ("testsuites", "testsuite")


def read(file: str, root: Element) -> Receipt:
    """Its tests as gates; the counts are checked against them."""
    gates = tuple(
        _gate(file, case, index)
        for index, suite in enumerate(root.walk())
        for case in suite.inner
        if case.name == "testcase"
    )
    failed = sum(not gate.passed and not gate.skipped for gate in gates)
    first = f"line {root.line}"
    facts = (
        Fact("tests", len(gates), file, first, "tests counted"),
        Fact("tests_failed", failed, file, first, "tests counted"),
        Fact("tests_skipped", sum(gate.skipped for gate in gates), file, first, "tests counted"),
    )
    return Receipt(file, "junit", root, facts=facts, gates=gates)


def _gate(file: str, case: Element, suite: int) -> Gate:
    found = [element for element in case.inner if element.name in _OUTCOMES]
    name = "::".join(part for key in ("classname", "name") if (part := case.attributes.get(key)))
    return Gate(
        name=name,
        passed=not found,
        skipped=bool(found) and all(element.name == "skipped" for element in found),
        message=found[0].attributes.get("message", "") if found else "",
        value=None,
        threshold=None,
        file=file,
        place=f"line {case.line}",
        # One test may stand in the suites of two machines, and in two files of one suite.
        group=f"{suite} {case.attributes.get('file', '')} {case.attributes.get('line', '')}",
    )
