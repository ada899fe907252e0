"""What a bundle's verdicts are worth to sign-off where the installed contracts were tried by more."""

from __future__ import annotations

from collections.abc import Mapping

from corpus_bundles import bound_anew, corpus_bundle, cut_planted, files_of, replaced, verified

from shipworthy.contract import Catalogue, Reason, Verdict
from shipworthy.report.signoff.installed import as_installed

PATH = corpus_bundle("0.1.0/unsigned")


def verdicts(files: Mapping[str, bytes], catalogue: Catalogue) -> dict[str, Verdict]:
    found = verified(PATH, bound_anew(files))
    assert found.findings == ()
    return {entry.id: as_installed(entry, found.contents, catalogue) for entry in found.criteria}


def test_a_gate_that_was_tried_by_fewer_planted_defects_discharges_nothing(catalogue: Catalogue) -> None:
    files = files_of(PATH)
    assert verdicts(files, catalogue)["C-03"].discharged
    found = verdicts(cut_planted(files), catalogue)
    assert found["C-03"].reasons == (Reason.STALE_CONTRACT,)
    assert found["C-02"].discharged


def test_a_gate_that_ran_under_other_limits_discharges_nothing(catalogue: Catalogue) -> None:
    loosened = replaced(files_of(PATH), "contracts/c-03.yaml", "seconds: 60", "seconds: 99999")
    assert verdicts(loosened, catalogue)["C-03"].reasons == (Reason.STALE_CONTRACT,)


def test_what_is_red_stays_red(catalogue: Catalogue) -> None:
    red = "AC-SHIP2-010"
    found = {entry.id: entry for entry in verified(PATH, files_of(PATH)).criteria}[red]
    contents = verified(PATH, bound_anew(cut_planted(files_of(PATH)))).contents
    assert as_installed(found, contents, catalogue) == found.verdict
