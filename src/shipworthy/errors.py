"""The one family of expected errors: what was found, where, what to do, and the exit code it means."""

from __future__ import annotations

import re
from pathlib import Path

_LONG_WORD = re.compile(r"\S{201,}")


def display_path(path: Path) -> str:
    """A path as a message shows it: relative to the working directory where it lies below it."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except (ValueError, OSError, RuntimeError):
        # RuntimeError is what pathlib makes of a link that leads to itself.
        return str(path)


def visible(text: str) -> str:
    """The text on one line, with what a terminal would obey or cannot show written as its escape."""
    return text if text.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def shortened(text: str) -> str:
    """The text with the middle of every word beyond 200 characters left out: a file may name a tensor so."""
    return _LONG_WORD.sub(lambda word: f"{word[0][:80]}[{len(word[0])} characters]{word[0][-40:]}", text)


class ShipworthyError(Exception):
    """An error that a user can act on; the command line prints it as one line.

    `code` is the stable kebab-case name of the refusal, `where` a file, key or line, `fix` what to do.
    """

    exit_code = 70

    def __init__(self, code: str, message: str, *, where: str = "", fix: str = "") -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.where = where
        self.fix = fix

    def __str__(self) -> str:
        where = f"{self.where}: " if self.where else ""
        fix = f"; {self.fix}" if self.fix else ""
        return f"{where}{shortened(self.message)} [{self.code}]{fix}"


class UsageError(ShipworthyError):
    """What the user asked for cannot be asked: an unknown option value, recipe key or absent device."""

    exit_code = 2


class ContractError(ShipworthyError):
    """A contract, registration, host or release file that does not say something valid."""

    exit_code = 2


class FileError(ShipworthyError):
    """A checkpoint or artifact that is unreadable or invalid; `offset` is the byte where it shows."""

    exit_code = 4

    def __init__(
        self, code: str, message: str, *, path: Path, offset: int | None = None, fix: str = ""
    ) -> None:
        where = display_path(path) if offset is None else f"{display_path(path)} at byte {offset}"
        super().__init__(code, message, where=where, fix=fix)
        self.path = path
        self.offset = offset


class NotMeasurable(ShipworthyError):
    """What a measurement needs is not there, which showed only while it was taken: it is UNMEASURABLE.

    `reason` is the verdict's: missing_hardware, missing_artifact or missing_isolation.
    """

    exit_code = 1

    def __init__(self, reason: str, code: str, message: str, *, where: str = "", fix: str = "") -> None:
        super().__init__(code, message, where=where, fix=fix)
        self.reason = reason
