"""The table of what can be made: a function by kind of thing and name of the defect."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...contract.defect import DefectOf

Make = Callable[..., Any]
Made = dict[tuple[str, str], Make]


def makes(of: DefectOf, *functions: Make) -> Made:
    """Entries of the table: each function is named as the defect that it makes."""
    return {(of, function.__name__): function for function in functions}
