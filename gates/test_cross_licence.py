"""CROSS-LICENCE: The licence is present in every file and is upstream's.

Compiled from contracts/cross-licence.yaml (criterion 0b0bb6ab8155…).
Change the contract, then run `make compile`.
"""


def test_falsify_cross_licence(gate):
    measurement = gate.measure("licence@1", files=["checkpoint", "gguf"])
    gate.expect(
        measurement,
        {
            "files": {"const": 2},
            "files_without_tensors": {"maxItems": 0},
            "licences_missing": {"maxItems": 0},
            "licences_differ": {"const": False},
            "licence": {"const": {"registered": "licence"}},
        },
    )
