"""AC-SHIP2-007: Held-out prompts give valid Python.

Compiled from contracts/ac-ship2-007.yaml (criterion 0d27016f2b54…).
Change the contract, then run `make compile`.
"""


def test_falsify_ship_017(gate):
    measurement = gate.measure(
        "python_syntax@1",
        prompts={"data": "python-prompts-100"},
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
            "prompts": {"const": 100},
            "distinct_prompts": {"const": 100},
            "parsed": {"const": 100},
            "distinct_continuations": {"minimum": 2},
            "empty_continuations": {"maxItems": 0},
            "tokens_over_limit": {"maxItems": 0},
            "stopped_otherwise": {"maxItems": 0},
            "syntax_errors": {"maximum": 1},
        },
    )
