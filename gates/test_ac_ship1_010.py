"""AC-SHIP1-010: The published artifact resolves.

Compiled from contracts/ac-ship1-010.yaml (criterion 6c4323e1631b…).
Change the contract, then run `make compile`.
"""


def test_falsify_ship_010(gate):
    measurement = gate.measure("published_release@2", roles=["weights"])
    gate.expect(
        measurement,
        {
            "address": {"const": "public"},
            "manifest_same": {"const": True},
            "files": {"minimum": 1},
            "files_missing": {"maxItems": 0},
            "digests_differ": {"maxItems": 0},
            "roles": {"const": 1},
            "roles_missing": {"maxItems": 0},
            "subject_files": {"minimum": 1},
            "subject_not_published": {"maxItems": 0},
        },
    )
