"""The criteria that receipts claim, and what each comes to: BLOCKED, unless a bundle proves it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from ...contract import Contract, Falsifier, Reason, VerdictWord
from .bundle_fit import Why, unfit
from .checks.criteria import credited_elsewhere
from .checks.gates import passed_without_baseline
from .dossier import Dossier, bound, parameter
from .figures import shown
from .finding import Finding
from .receipt import Claim, Receipt


@dataclass(frozen=True)
class Row:
    """A criterion: what the receipts claim of it, the verdict, and each reason with its sentence."""

    criterion: str
    title: str
    claimed: tuple[str, ...]
    credited: bool
    verdict: VerdictWord
    reasons: tuple[Why, ...]
    of_bundle: bool = False

    def to_json(self) -> dict[str, Any]:
        """Strict JSON, keys in a fixed order."""
        return {
            "criterion": self.criterion,
            "title": self.title,
            "claimed": list(self.claimed),
            "credited": self.credited,
            "verdict": str(self.verdict),
            "reasons": [{"reason": str(reason), "what": what} for reason, what in self.reasons],
        }


Bundles = dict[str, list[Row]]


def rows(dossier: Dossier, findings: list[Finding], bundles: Bundles) -> list[Row]:
    """One row for each criterion that is claimed, in order of name; what a fit bundle proves is proven."""
    unregistered = sorted({f.what for f in findings if f.code == "not-the-registered-model"})
    claims: dict[str, list[Claim]] = {}
    for claim in dossier.claims():
        claims.setdefault(claim.criterion, []).append(claim)
    found = {
        name: _foreign(dossier, dossier.catalogue.contracts[name], told, unregistered)
        for name, told in claims.items()
        if name in dossier.catalogue.contracts
    }
    for receipt in dossier.of("shipworthy-bundle"):
        others = unfit(dossier, receipt)
        for row in bundles[receipt.file]:
            why = others.get(row.criterion, ())
            fit = replace(row, verdict=VerdictWord.BLOCKED, reasons=(*row.reasons, *why)) if why else row
            found[row.criterion] = _joined(found.get(row.criterion), fit)
    return [found[name] for name in sorted(found)]


def _joined(earlier: Row | None, row: Row) -> Row:
    """A bundle's row in place of one that no bundle proves; of two bundles the one that is BLOCKED."""
    if earlier is None:
        return row
    proven = earlier.verdict is VerdictWord.DISCHARGED
    kept = row if not earlier.of_bundle or proven else earlier
    claimed = tuple(dict.fromkeys(earlier.claimed + row.claimed))
    return replace(kept, claimed=claimed, credited=earlier.credited or row.credited)


def bundle_rows(dossier: Dossier) -> Bundles:
    """What each bundle's criteria come to when they are derived again, by the bundle's name."""
    return {bundle.file: list(_of_bundle(dossier, bundle)) for bundle in dossier.of("shipworthy-bundle")}


def not_proven(rows: list[Row], dossier: Dossier, bundles: Bundles) -> Iterator[Finding]:
    """A finding for each claim of credit whose criterion is BLOCKED; a bundle answers for its own claims."""
    for receipt in dossier.receipts:
        table = bundles.get(receipt.file, rows)
        blocked = {row.criterion: row for row in table if row.verdict is VerdictWord.BLOCKED}
        for claim in receipt.claims:
            row = blocked.get(claim.criterion)
            if claim.credited and row is not None:
                reasons = ", ".join(dict.fromkeys(str(reason) for reason, _ in row.reasons))
                what = f"gives credit for {claim.criterion} ({claim.text}); it is BLOCKED by {reasons}"
                yield Finding(
                    "not-proven", claim.file, claim.place, claim.text, f"BLOCKED by {reasons}", what
                )


def _of_bundle(dossier: Dossier, receipt: Receipt) -> Iterator[Row]:
    stated = {entry["id"]: entry["verdict"] for entry in receipt.document.bundle.predicate["criteria"]}
    for verified in receipt.document.criteria:
        contract = dossier.catalogue.contracts.get(verified.id)
        title = contract.title if contract is not None else verified.id
        reasons = tuple((reason, f"derived from {receipt.file}") for reason in verified.verdict.reasons)
        claimed = stated[verified.id]
        yield Row(
            criterion=verified.id,
            title=title,
            claimed=(claimed,),
            credited=claimed == "DISCHARGED",
            verdict=verified.verdict.verdict,
            reasons=reasons,
            of_bundle=True,
        )


def _foreign(dossier: Dossier, contract: Contract, claims: list[Claim], unregistered: list[str]) -> Row:
    reasons: list[Why] = []
    if unregistered and dossier.release is not None and contract.id in dossier.release.weights:
        reasons += [(Reason.UNREGISTERED, what) for what in unregistered[:1]]
    for claim in claims:
        other = credited_elsewhere(dossier, contract.id, claim.text)
        if claim.credited and other is not None:
            reasons.append((Reason.NOT_RUN, f"what is credited here is of {other.id}"))
    reasons += _packaging(dossier, contract)
    probes = {falsifier.probe.partition("@")[0]: falsifier for falsifier in contract.falsifiers}
    for probe, falsifier in probes.items():
        if probe in _READERS:
            reasons += _READERS[probe](dossier, falsifier)
    if contract.battery:
        reasons += _battery(dossier)
    if not contract.compiles:
        reasons.append((Reason.NOT_RUN, f"its contract is a {contract.state} and has no gate"))
    if all(reason is Reason.UNREGISTERED for reason, _ in reasons):
        reasons.append((Reason.NOT_RUN, "no receipt here measures it"))
    order = list(Reason)
    unique = sorted(dict.fromkeys(reasons), key=lambda why: order.index(why[0]))
    said = tuple(dict.fromkeys(claim.text for claim in claims))
    credited = any(claim.credited for claim in claims)
    return Row(contract.id, contract.title, said, credited, VerdictWord.BLOCKED, tuple(unique))


