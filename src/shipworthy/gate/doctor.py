"""What can be measured on this machine, and what will be BLOCKED and why, without measuring anything."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from ..contract import Catalogue, Contract, Outcome
from ..contract.proof import proof_problem
from ..evidence import describe_environment
from ..pipeline.isolation import isolation_problem
from .host import check_host
from .measure import runs_generated_code


@dataclass(frozen=True)
class Prognosis:
    """One criterion of a release: whether it can be measured here, else the reason and what is missing."""

    criterion: str
    measurable: bool
    reason: str
    detail: str


def examine(catalogue: Catalogue, release: str) -> list[Prognosis]:
    """A prognosis for every criterion of a release, in its order."""
    found = []
    for name in catalogue.releases[release].weights:
        contract = catalogue.contracts.get(name)
        if contract is not None and contract.state == "DRAFT":
            found.append(Prognosis(name, False, "not_run", "it is a DRAFT, whose probe does not exist yet"))
        elif contract is None or not contract.compiles:
            found.append(Prognosis(name, False, "not_run", "it has no active contract yet"))
        else:
            own = _contract(catalogue, contract)
            cited = _cited(catalogue, release, contract)
            found.append(own if cited is None or not own.measurable else cited)
    return found


def _cited(catalogue: Catalogue, release: str, contract: Contract) -> Prognosis | None:
    """What speaks against it where a criterion that it cites will have no verdict in the same dispatch."""
    weights, contracts = catalogue.releases[release].weights, catalogue.contracts
    absent = [name for name in contract.all_of if name not in weights or not contracts[name].compiles]
    if absent:
        detail = (
            f"{len(absent)} of its {len(contract.all_of)} criteria will have no verdict, first {absent[0]}"
        )
        return Prognosis(contract.id, False, "not_run", detail)
    return None


def _contract(catalogue: Catalogue, contract: Contract) -> Prognosis:
    if not contract.compound and (problem := proof_problem(catalogue, contract)):
        return Prognosis(contract.id, False, "vacuous_gate", problem)
    for falsifier in contract.falsifiers:
        if falsifier.needs.host:
            answer = check_host(catalogue.hosts[falsifier.needs.host])
            if answer.outcome is not Outcome.PASS:
                missing = answer.outcome is Outcome.UNMEASURABLE
                reason = "missing_hardware" if missing else "error"
                return Prognosis(contract.id, False, reason, answer.detail)
        if runs_generated_code(falsifier.probe) and (missing_here := isolation_problem()):
            return Prognosis(contract.id, False, "missing_isolation", missing_here)
        if attached := sorted(set(falsifier.needs.artifact) - {"gguf"}):
            detail = " and ".join(f"--artifact {kind}=PATH" for kind in attached)
            return Prognosis(contract.id, False, "missing_artifact", f"unless attached: {detail}")
    return Prognosis(contract.id, True, "", "")


def machine() -> dict[str, Any]:
    """This machine and installation, and whether each part of the pipeline is there."""
    from ..pipeline.base_model import base_model_in_cache
    from ..pipeline.gpu_state import nvml_problem

    return {
        **describe_environment(),
        "nvml": nvml_problem() or "answers",
        "llama_cpp": find_spec("llama_cpp") is not None,
        "base_model_in_cache": base_model_in_cache(),
    }
