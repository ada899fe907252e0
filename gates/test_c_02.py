"""C-02: The checkpoint states its rotary base.

Compiled from contracts/c-02.yaml (criterion 438b339e204a…).
Change the contract, then run `make compile`.
"""


def test_falsify_c_02(gate):
    measurement = gate.measure("checkpoint_metadata@1", fields=["rope_theta"])
    gate.expect(
        measurement,
        {"fields": {"const": 1}, "missing": {"maxItems": 0}, "implausible": {"maxItems": 0}},
    )
