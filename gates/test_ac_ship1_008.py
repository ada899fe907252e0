"""AC-SHIP1-008: The chat template renders byte for byte.

Compiled from contracts/ac-ship1-008.yaml (criterion faf259212059…).
Change the contract, then run `make compile`.
"""


def test_falsify_ship_008(gate):
    measurement = gate.measure("chat_template@1", conversations={"data": "chat-qwen2"})
    gate.expect(
        measurement,
        {
            "tensors": {"minimum": 1},
            "template_embedded": {"const": True},
            "rendered_in_sandbox": {"const": True},
            "goldens_sha256": {
                "const": "6fdb29a81a88d2b9a37da90c9ff681372c2ecf064906e5710456bf879233a238",
            },
            "conversations": {"const": 28},
            "renderings_failed": {"maxItems": 0},
            "renderings_differ": {"maxItems": 0},
        },
    )
