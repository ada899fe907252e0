"""CROSS-QUALITY: Smaller exports lose no more than their dtype explains.

Compiled from contracts/cross-quality.yaml (criterion dc9e7893225b…).
Change the contract, then run `make compile`.
"""


def test_falsify_cross_quality_f16(gate):
    measurement = gate.measure(
        "llama_cpp_parity@2",
        prompts={"data": "canary-100"},
        count=20,
        positions=64,
        decode="batched",
        in_float64=0,
        export="f16",
        kv_cache="f32",
        flash_attention=False,
    )
    gate.expect(
        measurement,
        {
            "prompts": {"const": 20},
            "positions": {"minimum": 64},
            "lengths_differ": {"const": 0},
            "loads": {"const": True},
            "export_dtype": {"const": "f16"},
            "finite": {"const": True},
            "exact_zeros": {"const": 0},
            "distinct_kl": {"minimum": 200},
            "kl_999_nats": {"maximum": 0.0004},
            "mean_kl_nats": {"maximum": 5e-05},
            "least_kl_nats": {"minimum": -1e-14},
            "max_kl_nats": {"maximum": 0.05},
            "flips_above_margin": {"const": 0},
            "prompts_in_float64": {"const": 0},
            "decode": {"const": "batched"},
            "kv_cache": {"const": "f32"},
            "flash_attention": {"const": False},
            "device": {"const": "cpu"},
        },
    )


def test_falsify_cross_quality_bf16(gate):
    measurement = gate.measure(
        "llama_cpp_parity@2",
        prompts={"data": "canary-100"},
        count=20,
        positions=64,
        decode="batched",
        in_float64=0,
        export="bf16",
        kv_cache="f32",
        flash_attention=False,
    )
    gate.expect(
        measurement,
        {
            "prompts": {"const": 20},
            "positions": {"minimum": 64},
            "lengths_differ": {"const": 0},
            "loads": {"const": True},
            "export_dtype": {"const": "bf16"},
            "finite": {"const": True},
            "exact_zeros": {"const": 0},
            "distinct_kl": {"minimum": 200},
            "kl_999_nats": {"maximum": 0.05},
            "mean_kl_nats": {"maximum": 0.01},
            "least_kl_nats": {"minimum": -1e-14},
            "largest_flip_margin": {"maximum": 0.75},
            "prompts_in_float64": {"const": 0},
            "decode": {"const": "batched"},
            "kv_cache": {"const": "f32"},
            "flash_attention": {"const": False},
            "device": {"const": "cpu"},
        },
    )


def test_falsify_cross_quality_q8_0(gate):
    measurement = gate.measure(
        "llama_cpp_parity@2",
        prompts={"data": "canary-100"},
        count=20,
        positions=64,
        decode="batched",
        in_float64=0,
        export="q8_0",
        kv_cache="f32",
        flash_attention=False,
    )
    gate.expect(
        measurement,
        {
            "prompts": {"const": 20},
            "positions": {"minimum": 64},
            "lengths_differ": {"const": 0},
            "loads": {"const": True},
            "export_dtype": {"const": "q8_0"},
            "finite": {"const": True},
            "exact_zeros": {"const": 0},
            "distinct_kl": {"minimum": 200},
            "kl_999_nats": {"maximum": 0.5},
            "mean_kl_nats": {"maximum": 0.02},
            "least_kl_nats": {"minimum": -1e-14},
            "largest_flip_margin": {"maximum": 3.0},
            "prompts_in_float64": {"const": 0},
            "decode": {"const": "batched"},
            "kv_cache": {"const": "f32"},
            "flash_attention": {"const": False},
            "device": {"const": "cpu"},
        },
    )
