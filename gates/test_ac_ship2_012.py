"""AC-SHIP2-012: Weights, tokenizer and config are published with their provenance.

Compiled from contracts/ac-ship2-012.yaml (criterion ad2a4d6c5e3a…).
Change the contract, then run `make compile`.
"""


def test_falsify_ship_022(gate):
    measurement = gate.measure(
        "published_release@2", roles=["weights", "tokenizer", "config", "card"]
    )
    gate.expect(
        measurement,
        {
            "address": {"const": "public"},
            "manifest_same": {"const": True},
            "files": {"minimum": 4},
            "files_missing": {"maxItems": 0},
            "digests_differ": {"maxItems": 0},
            "roles": {"const": 4},
            "roles_missing": {"maxItems": 0},
            "subject_files": {"minimum": 1},
            "subject_not_published": {"maxItems": 0},
            "described": {"minimum": 3},
            "foreign": {"maxItems": 0},
            "described_not_published": {"maxItems": 0},
            "data_provenance": {"const": True},
            "licence": {"const": {"registered": "licence"}},
            "run_stated": {"const": True},
        },
    )
