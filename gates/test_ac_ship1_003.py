"""AC-SHIP1-003: The q4_k_m conversion keeps every tensor.

Compiled from contracts/ac-ship1-003.yaml (criterion 54ffa3aea1b1…).
Change the contract, then run `make compile`.
"""


def test_falsify_ship_003(gate):
    measurement = gate.measure("quantized_round_trip@1", export="q4_k_m")
    gate.expect(
        measurement,
        {
            "asked": {"const": "q4_k_m"},
            "opens": {"const": True},
            "file_type": {"const": "MOSTLY_Q4_K_M"},
            "tensors": {"minimum": 1},
            "repeated": {"maxItems": 0},
            "quantized": {"minimum": 1},
            "matrices_not_quantized": {"maxItems": 0},
            "tensors_missing": {"maxItems": 0},
            "tensors_not_compared": {"maxItems": 0},
            "tensors_not_finite": {"maxItems": 0},
            "tensors_unlike": {"maxItems": 0},
            "least_cosine": {"minimum": 0.999},
        },
    )
