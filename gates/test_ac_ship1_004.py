"""AC-SHIP1-004: The GGUF loads in llama.cpp.

Compiled from contracts/ac-ship1-004.yaml (criterion fd02f7212f25…).
Change the contract, then run `make compile`.
"""


def test_falsify_ship_004(gate):
    measurement = gate.measure(
        "llama_cpp_loads@1", prompts={"data": "canary-100"}, positions=64, export="q4_k_m"
    )
    gate.expect(
        measurement,
        {
            "loads": {"const": True},
            "file_type": {"const": "MOSTLY_Q4_K_M"},
            "quantized": {"minimum": 1},
            "vocabulary": {"const": {"registered": "constants.vocab_size"}},
            "context": {"const": {"registered": "constants.max_position_embeddings"}},
            "prompts": {"const": 100},
            "repeated": {"maxItems": 0},
            "positions": {"minimum": 64},
            "finite": {"const": True},
            "distinct_spreads": {"minimum": 50},
            "least_spread": {"exclusiveMinimum": 0.0},
        },
    )
