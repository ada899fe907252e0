"""AC-SHIP2-002: The tokenizer gives back what it was given.

Compiled from contracts/ac-ship2-002.yaml (criterion a672987ec992…).
Change the contract, then run `make compile`.
"""


def test_falsify_ship_012(gate):
    measurement = gate.measure("tokenizer_round_trip@1", documents={"data": "documents-10000"})
    gate.expect(
        measurement,
        {
            "tensors": {"minimum": 1},
            "tokenizer_embedded": {"const": True},
            "documents": {"const": 10000},
            "bytes": {"const": 2172011},
            "documents_without_tokens": {"maxItems": 0},
            "documents_changed": {"maxItems": 0},
        },
    )
