"""AC-SHIP1-001: The weights load from safetensors.

Compiled from contracts/ac-ship1-001.yaml (criterion 8b60bca2738a…).
Change the contract, then run `make compile`.
"""


def test_falsify_ship_001(gate):
    measurement = gate.measure("weights_load@1", dtype="bf16")
    gate.expect(
        measurement,
        {
            "format": {"const": "hf"},
            "safetensors_files": {"minimum": 1},
            "pickles": {"maxItems": 0},
            "loads": {"const": True},
            "tensors": {"minimum": 1},
            "tensors_not_finite": {"maxItems": 0},
            "tensors_not_loaded": {"maxItems": 0},
            "tensors_absent": {"maxItems": 0},
        },
    )
