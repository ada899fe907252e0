"""AC-SHIP2-010: The checkpoint decodes at 100 tokens a second on the reference GPU.

Compiled from contracts/ac-ship2-010.yaml (criterion 171b976a15b6…).
Change the contract, then run `make compile`.
"""


def test_falsify_ship_020(gate):
    measurement = gate.measure(
        "decode_throughput@2",
        runs=3,
        extension=3,
        iterations=5,
        max_tokens=128,
        engine="torch",
        device="cuda",
        dtype="f32",
    )
    gate.expect(
        measurement,
        {
            "runs": {"const": 3},
            "extensions": {"maximum": 1},
            "extension_runs": {"enum": [0, 3]},
            "iterations": {"const": 5},
            "tokens": {"const": 128},
            "warm_up_tokens": {"minimum": 8},
            "engine": {"const": "torch"},
            "device_proven": {"const": True},
            "memory_on_device": {"const": True},
            "gpu_state_recorded": {"const": True},
            "dtype": {"const": "f32"},
            "dtype_proven": {"const": True},
            "cache_dtype": {"const": "float32"},
            "weights_read": {"const": True},
            "read_bandwidth": {"maximum": 1100},
            "finite": {"const": True},
            "processes": {"const": 3},
            "fresh_processes": {"const": True},
            "samples_vary": {"const": True},
            "runs_differ": {"const": True},
            "order_plausible": {"const": True},
            "greatest_fraction_of_bandwidth": {"maximum": 1.1},
            "tokens_per_second": {"minimum": 100},
        },
    )
