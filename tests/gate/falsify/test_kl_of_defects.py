"""The KL that a planted defect declares is what the parity probe measures of it on the small fixtures."""

from __future__ import annotations

from pathlib import Path

import pytest

from shipworthy.contract import Catalogue, Planted
from shipworthy.contract.defects import DEFECTS
from shipworthy.gate.canary import read_texts
from shipworthy.gate.falsify.good import Good
from shipworthy.gate.measure.llama_cpp_parity import compare, encode
from shipworthy.gate.planted import plant_in_file
from shipworthy.pipeline import llama_cpp

DECLARED = {name: defect.kl_nats for name, defect in DEFECTS.items() if defect.kl_nats is not None}
LIMIT_NATS = 1.0e-8
SAMPLE = slice(0, 100, 10)
FACTOR = 10.0
"""Ten prompts of the hundred hold a largest KL within this factor of the declared one."""


@pytest.fixture(scope="module")
def good(catalogue: Catalogue, tmp_path_factory: pytest.TempPathFactory) -> Good:
    return Good(catalogue, tmp_path_factory.mktemp("good"))


def test_every_defect_of_values_declares_one_and_one_lies_below_what_a_gate_sees() -> None:
    from shipworthy.contract.defects import numerics

    without = {defect.name for defect in numerics.DECLARED if defect.kl_nats is None}
    assert without == {"nan_weight", "infinite_weight"}
    assert [name for name, kl in DECLARED.items() if kl <= LIMIT_NATS] == ["rope_base_off"]


@pytest.mark.slow
def test_the_declared_kl_is_measured(good: Good, catalogue: Catalogue, tmp_path: Path) -> None:
    texts = read_texts(catalogue.data["canary-100"].path)[SAMPLE]
    wrong = {}
    for name, declared in DECLARED.items():
        fixture = DEFECTS[name].fixture
        subject, bad = good.apr(fixture), tmp_path / f"{name}.gguf"
        plant_in_file(Planted(name, "gguf", "any", None, {}), good.export(fixture), bad)
        prompts = [ids[:64] for ids in encode(subject, texts).token_ids]
        with llama_cpp.logits(bad, prompts, log=tmp_path / "log", together=512) as theirs:
            rows, _ = compare(subject, prompts, theirs)
        found = max(value for row in rows for value in row["kl_nats"])
        if not declared / FACTOR <= found <= declared * 1.5:
            wrong[name] = (declared, found)
    assert wrong == {}
