"""P0-F: The export names its architecture as llama.cpp does.

Compiled from contracts/p0-f.yaml (criterion 9cac833edae7…).
Change the contract, then run `make compile`.
"""


def test_falsify_p0_f(gate):
    measurement = gate.measure("gguf_label@1")
    gate.expect(
        measurement,
        {
            "label_stated": {"const": True},
            "label_lower_case": {"const": True},
            "label_known": {"const": True},
            "label_is_the_checkpoints": {"const": True},
            "keys_under_label": {"minimum": 1},
            "keys_under_other_names": {"maxItems": 0},
            "map_not_idempotent": {"maxItems": 0},
        },
    )
