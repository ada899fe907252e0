"""MODEL-1-ALL: Every criterion of MODEL-1 is discharged.

Compiled from contracts/model-1-all.yaml (criterion 5c0fb2058b1d…).
Change the contract, then run `make compile`.
"""


def test_model_1_all(gate):
    gate.all_of(
        [
            "AC-SHIP1-001",
            "AC-SHIP1-002",
            "AC-SHIP1-003",
            "AC-SHIP1-004",
            "AC-SHIP1-005",
            "AC-SHIP1-006",
            "AC-SHIP1-007",
            "AC-SHIP1-008",
            "AC-SHIP1-009",
            "AC-SHIP1-010",
        ],
    )
