"""AC-SHIP2-009: The GGUF export speaks in llama.cpp as the checkpoint does.

Compiled from contracts/ac-ship2-009.yaml (criterion 462c03ac3f6f…).
Change the contract, then run `make compile`.
"""


def test_falsify_ship_019(gate):
    measurement = gate.measure(
        "llama_cpp_parity@1",
        prompts={"data": "canary-100"},
        positions=64,
        export="f32",
        kv_cache="f32",
        flash_attention=False,
    )
    gate.expect(
        measurement,
        {
            "prompts": {"const": 100},
            "positions": {"minimum": 64},
            "loads": {"const": True},
            "finite": {"const": True},
            "token_ids_differ": {"const": 0},
            "argmax_flips": {"const": 0},
            "top1_probability_difference": {"maximum": 0.001},
            "max_kl_nats": {"maximum": 1e-08},
        },
    )
