"""A loss trajectory as a table of text: epoch, validation loss, training loss, tokens seen, seconds."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from ..places import line
from ..receipt import Fact, Receipt

_COLUMNS = ("epoch", "val_loss", "train_loss", "tokens_seen", "seconds")
_WHOLE = ("epoch", "tokens_seen")
_NUMBER = re.compile(r"^(-?\d+(\.\d+)?([eE][+-]?\d{1,3})?|[+-]?(nan|inf(inity)?))$", re.IGNORECASE)


@dataclass(frozen=True)
class Row:
    """One epoch; losses in nats a token, `line` as an editor counts it."""

    line: int
    epoch: int
    val_loss: Decimal
    train_loss: Decimal
    tokens_seen: int
    seconds: Decimal

    @property
    def finite(self) -> bool:
        """Whether no figure of it is NaN or infinite."""
        return all(math.isfinite(value) for value in (self.val_loss, self.train_loss, self.seconds))


def recognises(text: str) -> bool:
    """Whether a text is two or more rows of five numbers, whole ones where epochs and tokens stand."""
    return len(rows(text)) >= 2


def rows(text: str) -> list[Row]:
    """The rows, with or without a heading that names the columns; empty where a line is not one."""
    lines = [(index, words) for index, row in enumerate(text.split("\n"), 1) if (words := row.split())]
    if lines and tuple(word.lower() for word in lines[0][1]) == _COLUMNS:
        lines = lines[1:]
    found = []
    for index, words in lines:
        if len(words) != len(_COLUMNS) or not all(_NUMBER.match(word) for word in words):
            return []
        if not all(
            words[_COLUMNS.index(name)].isdecimal() and len(words[_COLUMNS.index(name)]) < 20
            for name in _WHOLE
        ):
            return []
        try:
            found.append(
                Row(
                    index,
                    int(words[0]),
                    Decimal(words[1]),
                    Decimal(words[2]),
                    int(words[3]),
                    Decimal(words[4]),
                )
            )
        except InvalidOperation:
            return []
    return found


def read(file: str, text: str) -> Receipt:
    """The best, the first and the last epoch as figures."""
    table = rows(text)
    return Receipt(file, "loss-trajectory", table, facts=tuple(_facts(file, table)))


def _facts(file: str, table: list[Row]) -> Iterator[Fact]:
    def fact(quantity: str, value: Any, row: Row, derived: str = "") -> Fact:
        return Fact(quantity, value, file, line(row.line), derived)

    yield fact("epochs", len(table), table[-1], "rows counted")
    yield fact("final_val_loss", table[-1].val_loss, table[-1])
    yield fact("final_train_loss", table[-1].train_loss, table[-1])
    yield fact("first_val_loss", table[0].val_loss, table[0])
    yield fact("tokens_seen", table[-1].tokens_seen, table[-1])
    if all(row.finite for row in table):
        best = min(table, key=lambda row: row.val_loss)
        yield fact("best_val_loss", best.val_loss, best, "the least of all rows")
        yield fact("best_epoch", best.epoch, best, "the row of the least validation loss")
        yield fact(
            "training_minutes", sum((row.seconds for row in table), Decimal(0)) / 60, table[-1], "summed"
        )
