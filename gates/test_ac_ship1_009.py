"""AC-SHIP1-009: Licence and provenance are in the metadata.

Compiled from contracts/ac-ship1-009.yaml (criterion c9a3ccf35ea9…).
Change the contract, then run `make compile`.
"""


def test_falsify_ship_009(gate):
    measurement = gate.measure("licence@1", files=["checkpoint"])
    gate.expect(
        measurement,
        {
            "files": {"const": 1},
            "files_without_tensors": {"maxItems": 0},
            "licences_missing": {"maxItems": 0},
            "licence": {"const": {"registered": "licence"}},
            "origins_missing": {"maxItems": 0},
        },
    )
