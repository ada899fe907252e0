"""AC-SHIP2-009: The GGUF export speaks in llama.cpp as the checkpoint does.

Compiled from contracts/ac-ship2-009.yaml (criterion a8121dc111b7…).
Change the contract, then run `make compile`.
"""


def test_falsify_ship_019(gate):
    measurement = gate.measure(
        "llama_cpp_parity@2",
        prompts={"data": "canary-100"},
        count=100,
        positions=64,
        decode="batched",
        in_float64=4,
        export="f32",
        kv_cache="f32",
        flash_attention=False,
    )
    gate.expect(
        measurement,
        {
            "prompts": {"const": 100},
            "positions": {"minimum": 64},
            "lengths_differ": {"const": 0},
            "loads": {"const": True},
            "export_dtype": {"const": "f32"},
            "finite": {"const": True},
            "exact_zeros": {"const": 0},
            "distinct_kl": {"minimum": 1000},
            "token_ids_differ": {"const": 0},
            "texts_differ": {"const": 0},
            "argmax_flips": {"const": 0},
            "top1_probability_difference": {"maximum": 0.001},
            "max_kl_nats": {"maximum": 1e-08},
            "kl_999_nats": {"maximum": 1e-09},
            "mean_kl_nats": {"maximum": 1e-10},
            "least_kl_nats": {"minimum": -1e-14},
            "prompts_in_float64": {"maximum": 4},
            "decode": {"const": "batched"},
            "kv_cache": {"const": "f32"},
            "flash_attention": {"const": False},
            "device": {"const": "cpu"},
        },
    )


def test_falsify_parity_long(gate):
    measurement = gate.measure(
        "llama_cpp_parity@2",
        prompts={"data": "long-4"},
        count=4,
        positions=2048,
        decode="batched",
        in_float64=0,
        export="f32",
        kv_cache="f32",
        flash_attention=False,
    )
    gate.expect(
        measurement,
        {
            "prompts": {"const": 4},
            "positions": {"minimum": 2048},
            "lengths_differ": {"const": 0},
            "loads": {"const": True},
            "export_dtype": {"const": "f32"},
            "finite": {"const": True},
            "exact_zeros": {"const": 0},
            "distinct_kl": {"minimum": 1000},
            "token_ids_differ": {"const": 0},
            "texts_differ": {"const": 0},
            "flips_above_margin": {"const": 0},
            "largest_flip_margin": {"maximum": 0.01},
            "top1_probability_difference": {"maximum": 0.001},
            "max_kl_nats": {"maximum": 1e-06},
            "kl_999_nats": {"maximum": 1e-07},
            "mean_kl_nats": {"maximum": 1e-08},
            "least_kl_nats": {"minimum": -1e-14},
            "prompts_in_float64": {"const": 0},
            "decode": {"const": "batched"},
            "kv_cache": {"const": "f32"},
            "flash_attention": {"const": False},
            "device": {"const": "cpu"},
        },
    )


def test_falsify_parity_stepwise(gate):
    measurement = gate.measure(
        "llama_cpp_parity@2",
        prompts={"data": "canary-100"},
        count=5,
        positions=64,
        decode="stepwise",
        in_float64=1,
        export="f32",
        kv_cache="f32",
        flash_attention=False,
    )
    gate.expect(
        measurement,
        {
            "prompts": {"const": 5},
            "positions": {"minimum": 64},
            "lengths_differ": {"const": 0},
            "loads": {"const": True},
            "export_dtype": {"const": "f32"},
            "finite": {"const": True},
            "exact_zeros": {"const": 0},
            "distinct_kl": {"minimum": 100},
            "token_ids_differ": {"const": 0},
            "texts_differ": {"const": 0},
            "argmax_flips": {"const": 0},
            "top1_probability_difference": {"maximum": 0.001},
            "max_kl_nats": {"maximum": 1e-08},
            "mean_kl_nats": {"maximum": 1e-10},
            "least_kl_nats": {"minimum": -1e-14},
            "prompts_in_float64": {"maximum": 1},
            "decode": {"const": "stepwise"},
            "kv_cache": {"const": "f32"},
            "flash_attention": {"const": False},
            "device": {"const": "cpu"},
        },
    )
