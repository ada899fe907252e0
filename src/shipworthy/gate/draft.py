"""A draft of a contract and a registration, from a checkpoint that is known to be good.

What is expected is what was measured: arrays that were empty must stay empty, what was true must stay true.
The contract is a DRAFT, since nobody has said yet why it matters, and no planted defect has turned it red.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..architecture import ArchitectureConfig
from ..atomic import write_bytes
from ..checkpoint import Checkpoint, open_checkpoint
from ..contract import Probe, load_contract, quantities_of
from ..contract.load import read_file
from ..contract.probes import PROBES
from ..contract.schemas import SCHEMA
from ..errors import FileError, UsageError, display_path
from ..resources import installed
from .measure import measure

_FIELDS = (
    "architecture",
    "hidden_size",
    "num_layers",
    "num_heads",
    "num_kv_heads",
    "vocab_size",
    "intermediate_size",
    "max_position_embeddings",
    "rope_theta",
    "rms_norm_eps",
)
_TEXTS = "canary-100"
_BAND = {"minimum": {"registered": "parameters.low"}, "maximum": {"registered": "parameters.high"}}
_LONGEST_NAME = 60
"""So that FALSIFY-NAME-001 is an id."""
_DEPENDS = frozenset({"format", "format_name"})
"""Quantities that belong to the file that was looked at, not to the model."""


def write_draft(subject: Path, out: Path, *, licence: str | None = None) -> tuple[Path, Path]:
    """Write `out`/models/NAME.yaml and `out`/ac-NAME-001.yaml, both of which load, and return them.

    The texts that the contract names are copied into `out`/data where they are not there yet.

    Raises FileError for a subject that does not read or is not whole, UsageError where it states no licence
    and none is given, or where a file of that name is there.
    """
    with open_checkpoint(subject) as checkpoint:
        checkpoint.verify()
        name = _name(checkpoint, subject)
        registration = "\n".join(_registration(checkpoint, name, _licence(checkpoint, subject, licence)))
    texts = _texts(out)
    contract = "\n".join(_contract(subject, name, texts))
    paths = (out / "models" / f"{name}.yaml", out / f"ac-{name}-001.yaml")
    for path in paths:
        if path.exists():
            raise UsageError(
                "draft-exists", "is there already", where=display_path(path), fix="remove it, or use --out"
            )
    kept = out / "data" / texts.name
    written = {paths[0]: registration.encode(), paths[1]: contract.encode()}
    with _all_or_nothing([path for path in (kept, *paths) if not path.exists()]):
        if not kept.exists():
            write_bytes(kept, texts.read_bytes())
        for path, data in written.items():
            write_bytes(path, data)
        _, problems = read_file(paths[0], "registration")
        for problem in problems:
            raise problem
        load_contract(paths[1])
    return paths


@contextmanager
def _all_or_nothing(new: list[Path]) -> Iterator[None]:
    """Where the block breaks, by an interrupt too, the new files go: half a draft bars the next."""
    try:
        yield
    except BaseException:
        for path in new:
            path.unlink(missing_ok=True)
        raise


def _texts(out: Path) -> Path:
    """The texts that go through the tokenizer: those of the directory written into, else our own."""
    file = Path("data") / f"{_TEXTS}.jsonl"
    packaged = installed("contracts")
    for root in (out, *([packaged] if packaged is not None else [])):
        if (root / file).is_file():
            return root / file
    raise UsageError("no-texts", f"there is no {file.name} to try a tokenizer on", fix="reinstall")


def _name(checkpoint: Checkpoint, subject: Path) -> str:
    stated = checkpoint.metadata.get("name")
    words = re.findall(r"[a-z0-9]+", str(stated if isinstance(stated, str) else subject.stem).lower())
    return "-".join(words)[:_LONGEST_NAME].rstrip("-") or "model"


def _licence(checkpoint: Checkpoint, subject: Path, given: str | None) -> str:
    found = given or checkpoint.metadata.get("license")
    if not isinstance(found, str) or not re.fullmatch(r"[a-z0-9][a-z0-9.+-]*", found.lower()):
        raise UsageError(
            "no-licence",
            "states no licence that a registration could hold",
            where=display_path(subject),
            fix="name it with --licence, as in --licence apache-2.0",
        )
    return found.lower()


def _registration(checkpoint: Checkpoint, name: str, licence: str) -> Iterator[str]:
    config: ArchitectureConfig = checkpoint.config()
    known = SCHEMA["$defs"]["registration"]["properties"]["constants"]["properties"]
    spec = checkpoint.tokenizer()
    count = sum(_elements(entry.shape) for entry in checkpoint.tensors.values())
    yield f"id: {name}"
    yield f"title: {_scalar(f'{name}, as a known-good checkpoint has it'[:90])}"
    yield "constants:"
    for constant in known:
        yield f"  {constant}: {_scalar(getattr(config, constant))}"
    yield f"parameters: {{low: {count}, high: {count}}}"
    yield f"tokenizer: {{digest: {_scalar(spec.digest() if spec else None)}}}"
    yield f"licence: {licence}"
    yield "notes: [Drafted from a checkpoint; the band holds exactly its parameters.]"
    yield ""


def _contract(subject: Path, name: str, texts: Path) -> Iterator[str]:
    upper = name.upper()
    yield f"id: AC-{upper}-001"
    yield "version: 0.1.0"
    yield "state: DRAFT"
    yield f"title: {_scalar(f'The checkpoint is whole, as the first good {name} was'[:90])}"
    yield "statement: >-"
    yield f"  The checkpoint states the constants of {name}, agrees with them in every tensor, and holds"
    yield "  everything that the model and its tokenizer need."
    yield "why: Drafted from a checkpoint that was good; say here what goes wrong without it."
    yield "subject: checkpoint"
    yield "falsifiers:"
    yield from _falsifier(subject, f"FALSIFY-{upper}-001", "checkpoint_metadata@1", texts)
    yield from _falsifier(subject, f"FALSIFY-{upper}-002", "self_contained@1", texts)
    yield "changelog:"
    yield "  - {version: 0.1.0, change: Drafted from a known-good checkpoint.}"
    yield "notes:"
    yield "  - Each bound is what was measured once. Keep those that must hold, and say why."
    yield "  - Name planted defects that must turn it red, make it ACTIVE, then run shipworthy falsify."
    yield ""


def _falsifier(subject: Path, falsifier: str, name: str, texts: Path) -> Iterator[str]:
    probe = PROBES[name]
    asked: dict[str, Any] = {"texts": texts} if "texts" in probe.parameters else {"fields": list(_FIELDS)}
    raw = measure(name, subject, {}, asked, Path())
    if name.startswith("checkpoint_metadata"):
        missing = set(quantities_of(probe, raw)["missing"])
        asked = {"fields": [field for field in _FIELDS if field not in missing]}
        if not asked["fields"]:
            raise FileError("no-metadata", "states nothing that could be asked for", path=subject)
        raw = measure(name, subject, {}, asked, Path())
    written = {"texts": {"data": _TEXTS}} if "texts" in asked else asked
    yield f"  - id: {falsifier}"
    yield f"    probe: {name}"
    yield f"    with: {_flow(written)}"
    yield "    expect:"
    for quantity, constraint in expected(probe, quantities_of(probe, raw)).items():
        yield f"      {quantity}: {_flow(constraint)}"


def expected(probe: Probe, quantities: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What quantities that were measured on something good let one expect; nothing of what was not good."""
    found: dict[str, dict[str, Any]] = {}
    for name, value in quantities.items():
        if name in _DEPENDS or value is None or value is False:
            continue
        if name == "parameters":
            found[name] = dict(_BAND)
        elif isinstance(value, list):
            if not value:
                found[name] = {"maxItems": 0}
        elif probe.quantities[name].type != "interval":
            found[name] = {"const": value}
    return found


def _elements(shape: tuple[int, ...]) -> int:
    total = 1
    for length in shape:
        total *= length
    return total


def _flow(value: Any) -> str:
    """A value as YAML on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(item) for item in value) + "]"
    return _scalar(value)


def _scalar(value: Any) -> str:
    """A scalar that the strict loader reads as what it is."""
    if isinstance(value, float):
        text = repr(value)
        mantissa, exponent, power = text.partition("e")
        return text if not exponent else f"{mantissa}{'' if '.' in mantissa else '.0'}e{power}"
    if isinstance(value, str) and re.fullmatch(r"[a-z][a-z_]*", value) and value not in _WORDS:
        return value
    return json.dumps(value, ensure_ascii=False)


_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
