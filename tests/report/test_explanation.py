"""`explain`: what a criterion demands, how it is measured, what turns it red, where it stands."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from shipworthy.contract import Catalogue, load_catalogue
from shipworthy.contract.defects import DEFECTS
from shipworthy.errors import UsageError
from shipworthy.report.explanation import explain, explanation_lines
from shipworthy.report.ship import history

REPOSITORY = Path(__file__).parents[2]
BUNDLES = history(REPOSITORY / "evidence" / "reference")[0]


def text(catalogue: Catalogue, name: str, bundles: list | None = None) -> str:
    return "\n".join(explanation_lines(explain(catalogue, name, BUNDLES if bundles is None else bundles)))


def test_every_criterion_of_the_register_can_be_explained(catalogue: Catalogue) -> None:
    for name, contract in catalogue.contracts.items():
        found = explain(catalogue, name, BUNDLES)
        lines = "\n".join(explanation_lines(found))
        assert lines.startswith(f"{name} ")
        json.dumps(found.to_json(), allow_nan=False)
        for falsifier in contract.falsifiers:
            assert f"{falsifier.id} tries to break it by {falsifier.probe}" in lines
            for quantity in falsifier.expect:
                assert f"    {quantity} " in lines
            for planted in falsifier.planted:
                assert DEFECTS[planted.defect].description in lines


def test_a_falsifier_names_its_criterion_and_case_does_not_matter(catalogue: Catalogue) -> None:
    assert explain(catalogue, "falsify-ship-019", []).id == "AC-SHIP2-009"


def test_an_unknown_id_is_refused_with_a_near_miss(catalogue: Catalogue) -> None:
    with pytest.raises(UsageError) as refused:
        explain(catalogue, "AC-SHIP2-09", [])
    assert refused.value.code == "no-such-criterion"
    assert refused.value.fix.startswith("did you mean 'AC-SHIP")


def test_units_registered_values_and_needs_are_said_in_words(catalogue: Catalogue) -> None:
    parity = text(catalogue, "AC-SHIP2-009")
    assert "max_kl_nats <= 1e-08 nat: largest KL divergence of a position" in parity
    assert "Without the artifact gguf it is UNMEASURABLE, which is BLOCKED." in parity
    assert "the registered parameters.low" in text(catalogue, "AC-SHIP2-005")
    assert "Without the host rtx-4090" in text(catalogue, "AC-SHIP2-010")


def test_where_it_stands_comes_from_the_newest_bundle(catalogue: Catalogue) -> None:
    standing = explain(catalogue, "C-03", BUNDLES).standing
    assert standing is not None
    assert (standing.verdict, standing.reasons) == ("DISCHARGED", ())
    assert standing.present
    assert f"Last verdict: DISCHARGED on {standing.subject}" in text(catalogue, "C-03")
    assert "Nothing in the evidence speaks of it: PENDING." in text(catalogue, "C-03", [])


def test_reasons_stand_beside_a_verdict_that_is_blocked(catalogue: Catalogue) -> None:
    standing = explain(catalogue, "AC-SHIP2-010", BUNDLES).standing
    assert standing is not None
    assert (standing.verdict, standing.reasons) == ("BLOCKED", ("missing_hardware",))
    assert f"Last verdict: BLOCKED by missing_hardware on {standing.subject}" in text(
        catalogue, "AC-SHIP2-010"
    )


def test_a_verdict_on_another_text_is_said_to_be_that(catalogue: Catalogue, tmp_path: Path) -> None:
    root = tmp_path / "contracts"
    shutil.copytree(REPOSITORY / "contracts", root)
    path = root / "c-03.yaml"
    path.write_text(path.read_text().replace("The checkpoint's metadata states", "Its metadata states"))
    changed = text(load_catalogue(root), "C-03")
    assert ", for another text of the criterion." in changed
    assert "Status: PENDING." in changed
    assert "not proven: C-03.json was made for another criterion hash" in changed


def test_a_draft_says_what_it_still_lacks(catalogue: Catalogue, tmp_path: Path) -> None:
    root = tmp_path / "contracts"
    shutil.copytree(REPOSITORY / "contracts", root)
    for path in (root / "releases").iterdir():
        path.unlink()
    for path in root.glob("*.yaml"):
        if path.name != "c-01.yaml":
            path.unlink()
    path = root / "c-01.yaml"
    draft = path.read_text().replace("state: ACTIVE", "state: DRAFT").replace("@1", "@7")
    path.write_text(draft.replace("fields: [architecture]", "fields: {data: nothing}"))
    found = explain(load_catalogue(root), "C-01", [])
    said = "\n".join(found.missing)
    assert "no probe checkpoint_metadata@7 [unknown-probe]; did you mean 'checkpoint_metadata@1'?" in said
    assert "contracts/data/ has no 'nothing'" in said
    assert "its proof of non-vacuity" in said
    assert "It is a DRAFT: it compiles to no gate" in "\n".join(explanation_lines(found))
