"""AC-SHIP2-005: The checkpoint is native, whole and of the registered size.

Compiled from contracts/ac-ship2-005.yaml (criterion 254fc49e450b…).
Change the contract, then run `make compile`.
"""


def test_falsify_ship_015(gate):
    measurement = gate.measure("self_contained@1", texts={"data": "canary-100"})
    gate.expect(
        measurement,
        {
            "format": {"const": "apr"},
            "architecture_missing": {"maxItems": 0},
            "tokenizer_embedded": {"const": True},
            "tokenizer_rebuilds": {"const": True},
            "texts": {"const": 100},
            "texts_changed": {"maxItems": 0},
            "tensors_missing": {"maxItems": 0},
            "tensors_unexpected": {"maxItems": 0},
            "tensors_not_finite": {"maxItems": 0},
            "tensors_all_zero": {"maxItems": 0},
            "parameters": {
                "minimum": {"registered": "parameters.low"},
                "maximum": {"registered": "parameters.high"},
            },
        },
    )