def _packaging(dossier: Dossier, contract: Contract) -> Iterator[Why]:
    """A packaging criterion is falsified by the refusal that bears its name."""
    for receipt in dossier.of("load-log"):
        for refusal in receipt.refusals:
            if refusal.invariant == contract.id:
                yield Reason.FALSIFIED, f"{refusal.file}, {refusal.place}: {refusal.text}"


def _parity(dossier: Dossier, _: Falsifier) -> Iterator[Why]:
    refusals = [refusal for receipt in dossier.of("load-log") for refusal in receipt.refusals]
    for refusal in refusals:
        yield Reason.FALSIFIED, f"{refusal.file}, {refusal.place}: {refusal.text}"
    if not refusals:
        yield Reason.NOT_RUN, "no receipt compares the export with the checkpoint"


def _throughput(dossier: Dossier, falsifier: Falsifier) -> Iterator[Why]:
    benches = list(dossier.of("apr-bench", "llama-bench", "shipworthy-bench"))
    if not benches:
        yield Reason.NOT_RUN, "no bench is here"
        return
    floor = bound(falsifier, "tokens_per_second", "minimum")
    asked = {name: parameter(falsifier, name) for name in ("runs", "iterations", "max_tokens")}
    for receipt in benches:
        if receipt.kind == "apr-bench":
            yield Reason.CANNOT_REDERIVE, f"{receipt.file} keeps no samples"
        got = {
            name: next((Decimal(fact.value) for fact in receipt.all(quantity)), None)
            for name, quantity in (("iterations", "iterations"), ("max_tokens", "tokens_per_iteration"))
        }
        if any(got[name] != asked[name] for name in got):
            wanted = " x ".join(shown(asked[name]) for name in got)
            found = " x ".join(shown(got[name]) for name in got)
            yield Reason.NOT_RUN, f"{receipt.file} ran {found} tokens, and {wanted} are asked for"
            continue
        for fact in receipt.all("tokens_per_second"):
            if floor is not None and Decimal(fact.value) < floor:
                yield (
                    Reason.FALSIFIED,
                    f"{receipt.file}: {shown(fact.value)} tokens a second, under {shown(floor)}",
                )
    if asked["runs"] is not None and len(benches) < asked["runs"]:
        yield Reason.NOT_RUN, f"{len(benches)} of {shown(asked['runs'])} runs"
    yield Reason.CANNOT_REDERIVE, "no measurement here is bound to the criterion"


def _training(dossier: Dossier, falsifier: Falsifier) -> Iterator[Why]:
    limit = bound(falsifier, "validation_loss", "maximum")
    finals = dossier.raw("final_val_loss")
    for fact in finals:
        if limit is not None and not Decimal(fact.value) <= limit:
            yield Reason.FALSIFIED, f"{fact.file} ends at {shown(fact.value)}, above {shown(limit)}"
    if not finals:
        yield Reason.NOT_RUN, "no trajectory is here"


def _human_eval(dossier: Dossier, falsifier: Falsifier) -> Iterator[Why]:
    floor = bound(falsifier, "pass_at_1_percent", "minimum")
    scores = dossier.raw("pass_at_1_percent")
    for fact in scores:
        if floor is not None and not Decimal(fact.value) >= floor:
            yield Reason.FALSIFIED, f"{fact.file}: {shown(fact.value)} %, under {shown(floor)}"
    if scores:
        yield Reason.CANNOT_REDERIVE, "a score without its completions"
    else:
        yield Reason.NOT_RUN, "no score is here"


def _battery(dossier: Dossier) -> Iterator[Why]:
    batteries = list(dossier.of("apr-qa"))
    if not batteries:
        yield Reason.NOT_RUN, "no battery is here"
    for receipt in batteries:
        failed = [gate.name for gate in receipt.gates if not gate.passed and not gate.skipped]
        skipped = [gate.name for gate in receipt.gates if gate.skipped]
        if failed:
            yield Reason.FALSIFIED, f"{receipt.file}: {', '.join(failed)} did not pass"
        if skipped:
            yield Reason.NOT_RUN, f"{receipt.file}: {', '.join(skipped)} were skipped"
        if bare := [gate.name for gate in receipt.gates if passed_without_baseline(gate)]:
            yield Reason.MISSING_ARTIFACT, f"{receipt.file}: {', '.join(bare)} had no baseline"
        if not failed and not skipped:
            yield Reason.CANNOT_REDERIVE, f"{receipt.file} keeps messages, and no samples"


_READERS: dict[str, Callable[[Dossier, Falsifier], Iterator[Why]]] = {
    "llama_cpp_parity": _parity,
    "decode_throughput": _throughput,
    "training_log": _training,
    "human_eval": _human_eval,
}
