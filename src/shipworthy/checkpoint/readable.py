"""What opening tolerates and no two readers would read alike: refused before a checkpoint is judged."""

from __future__ import annotations

from ..architecture import ALIASES
from ..errors import FileError
from .view import Checkpoint

OUR_LIMITS = ("tokenizer-missing", "tokenizer-unsupported", "unknown-pre-tokenizer")
"""Refusals that say what this project does not read, not that the file is broken."""


def require_readable(checkpoint: Checkpoint) -> None:
    """Refuse a broken tokenizer, and a field that the metadata states under two names with two values.

    Raises FileError metadata-alias-conflict, and as require_whole_tokenizer.
    """
    require_one_value_a_field(checkpoint)
    require_whole_tokenizer(checkpoint)


def require_whole_tokenizer(checkpoint: Checkpoint) -> None:
    """Raises FileError as `Checkpoint.tokenizer` where the tokenizer is broken; one of a kind that is not
    supported is no fault of the file.
    """
    try:
        checkpoint.tokenizer()
    except FileError as error:
        if error.code not in OUR_LIMITS:
            raise


def require_one_value_a_field(checkpoint: Checkpoint) -> None:
    """Raises FileError metadata-alias-conflict."""
    for field, aliases in ALIASES.items():
        names = [name for name in (field, *aliases) if checkpoint.metadata.get(name) is not None]
        stated = {name: checkpoint.metadata[name] for name in names}
        if len({repr(value) for value in stated.values()}) > 1:
            listing = ", ".join(f"{name} {value!r:.60}" for name, value in stated.items())
            message = f"the metadata states one field with two values: {listing}"
            fix = "save it with one of them, as `shipworthy stamp --unset` does"
            raise FileError("metadata-alias-conflict", message, path=checkpoint.path, fix=fix)
