"""How each planted defect is made, by topic: one function per name, `make(source, target, **with)`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...contract import Planted
from ...contract.extension import brought_defects
from ...errors import ContractError
from . import (
    answer_receipts,
    architecture,
    battery,
    chat,
    constants,
    encoding,
    encoding_receipts,
    evaluation_receipts,
    evaluations,
    export,
    golden,
    metadata,
    numerics,
    packaging,
    parity_receipts,
    publication,
    receipts,
    regression,
    run_statements,
    sweeps,
    tensors,
    tokenizer,
    training,
)
from .table import Made, Make

TOPICS = (
    metadata,
    tokenizer,
    tensors,
    architecture,
    chat,
    battery,
    export,
    encoding,
    encoding_receipts,
    constants,
    packaging,
    numerics,
    parity_receipts,
    publication,
    receipts,
    run_statements,
    sweeps,
    evaluations,
    evaluation_receipts,
    answer_receipts,
    regression,
    golden,
    training,
)

_BROUGHT: Made = {
    (of, name): brought.extension.make
    for name, brought in brought_defects().items()
    for of in brought.extension.declaration.of
}
MADE: Made = {**{key: make for topic in TOPICS for key, make in topic.MADE.items()}, **_BROUGHT}
RAW_DEFECTS: Mapping[str, Make] = {name: make for (of, name), make in MADE.items() if of == "measurement"}
FILE_DEFECTS: Made = {key: make for key, make in MADE.items() if key[0] != "measurement"}


def plant_in_file(planted: Planted, source: Path, target: Path) -> None:
    """Write `target`, a copy of `source` with the defect.

    Raises ContractError `defect-not-made` where nobody can make it, `defect-does-not-fit` where the file has
    not what it would change.
    """
    make = FILE_DEFECTS.get((planted.of, planted.defect))
    if make is None:
        raise ContractError("defect-not-made", f"nothing makes {planted.defect} of {planted.of}")
    try:
        make(source, target, **planted.parameters)
    except KeyError as error:
        message = f"{planted.defect} changes {error.args[0]!r}, which is not there"
        raise ContractError("defect-does-not-fit", message, where=source.name) from error


def plant_in_raw(planted: Planted, raw: Mapping[str, Any]) -> dict[str, Any]:
    """Raw samples with the defect. Raises ContractError where nobody can make it."""
    make = RAW_DEFECTS.get(planted.defect)
    if make is None:
        raise ContractError("defect-not-made", f"nothing makes {planted.defect} of a measurement")
    changed: dict[str, Any] = make(raw, **planted.parameters)
    return changed
