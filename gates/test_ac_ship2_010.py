"""AC-SHIP2-010: The checkpoint decodes at 100 tokens a second on the reference GPU.

Compiled from contracts/ac-ship2-010.yaml (criterion ac398fc0ab83…).
Change the contract, then run `make compile`.
"""


def test_falsify_ship_020(gate):
    measurement = gate.measure(
        "decode_throughput@1", runs=3, iterations=5, max_tokens=128, device="cuda", dtype="f32"
    )
    gate.expect(
        measurement,
        {
            "runs": {"const": 3},
            "iterations": {"const": 5},
            "tokens": {"const": 128},
            "device_proven": {"const": True},
            "dtype": {"const": "f32"},
            "finite": {"const": True},
            "processes": {"const": 3},
            "samples_vary": {"const": True},
            "tokens_per_second": {"minimum": 100},
        },
    )
