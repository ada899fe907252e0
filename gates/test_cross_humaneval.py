"""CROSS-HUMANEVAL: Two HumanEval runs of seed 0 are identical.

Compiled from contracts/cross-humaneval.yaml (criterion 1c6246319aab…).
Change the contract, then run `make compile`.
"""


def test_falsify_cross_humaneval(gate):
    measurement = gate.measure(
        "human_eval_repeats@1",
        runs=2,
        seed=0,
        max_tokens=512,
        engine="llama.cpp",
        device="cpu",
        dtype="f32",
    )
    gate.expect(
        measurement,
        {
            "runs": {"const": 2},
            "engine": {"const": "llama.cpp"},
            "device": {"const": "cpu"},
            "device_proven": {"const": True},
            "dtype": {"const": "f32"},
            "threads": {"minimum": 1},
            "greedy": {"const": True},
            "samples": {"const": 1},
            "max_tokens": {"const": 512},
            "problems_sha256": {
                "const": "1d49078ba3e2b196b9344535bef34a43021f038fad9561d6ee7c53450609a6a2",
            },
            "problems": {"const": 164},
            "attempts": {"const": 164},
            "executed": {"const": 164},
            "isolated": {"const": True},
            "dated": {"const": True},
            "contradictions": {"maxItems": 0},
            "distinct_completions": {"minimum": 100},
            "empty_solved": {"maxItems": 0},
            "tokens_over_limit": {"maxItems": 0},
            "stopped_otherwise": {"maxItems": 0},
            "seconds_limit": {"const": 10},
            "over_time": {"maxItems": 0},
            "times_vary": {"const": True},
            "distinct_times": {"minimum": 100},
            "finite": {"const": True},
            "processes": {"const": 2},
            "completions_differ": {"maxItems": 0},
            "results_differ": {"maxItems": 0},
            "times_differ": {"const": True},
        },
    )
