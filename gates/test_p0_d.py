"""P0-D: The tokenizer is embedded, and its special ids are real.

Compiled from contracts/p0-d.yaml (criterion ca90191eba72…).
Change the contract, then run `make compile`.
"""


def test_falsify_p0_d(gate):
    measurement = gate.measure("tokenizer_embedded@1")
    gate.expect(
        measurement,
        {
            "tensors": {"minimum": 1},
            "tokenizer_embedded": {"const": True},
            "tokenizer_rebuilds": {"const": True},
            "vocabulary": {"minimum": 256},
            "merges": {"minimum": 1},
            "ids_not_integers": {"maxItems": 0},
            "ids_out_of_range": {"maxItems": 0},
            "false_zeros": {"maxItems": 0},
        },
    )
