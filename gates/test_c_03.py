"""C-03: The checkpoint states the constants that a runtime needs.

Compiled from contracts/c-03.yaml (criterion 687a31156667…).
Change the contract, then run `make compile`.
"""


def test_falsify_c_03(gate):
    measurement = gate.measure(
        "checkpoint_metadata@1",
        fields=["hidden_size", "num_layers", "num_heads", "intermediate_size"],
    )
    gate.expect(
        measurement,
        {
            "fields": {"const": 4},
            "missing": {"maxItems": 0},
            "aliased_twice": {"maxItems": 0},
            "implausible": {"maxItems": 0},
            "dimension_disagreements": {"maxItems": 0},
        },
    )
