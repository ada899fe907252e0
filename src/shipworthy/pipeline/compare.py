"""Two engines' logits of the same tokens, position by position; figures only, no judgement."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Logits = npt.NDArray[np.float32] | npt.NDArray[np.float64]

_NEAR = 1e-2
"""Below it the series of e^x - 1 to its fifth term is good to 1e-12."""


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


def compare_logits(ours: Logits, theirs: Logits) -> Comparison:
    """Compare logits [T, V], V at least 2. Raises ValueError where the shapes differ.

    Differences are taken and summed in float64.
    """
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


def _row(ours: Logits, theirs: Logits) -> tuple[float, float, float, int, int, bool]:
    ours_finite, theirs_finite = bool(np.isfinite(ours).all()), bool(np.isfinite(theirs).all())
    first = int(ours.argmax()) if ours_finite else -1
    theirs_first = int(theirs.argmax()) if theirs_finite else -1
    if not (ours_finite and theirs_finite):
        return np.nan, np.nan, np.nan, first, theirs_first, False
    gap = theirs.astype(np.float64) - ours
    gap -= gap[first]
    figures = _near if np.abs(gap).max() < _NEAR else _far
    kl, difference = figures(ours, gap, first)
    second = max(ours[:first].max(initial=-np.inf), ours[first + 1 :].max(initial=-np.inf))
    return kl, difference, float(ours[first] - second), first, theirs_first, True


def _near(ours: Logits, gap: Floats, first: int) -> tuple[float, float]:
    """KL and top-1 difference where no logit is far from its counterpart; `gap` is 0 at `first`.

    KL = ln E[e^gap] - E[gap] over our distribution, and centring the gap changes neither side. Written so, a
    relative error of the weights is one of the result, and exponentials in float32 will do. Far apart they
    would not: a token that we rule out and they choose has the weight 0 in float32.
    """
    weights = np.exp((ours - ours[first]).astype(np.float32, copy=False)).astype(np.float64)
    total = weights.sum()
    at_first = weights.dot(gap) / total
    gap -= at_first
    growth = gap * (1.0 + gap * (1 / 2 + gap * (1 / 6 + gap * (1 / 24 + gap * (1 / 120)))))
    log_growth = np.log1p(weights.dot(growth) / total)
    kl = log_growth - weights.dot(gap) / total
    return float(kl), float(abs(np.expm1(-at_first - log_growth)) / total)


def _far(ours: Logits, gap: Floats, first: int) -> tuple[float, float]:
    """KL and top-1 difference by their definitions, all in float64."""
    wide = ours.astype(np.float64) - float(ours[first])
    their_wide = wide + gap
    their_best = their_wide.max()
    np.exp(wide, out=wide)
    total = wide.sum()
    their_log_total = np.log(np.exp(their_wide - their_best).sum()) + their_best
    kl = their_log_total - np.log(total) - wide.dot(gap) / total
    return float(kl), float(abs(1.0 / total - np.exp(-their_log_total)))
