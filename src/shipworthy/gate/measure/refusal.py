"""A refusal as a measurement keeps it."""

from __future__ import annotations

from ...errors import ShipworthyError


def as_text(error: ShipworthyError) -> str:
    """Code and message, without the place of the file."""
    return f"{error.code}: {error.message}"
