"""P0-H: The tensors are those of the stated architecture, all of them.

Compiled from contracts/p0-h.yaml (criterion 626fe6c6eebc…).
Change the contract, then run `make compile`.
"""


def test_falsify_p0_h_checkpoint(gate):
    measurement = gate.measure("tensor_names@1", file="checkpoint")
    gate.expect(
        measurement,
        {
            "buildable": {"const": True},
            "tensors": {"minimum": 1},
            "missing": {"maxItems": 0},
            "unexpected": {"maxItems": 0},
            "label_disagreements": {"maxItems": 0},
            "tied_embeddings": {"const": {"registered": "constants.tied_embeddings"}},
        },
    )


def test_falsify_p0_h_export(gate):
    measurement = gate.measure("tensor_names@1", file="gguf")
    gate.expect(
        measurement,
        {
            "buildable": {"const": True},
            "tensors": {"minimum": 1},
            "missing": {"maxItems": 0},
            "unexpected": {"maxItems": 0},
            "label_disagreements": {"maxItems": 0},
            "tied_embeddings": {"const": {"registered": "constants.tied_embeddings"}},
        },
    )
