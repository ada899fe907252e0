"""C-01: The checkpoint names its architecture.

Compiled from contracts/c-01.yaml (criterion ef4bc2fe2426…).
Change the contract, then run `make compile`.
"""


def test_falsify_c_01(gate):
    measurement = gate.measure("checkpoint_metadata@1", fields=["architecture"])
    gate.expect(
        measurement,
        {
            "fields": {"const": 1},
            "missing": {"maxItems": 0},
            "architecture_known": {"const": True},
            "architecture_canonical": {"const": True},
            "label_disagreements": {"maxItems": 0},
        },
    )
