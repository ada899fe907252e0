"""MODEL-2-ALL: Every criterion of MODEL-2 is discharged.

Compiled from contracts/model-2-all.yaml (criterion b231ef6c7094…).
Change the contract, then run `make compile`.
"""


def test_model_2_all(gate):
    gate.all_of(
        [
            "AC-SHIP2-001",
            "AC-SHIP2-002",
            "AC-SHIP2-003",
            "AC-SHIP2-004",
            "AC-SHIP2-005",
            "AC-SHIP2-006",
            "AC-SHIP2-007",
            "AC-SHIP2-008",
            "AC-SHIP2-009",
            "AC-SHIP2-010",
            "AC-SHIP2-011",
            "AC-SHIP2-012",
        ],
    )
