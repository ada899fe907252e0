"""CROSS-ROUND-TRIP: A checkpoint that goes into a GGUF comes back unchanged.

Compiled from contracts/cross-round-trip.yaml (criterion b11982e0bfac…).
Change the contract, then run `make compile`.
"""


def test_falsify_cross_round_trip(gate):
    measurement = gate.measure(
        "gguf_round_trip@1", prompts={"data": "canary-100"}, count=20, positions=16
    )
    gate.expect(
        measurement,
        {
            "reads_back": {"const": True},
            "tensors_missing": {"maxItems": 0},
            "tensors_unexpected": {"maxItems": 0},
            "tensors_changed": {"maxItems": 0},
            "constants_changed": {"maxItems": 0},
            "tokenizer_same": {"const": True},
            "prompts": {"const": 20},
            "finite": {"const": True},
            "first_token_difference": {"maximum": 0.001},
            "first_token_difference_back": {"maximum": 0.001},
        },
    )
