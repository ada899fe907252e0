"""CROSS-EXPORT-TYPES: Each tensor of an export has the type asked for and the bytes that it should.

Compiled from contracts/cross-export-types.yaml (criterion e8e9bd908ff5…).
Change the contract, then run `make compile`.
"""


def test_falsify_export_f16(gate):
    measurement = gate.measure("export_encoding@1", export="f16")
    gate.expect(
        measurement,
        {
            "asked": {"const": "f16"},
            "opens": {"const": True},
            "file_type": {"const": "MOSTLY_F16"},
            "tensors": {"minimum": 1},
            "matrices": {"minimum": 1},
            "tensors_missing": {"maxItems": 0},
            "tensors_unexpected": {"maxItems": 0},
            "tensors_not_compared": {"maxItems": 0},
            "types_wrong": {"maxItems": 0},
            "fallbacks_unlisted": {"maxItems": 0},
            "bytes_differ": {"maxItems": 0},
            "least_cosine": {"minimum": 0.9999999},
        },
    )


def test_falsify_export_bf16(gate):
    measurement = gate.measure("export_encoding@1", export="bf16")
    gate.expect(
        measurement,
        {
            "asked": {"const": "bf16"},
            "opens": {"const": True},
            "file_type": {"const": "MOSTLY_BF16"},
            "tensors": {"minimum": 1},
            "matrices": {"minimum": 1},
            "tensors_missing": {"maxItems": 0},
            "tensors_unexpected": {"maxItems": 0},
            "tensors_not_compared": {"maxItems": 0},
            "types_wrong": {"maxItems": 0},
            "fallbacks_unlisted": {"maxItems": 0},
            "bytes_differ": {"maxItems": 0},
            "least_cosine": {"minimum": 0.99999},
        },
    )


def test_falsify_export_q8_0(gate):
    measurement = gate.measure("export_encoding@1", export="q8_0")
    gate.expect(
        measurement,
        {
            "asked": {"const": "q8_0"},
            "opens": {"const": True},
            "file_type": {"const": "MOSTLY_Q8_0"},
            "tensors": {"minimum": 1},
            "matrices": {"minimum": 1},
            "tensors_missing": {"maxItems": 0},
            "tensors_unexpected": {"maxItems": 0},
            "tensors_not_compared": {"maxItems": 0},
            "types_wrong": {"maxItems": 0},
            "fallbacks_unlisted": {"maxItems": 0},
            "bytes_differ": {"maxItems": 0},
            "least_cosine": {"minimum": 0.9999},
        },
    )


def test_falsify_export_q4_k_m(gate):
    measurement = gate.measure("export_encoding@1", export="q4_k_m")
    gate.expect(
        measurement,
        {
            "asked": {"const": "q4_k_m"},
            "opens": {"const": True},
            "file_type": {"const": "MOSTLY_Q4_K_M"},
            "tensors": {"minimum": 1},
            "matrices": {"minimum": 1},
            "tensors_missing": {"maxItems": 0},
            "tensors_unexpected": {"maxItems": 0},
            "tensors_not_compared": {"maxItems": 0},
            "types_wrong": {"maxItems": 0},
            "fallbacks_unlisted": {"maxItems": 0},
            "bytes_differ": {"maxItems": 0},
            "runs": {"const": 2},
            "runs_same": {"const": True},
            "least_cosine": {"minimum": 0.994},
        },
    )


def test_falsify_export_q5_k_m(gate):
    measurement = gate.measure("export_encoding@1", export="q5_k_m")
    gate.expect(
        measurement,
        {
            "asked": {"const": "q5_k_m"},
            "opens": {"const": True},
            "file_type": {"const": "MOSTLY_Q5_K_M"},
            "tensors": {"minimum": 1},
            "matrices": {"minimum": 1},
            "tensors_missing": {"maxItems": 0},
            "tensors_unexpected": {"maxItems": 0},
            "tensors_not_compared": {"maxItems": 0},
            "types_wrong": {"maxItems": 0},
            "fallbacks_unlisted": {"maxItems": 0},
            "bytes_differ": {"maxItems": 0},
            "runs": {"const": 2},
            "runs_same": {"const": True},
            "least_cosine": {"minimum": 0.998},
        },
    )


def test_falsify_export_q6_k(gate):
    measurement = gate.measure("export_encoding@1", export="q6_k")
    gate.expect(
        measurement,
        {
            "asked": {"const": "q6_k"},
            "opens": {"const": True},
            "file_type": {"const": "MOSTLY_Q6_K"},
            "tensors": {"minimum": 1},
            "matrices": {"minimum": 1},
            "tensors_missing": {"maxItems": 0},
            "tensors_unexpected": {"maxItems": 0},
            "tensors_not_compared": {"maxItems": 0},
            "types_wrong": {"maxItems": 0},
            "fallbacks_unlisted": {"maxItems": 0},
            "bytes_differ": {"maxItems": 0},
            "runs": {"const": 2},
            "runs_same": {"const": True},
            "least_cosine": {"minimum": 0.999},
        },
    )
