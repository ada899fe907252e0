"""Two engines' logits of the same tokens, position by position; figures only, no judgement."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Comparison:
    """One entry per position, T of them.

    `kl` is KL(ours || theirs) in nats: how much is lost where theirs stands in for ours; rounding takes it
    slightly below zero. `top1_difference` is |p_ours - p_theirs| of our most likely token, `margin` our best
    logit less our second best. Where `finite` is false a logit of either side was NaN or infinite, and the
    three are NaN, so that no limit holds; an argmax of a row that is not finite is -1.
    """

    kl: Floats
    top1_difference: Floats
    margin: Floats
    ours_argmax: npt.NDArray[np.int64]
    theirs_argmax: npt.NDArray[np.int64]
    finite: npt.NDArray[np.bool_]


def compare_logits(ours: npt.NDArray[np.float32], theirs: npt.NDArray[np.float32]) -> Comparison:
    """Compare logits [T, V], V at least 2, in float64. Raises ValueError where the shapes differ."""
    if ours.shape != theirs.shape or ours.ndim != 2 or ours.shape[1] < 2:
        raise ValueError(f"logits of shapes {ours.shape} and {theirs.shape} cannot be compared")
    rows = [_row(ours[position], theirs[position]) for position in range(ours.shape[0])]
    columns = list(zip(*rows, strict=True)) or [()] * 6
    kl, difference, margin = (np.array(column, np.float64) for column in columns[:3])
    ours_argmax, theirs_argmax = (np.array(column, np.int64) for column in columns[3:5])
    return Comparison(kl, difference, margin, ours_argmax, theirs_argmax, np.array(columns[5], np.bool_))


def join(parts: list[Comparison]) -> Comparison:
    """The comparisons of several prompts as one, in order."""
    return Comparison(
        *(
            np.concatenate([getattr(part, field) for part in parts])
            for field in ("kl", "top1_difference", "margin", "ours_argmax", "theirs_argmax", "finite")
        )
    )


def _row(
    ours: npt.NDArray[np.float32], theirs: npt.NDArray[np.float32]
) -> tuple[float, float, float, int, int, bool]:
    ours_finite, theirs_finite = bool(np.isfinite(ours).all()), bool(np.isfinite(theirs).all())
    first = int(ours.argmax()) if ours_finite else -1
    theirs_first = int(theirs.argmax()) if theirs_finite else -1
    if not (ours_finite and theirs_finite):
        return np.nan, np.nan, np.nan, first, theirs_first, False
    wide = ours.astype(np.float64)
    their_wide = theirs.astype(np.float64)
    best, their_best = wide[first], their_wide[theirs_first]
    gap = wide - their_wide
    our_first_in_theirs = their_wide[first]
    wide -= best
    np.exp(wide, out=wide)
    total = wide.sum()
    their_wide -= their_best
    np.exp(their_wide, out=their_wide)
    log_total, their_log_total = np.log(total) + best, np.log(their_wide.sum()) + their_best
    kl = wide.dot(gap) / total - log_total + their_log_total
    difference = abs(1.0 / total - np.exp(our_first_in_theirs - their_log_total))
    second = max(ours[:first].max(initial=-np.inf), ours[first + 1 :].max(initial=-np.inf))
    return float(kl), float(difference), float(best - second), first, theirs_first, True
