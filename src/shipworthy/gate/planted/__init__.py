"""How each planted defect is made: one function per name and kind of file, `make(source, target, **with)`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ...contract import Planted
from ...errors import ContractError
from . import apr, gguf, measurement

MakeFile = Callable[..., None]
MakeRaw = Callable[..., dict[str, Any]]

FILE_DEFECTS: Mapping[tuple[str, str], MakeFile] = {
    **{("apr", name): make for name, make in apr.DEFECTS.items()},
    **{("gguf", name): make for name, make in gguf.DEFECTS.items()},
}
RAW_DEFECTS: Mapping[str, MakeRaw] = measurement.DEFECTS


def plant_in_file(planted: Planted, source: Path, target: Path) -> None:
    """Write `target`, a copy of `source` with the defect. Raises ContractError where nobody can make it."""
    make = FILE_DEFECTS.get((planted.of, planted.defect))
    if make is None:
        raise ContractError("defect-not-made", f"nothing makes {planted.defect} of {planted.of}")
    make(source, target, **planted.parameters)


def plant_in_raw(planted: Planted, raw: Mapping[str, Any]) -> dict[str, Any]:
    """Raw samples with the defect. Raises ContractError where nobody can make it."""
    make = RAW_DEFECTS.get(planted.defect)
    if make is None:
        raise ContractError("defect-not-made", f"nothing makes {planted.defect} of a measurement")
    return make(raw, **planted.parameters)
