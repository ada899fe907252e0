"""AC-SHIP2-006: The qa battery passes, every gate by name.

Compiled from contracts/ac-ship2-006.yaml (criterion f3badb0733b6…).
Change the contract, then run `make compile`.
"""


def test_falsify_ship_016(gate):
    measurement = gate.measure(
        "text_quality@1", prompts={"data": "canary-100"}, count=20, tokens=64
    )
    gate.expect(
        measurement,
        {
            "prompts": {"const": 20},
            "short": {"maxItems": 0},
            "empty": {"maxItems": 0},
            "looping": {"maxItems": 10},
            "gibberish": {"maxItems": 0},
            "texts": {"const": 20},
            "finite": {"const": True},
            "bits_per_byte": {"maximum": 2.0},
        },
    )


def test_falsify_qa_hostile(gate):
    measurement = gate.measure("hostile_prompts@1", prompts={"data": "hostile-50"})
    gate.expect(
        measurement,
        {
            "loads": {"const": True},
            "prompts": {"const": 50},
            "answered": {"minimum": 40},
            "crashes": {"maxItems": 0},
            "not_finite": {"maxItems": 0},
        },
    )


def test_ac_ship2_006(gate):
    gate.all_of(
        [
            "C-01",
            "C-02",
            "C-03",
            "P0-H",
            "AC-SHIP2-009",
            "AC-SHIP2-010",
            "CROSS-ROUND-TRIP",
            "CROSS-GOLDEN",
        ],
    )
