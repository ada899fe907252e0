"""A planted defect on a real model is first looked for in a few of the samples that the contract demands.

What is red there stays red over all of them only for a quantity that more samples can but make worse, against
a bound on that side; `stays_red` asks for both, of the quantity that the defect must show. Anything else is
measured in whole, and so is everything good.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...atomic import write_bytes
from ...canonical import sha256_file
from ...contract import DataFile, Falsifier, Outcome, Planted
from ...contract.probe import Quantity
from ...contract.probes import PROBES
from ...contract.values import is_number
from ..engine import Result
from ..trial import Trial

_WORSE = {
    "grows": {
        "maximum": lambda found, bound: found > bound,
        "exclusiveMaximum": lambda found, bound: found >= bound,
        "const": lambda found, bound: found > bound,
    },
    "falls": {
        "minimum": lambda found, bound: found < bound,
        "exclusiveMinimum": lambda found, bound: found <= bound,
        "const": lambda found, bound: found < bound,
    },
}
"""Per direction of a quantity the constraints that it can only break further."""


def stays_red(quantity: Quantity, constraint: Mapping[str, Any], found: Any) -> bool:
    """Whether a value that was found of some samples breaks a constraint however many are added."""
    worse = _WORSE.get(quantity.with_more_samples, {})
    return any(
        worse[keyword](found, bound)
        for keyword, bound in constraint.items()
        if keyword in worse and _comparable(found, bound)
    )


def _comparable(found: Any, bound: Any) -> bool:
    if isinstance(found, bool) or isinstance(bound, bool):
        return isinstance(found, bool) and isinstance(bound, bool)
    return is_number(found) and is_number(bound)


def screening(trial: Trial, falsifier: Falsifier, planted: Planted, folder: Path) -> tuple[Trial, str] | None:
    """The same trial over a few samples, and in words how few; None where the defect cannot be screened."""
    probe = PROBES[falsifier.probe]
    if probe.screen is None or not probe.quantities[planted.red].with_more_samples:
        return None
    named = falsifier.parameters[probe.screen.parameter]
    data = trial.catalogue.data[named["data"]]
    lines = data.path.read_bytes().splitlines(keepends=True)
    first = probe.screen.samples
    if len(lines) <= first:
        return None
    few = [lines[(2 * number + 1) * len(lines) // (2 * first)] for number in range(first)]
    path = folder / f"few-{data.path.name}"
    write_bytes(path, b"".join(few), durable=False)
    cut = DataFile(data.name, path, sha256_file(path))
    catalogue = replace(trial.catalogue, data={**trial.catalogue.data, data.name: cut})
    return replace(trial, catalogue=catalogue), f"{first} of {len(lines)} {probe.screen.parameter}"


def screened(trial: Trial, planted: Planted, falsifier: Falsifier, result: Result) -> Result | None:
    """What a measurement of few samples says for certain; None unless the named quantity stays red.

    Only the checks that stay red are kept: that there are few samples is no finding.
    """
    quantities = PROBES[falsifier.probe].quantities
    certain = tuple(
        check
        for check in result.checks
        if check["outcome"] == Outcome.FAIL
        and stays_red(quantities[check["quantity"]], check["constraint"], check["found"])
    )
    if result.outcome is not Outcome.FAIL or planted.red not in {check["quantity"] for check in certain}:
        return None
    detail = "; ".join(check["message"] for check in certain)
    contract = trial.catalogue.contracts[result.contract]
    return replace(result, checks=certain, detail=detail, criterion=trial.criterion(contract))
