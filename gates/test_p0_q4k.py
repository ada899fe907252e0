"""P0-Q4K: Sizes, offsets and padding of the export follow its final shapes.

Compiled from contracts/p0-q4k.yaml (criterion 0b01a67b97d4…).
Change the contract, then run `make compile`.
"""


def test_falsify_p0_q4k(gate):
    measurement = gate.measure("gguf_layout@1")
    gate.expect(
        measurement,
        {
            "opens": {"const": True},
            "tensors": {"minimum": 1},
            "block_misfits": {"maxItems": 0},
            "offsets_wrong": {"maxItems": 0},
            "bytes_missing": {"const": 0},
            "bytes_left_over": {"const": 0},
            "padding_not_zero": {"maxItems": 0},
        },
    )
