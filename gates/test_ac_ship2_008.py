"""AC-SHIP2-008: HumanEval pass@1 is 30.0 percent or more.

Compiled from contracts/ac-ship2-008.yaml (criterion 5ec6a49c2f76…).
Change the contract, then run `make compile`.
"""


def test_falsify_ship_018(gate):
    measurement = gate.measure(
        "human_eval@1",
        samples=1,
        seed=0,
        max_tokens=512,
        engine="llama.cpp",
        device="cpu",
        dtype="f32",
    )
    gate.expect(
        measurement,
        {
            "runs": {"const": 1},
            "engine": {"const": "llama.cpp"},
            "device": {"const": "cpu"},
            "device_proven": {"const": True},
            "dtype": {"const": "f32"},
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
            "pass_at_1_percent": {"minimum": 30.0},
        },
    )
