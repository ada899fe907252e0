"""P0-G: The export lists one token for each row of the embedding.

Compiled from contracts/p0-g.yaml (criterion ae854cd50525…).
Change the contract, then run `make compile`.
"""


def test_falsify_p0_g(gate):
    measurement = gate.measure("gguf_vocabulary@1")
    gate.expect(
        measurement,
        {
            "embedding_rows": {"const": {"registered": "constants.vocab_size"}},
            "tokens_equal_rows": {"const": True},
            "types_equal_tokens": {"const": True},
            "repeated_tokens": {"maxItems": 0},
            "tokens_changed": {"maxItems": 0},
            "added_displaced": {"maxItems": 0},
            "added_types_wrong": {"maxItems": 0},
            "pads_not_unused": {"maxItems": 0},
        },
    )
