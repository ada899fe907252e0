"""AC-SHIP1-002: A function that is begun continues as valid Python.

Compiled from contracts/ac-ship1-002.yaml (criterion 4c0bd737f1be…).
Change the contract, then run `make compile`.
"""


def test_falsify_ship_002(gate):
    measurement = gate.measure(
        "python_syntax@1",
        prompts={"data": "prompt-fib"},
        seed=0,
        max_tokens=256,
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
            "max_tokens": {"const": 256},
            "prompts": {"const": 1},
            "distinct_prompts": {"const": 1},
            "parsed": {"const": 1},
            "empty_continuations": {"maxItems": 0},
            "tokens_over_limit": {"maxItems": 0},
            "stopped_otherwise": {"maxItems": 0},
            "syntax_errors": {"const": 0},
        },
    )
