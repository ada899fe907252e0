"""Two engines' logits of the same tokens, position by position; figures only, no judgement."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Logits = npt.NDArray[np.float32] | npt.NDArray[np.float64]
Row = tuple[float, float, float, int, int, bool]

_NEAR = 1e-3
"""Below it the series of e^x - 1 - x to its third term is good to 1e-10, relatively."""
_BLOCK = 1 << 16
"""Values of a side that are looked at together: they stay in the processor's cache."""


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

    Rows that are close are compared in their own dtype, where that costs nothing (see `_near`); all others in
    float64.
    """
    if ours.shape != theirs.shape or ours.ndim != 2 or ours.shape[1] < 2:
        raise ValueError(f"logits of shapes {ours.shape} and {theirs.shape} cannot be compared")
    rows = max(1, _BLOCK // ours.shape[1])
    found: list[Row] = []
    for start in range(0, len(ours), rows):
        found += _block(ours[start : start + rows], theirs[start : start + rows])
    columns = list(zip(*found, strict=True)) or [()] * 6
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


def _block(ours: Logits, theirs: Logits) -> list[Row]:
    """The figures of some rows; one in which something is far, or not finite, is looked at alone."""
    at = np.arange(len(ours))
    first, theirs_first = ours.argmax(1), theirs.argmax(1)
    with np.errstate(invalid="ignore", over="ignore"):
        gap = theirs - ours
        gap -= gap[at, first][:, None]
        near = np.maximum(gap.max(1), -gap.min(1)) < _NEAR
    if not near.all():
        return [
            row
            for index in range(len(ours))
            for row in (
                _block(ours[index : index + 1], theirs[index : index + 1])
                if near[index] and len(ours) > 1
                else [_far(ours[index], theirs[index])]
            )
        ]
    best = ours[at, first]
    kl, difference = _near(ours, best, gap, first)
    return [
        (
            float(kl[index]),
            float(difference[index]),
            _margin(ours[index], int(first[index])),
            int(first[index]),
            int(theirs_first[index]),
            True,
        )
        for index in range(len(ours))
    ]


def _near(ours: Logits, best: Logits, gap: Logits, first: npt.NDArray[np.intp]) -> tuple[Floats, Floats]:
    """KL and top-1 difference of rows where no logit is far from its counterpart; `gap` is 0 at `first`.

    With the gap g centred under our distribution p, KL = ln(1 + E[g] + E[h]) - E[g] with h = e^g - 1 - g.
    What the centring leaves in E[g] cancels to the second order, and nothing cancels in E[h], so that the
    relative error of a weight, an exponential or a sum is that of the result, and float32 will do where both
    sides are float32. Far apart it would not: a token that we rule out and they choose has the weight 0 in
    float32.
    """
    weights = ours - best[:, None]
    np.exp(weights, out=weights)
    total = weights.sum(1)
    centre = np.einsum("rv,rv->r", weights, gap) / total
    gap -= centre[:, None]
    left = np.einsum("rv,rv->r", weights, gap).astype(np.float64) / total
    growth = gap * (1 / 24)
    growth += 1 / 6
    growth *= gap
    growth += 1 / 2
    growth *= gap
    growth *= gap
    grown = np.einsum("rv,rv->r", weights, growth).astype(np.float64) / total
    log_growth = np.log1p(left + grown)
    difference = np.abs(np.expm1(-centre.astype(np.float64) - log_growth)) / total
    return log_growth - left, difference


def _far(ours: Logits, theirs: Logits) -> Row:
    """One row by the definitions, all in float64."""
    ours_finite, theirs_finite = bool(np.isfinite(ours).all()), bool(np.isfinite(theirs).all())
    first = int(ours.argmax()) if ours_finite else -1
    theirs_first = int(theirs.argmax()) if theirs_finite else -1
    if not (ours_finite and theirs_finite):
        return np.nan, np.nan, np.nan, first, theirs_first, False
    wide = ours.astype(np.float64) - float(ours[first])
    their_wide = theirs.astype(np.float64) - float(theirs[first])
    gap = their_wide - wide
    their_best = their_wide.max()
    np.exp(wide, out=wide)
    total = wide.sum()
    their_log_total = np.log(np.exp(their_wide - their_best).sum()) + their_best
    kl = their_log_total - np.log(total) - wide.dot(gap) / total
    difference = abs(1.0 / total - np.exp(-their_log_total))
    return float(kl), float(difference), _margin(ours, first), first, theirs_first, True


def _margin(ours: Logits, first: int) -> float:
    second = max(ours[:first].max(initial=-np.inf), ours[first + 1 :].max(initial=-np.inf))
    return float(ours[first] - second)
