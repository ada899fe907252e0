"""CROSS-ROOFLINE: On the CPU the checkpoint decodes at a quarter of the memory's bandwidth or more.

Compiled from contracts/cross-roofline.yaml (criterion 1112b7063d7a…).
Change the contract, then run `make compile`.
"""


def test_falsify_cross_roofline(gate):
    measurement = gate.measure(
        "decode_throughput@2",
        runs=3,
        extension=3,
        iterations=5,
        max_tokens=64,
        engine="llama.cpp",
        device="cpu",
        dtype="f32",
        thread_sweep=True,
    )
    gate.expect(
        measurement,
        {
            "runs": {"const": 3},
            "extensions": {"maximum": 1},
            "extension_runs": {"enum": [0, 3]},
            "iterations": {"const": 5},
            "tokens": {"const": 64},
            "warm_up_tokens": {"minimum": 8},
            "engine": {"const": "llama.cpp"},
            "device": {"const": "cpu"},
            "device_proven": {"const": True},
            "dtype": {"const": "f32"},
            "dtype_proven": {"const": True},
            "cache_dtype": {"const": "float32"},
            "weights_read": {"const": True},
            "every_core": {"const": True},
            "finite": {"const": True},
            "bandwidth_sampled": {"const": True},
            "processes": {"const": 3},
            "fresh_processes": {"const": True},
            "samples_vary": {"const": True},
            "runs_differ": {"const": True},
            "order_plausible": {"const": True},
            "greatest_fraction_of_bandwidth": {"maximum": 1.1},
            "best_threads": {"minimum": 1},
            "fraction_of_bandwidth": {"minimum": 0.25},
        },
    )
