"""`lint --against REV`: contracts/ beside what they were, with the evidence of what was red since."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from ..contract.expectation import Outcome
from ..contract.lint.ratchet import Comparison, PastResult, compare_catalogues
from ..contract.lint.revision import contracts_at
from ..contract.load import load_catalogue, read_catalogue
from ..contract.probes import PROBES
from ..contract.reasons import Reason
from ..errors import FileError, UsageError, display_path
from ..evidence import Bundle, bundle_order, read_bundle

_MEASURED = frozenset({Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE})


def ratchet(root: Path, revision: str, evidence: Iterable[Path]) -> tuple[Comparison, list[str]]:
    """Compare a contracts directory with itself at a revision.

    Returns also a line for each bundle that does not read; such a bundle counts nothing. Raises UsageError
    without git, the revision or the directory at it, ContractError where the contracts do not load today.
    """
    after = load_catalogue(root)
    results, problems = past_results(evidence)
    with TemporaryDirectory() as folder:
        if not contracts_at(root, revision, Path(folder)):
            # A directory that was renamed would look as though every bar in it were new.
            raise UsageError(
                "nothing-to-compare",
                f"{display_path(root)} has no file at this revision",
                where=f"--against {revision}",
                fix="name a revision that has it; of a first revision leave --against out",
            )
        before = read_catalogue(Path(folder))
        return compare_catalogues(before, after, probes=PROBES, results=results), problems


def past_results(directories: Iterable[Path]) -> tuple[list[PastResult], list[str]]:
    """What every bundle below the directories said of every criterion, oldest first."""
    found: list[Bundle] = []
    problems: list[str] = []
    paths = {path.parent for root in directories for path in root.rglob("manifest.json")}
    for path in sorted(paths, key=bundle_order):
        try:
            found.append(read_bundle(path))
        except FileError as error:
            problems.append(str(error))
    return [result for bundle in found for result in _results(bundle)], problems


def _results(bundle: Bundle) -> Iterator[PastResult]:
    for entry in bundle.predicate["criteria"]:
        outcomes = [falsifier["outcome"] for falsifier in entry["falsifiers"]]
        measured = all(outcome in _MEASURED for outcome in outcomes)
        if not outcomes:  # a compound has no falsifier of its own, only the reasons of its members
            measured = set(entry["reasons"]) <= {Reason.FALSIFIED, Reason.INCONCLUSIVE}
        yield PastResult(
            contract=entry["id"],
            criterion=entry["criterion"],
            falsified=Reason.FALSIFIED in entry["reasons"],
            measured=measured,
        )
