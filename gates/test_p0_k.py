"""P0-K: Training that starts from the checkpoint starts from its weights.

Compiled from contracts/p0-k.yaml (criterion 9eb7881929b0…).
Change the contract, then run `make compile`.
"""


def test_falsify_p0_k(gate):
    measurement = gate.measure("initial_weights@1")
    gate.expect(
        measurement,
        {
            "loads": {"const": True},
            "tensors": {"minimum": 1},
            "left_over": {"maxItems": 0},
            "from_nowhere": {"maxItems": 0},
            "changed": {"maxItems": 0},
        },
    )
