"""Loss trajectories, and what a summary makes of them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise

from ..dossier import Dossier
from ..figures import shown
from ..finding import Finding
from ..places import line

_PLACEHOLDER = Decimal(1)


def rows(dossier: Dossier) -> Iterator[Finding]:
    """Epochs that are missing or repeated, losses that are no losses, tokens that do not grow."""
    for receipt in dossier.of("loss-trajectory"):
        table = receipt.document
        for row in table:
            if not row.finite or row.val_loss <= 0 or row.train_loss <= 0:
                what = f"epoch {row.epoch} has a loss that is none: {row.val_loss}, {row.train_loss}"
                yield Finding("loss-not-finite", receipt.file, line(row.line), None, str(row.val_loss), what)
            elif row.val_loss == row.train_loss == _PLACEHOLDER:
                what = f"epoch {row.epoch} has the pair (1.0, 1.0), which an exhausted corpus returns"
                yield Finding("placeholder-loss", receipt.file, line(row.line), None, 1, what)
        for before, row in pairwise(table):
            if row.epoch != before.epoch + 1:
                what = f"epoch {row.epoch} comes after {before.epoch}"
                yield Finding(
                    "epochs-not-in-order", receipt.file, line(row.line), before.epoch + 1, row.epoch, what
                )
            if row.tokens_seen <= before.tokens_seen:
                seen = f"{row.tokens_seen} tokens, the one before {before.tokens_seen}"
                what = f"epoch {row.epoch} has seen {seen}"
                yield Finding(
                    "tokens-do-not-grow",
                    receipt.file,
                    line(row.line),
                    before.tokens_seen,
                    row.tokens_seen,
                    what,
                )
            if (row.val_loss, row.train_loss) == (before.val_loss, before.train_loss):
                what = f"epoch {row.epoch} has the very losses of the one before"
                yield Finding("constant-samples", receipt.file, line(row.line), None, row.val_loss, what)


def initial_loss(dossier: Dossier) -> Iterator[Finding]:
    """A loss called initial that was taken after training had begun."""
    for receipt in dossier.of("summary"):
        for fact in receipt.all("first_val_loss"):
            if "initial" not in fact.place.rpartition("/")[2]:
                continue
            for table in (trajectory.document for trajectory in dossier.of("loss-trajectory")):
                first = table[0]
                if first.tokens_seen > 0:
                    what = (
                        f"calls {shown(fact.value)} initial; epoch {first.epoch} ends after "
                        f"{first.tokens_seen} tokens of training, and no loss before training is recorded"
                    )
                    yield Finding(
                        "initial-loss-after-training", fact.file, fact.place, 0, first.tokens_seen, what
                    )
