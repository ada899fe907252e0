"""The forms in which something good is tried: what a contract admits must be green in each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ...contract import Contract, Falsifier
from ...contract.probes import PROBES

_DTYPES = {"apr": ("f32", "f16", "bf16"), "gguf": ("f32", "f16", "bf16", "q8_0"), "hf": ("f32",)}
_EXPORTS = _DTYPES["gguf"]


@dataclass(frozen=True)
class Form:
    """A subject's format and dtype, and the dtype of the export where the gate reads one too."""

    format: str = "apr"
    dtype: str = "f32"
    export: str | None = None

    def of(self, fixture: str) -> str:
        """How a row names a fixture in this form; the plain one has the fixture's own name."""
        words = [fixture]
        if self.format != "apr":
            words.append(self.format.upper())
        if self.dtype != "f32" or self.format == "gguf":
            words.append(self.dtype.upper())
        if self.export not in (None, "f32"):
            words.append(f"exported as {str(self.export).upper()}")
        return " ".join(words)


PLAIN = Form()
"""An F32 `.apr`."""


def plain_form(contract: Contract, falsifier: Falsifier) -> Form:
    """The form that planted defects start from: an F32 `.apr`, or whatever else is all that is admitted, and
    the export that the falsifier names, or an F32 one."""
    formats = admitted_formats(contract, falsifier)
    return Form(
        "apr" if "apr" in formats or not formats else formats[-1],
        export=admitted_exports(falsifier)[0] if _reads_export(falsifier) else None,
    )


def admitted_forms(contract: Contract, falsifier: Falsifier) -> Iterator[Form]:
    """Every form that a gate must be green on, the plain one first."""
    plain = plain_form(contract, falsifier)
    yield plain
    for dtype in _DTYPES[plain.format][1:]:
        yield Form(plain.format, dtype, plain.export)
    if plain.export is not None:
        for export in admitted_exports(falsifier)[1:]:
            yield Form(plain.format, plain.dtype, export)
    elif plain.format == "apr" and "gguf" in admitted_formats(contract, falsifier):
        for dtype in _DTYPES["gguf"]:
            yield Form("gguf", dtype)


def admitted_formats(contract: Contract, falsifier: Falsifier) -> tuple[str, ...]:
    """The formats that the contract applies to and the falsifier's own expectation of a format admits."""
    applies = contract.applies.get("format", tuple(_DTYPES))
    stated = falsifier.expect.get("format", {})
    allowed = [stated["const"]] if "const" in stated else stated.get("enum", list(_DTYPES))
    return tuple(name for name in _DTYPES if name in applies and name in allowed)


def admitted_exports(falsifier: Falsifier) -> tuple[str, ...]:
    """The dtypes of an export that the falsifier judges: the one it names, or those its values may pass
    through where nothing that it expects is of values."""
    named = falsifier.parameters.get("export")
    if named is not None:
        return (str(named),)
    exact = {"max_kl_nats", "tensors_changed", "first_token_difference"} & falsifier.expect.keys()
    return ("f32",) if exact else _EXPORTS


def _reads_export(falsifier: Falsifier) -> bool:
    return "gguf" in {*PROBES[falsifier.probe].artifacts, *falsifier.needs.artifact}
