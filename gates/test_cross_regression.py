"""CROSS-REGRESSION: Decoding is not a tenth slower than it was.

Compiled from contracts/cross-regression.yaml (criterion 21c07e89aa1e…).
Change the contract, then run `make compile`.
"""


def test_falsify_cross_regression(gate):
    measurement = gate.measure(
        "throughput_regression@1",
        runs=3,
        extension=3,
        iterations=5,
        max_tokens=64,
        engine="llama.cpp",
        device="cpu",
        dtype="f32",
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
            "same_host": {"const": True},
            "same_probe": {"const": True},
            "same_parameters": {"const": True},
            "same_weights_read": {"const": True},
            "baseline_tokens_per_second": {"exclusiveMinimum": 0},
            "ratio_to_baseline": {"minimum": 0.9},
            "fraction_to_baseline": {"minimum": 0.9},
        },
    )
