"""CROSS-GOLDEN: Golden output does not regress after quantization.

Compiled from contracts/cross-golden.yaml (criterion 23cfe82a0577…).
Change the contract, then run `make compile`.
"""


def test_falsify_cross_golden_record(gate):
    measurement = gate.measure(
        "golden_continuations@1",
        prompts={"data": "canary-100"},
        count=20,
        prompt_tokens=32,
        tokens=32,
    )
    gate.expect(
        measurement,
        {
            "prompts": {"const": 20},
            "tokens": {"const": 32},
            "finite": {"const": True},
            "distinct_margins": {"minimum": 100},
            "device": {"const": "cpu"},
            "dtype": {"const": "float32"},
        },
    )


def test_falsify_cross_golden_q8_0(gate):
    measurement = gate.measure(
        "golden_output@1", count=20, prompt_tokens=32, tokens=32, export="q8_0", margin=0.5
    )
    gate.expect(
        measurement,
        {
            "same_subject": {"const": True},
            "file_type": {"const": "MOSTLY_Q8_0"},
            "loads": {"const": True},
            "margin": {"const": 0.5},
            "prompts": {"const": 20},
            "tokens": {"const": 32},
            "distinct_margins": {"minimum": 100},
            "outputs_regressed": {"maxItems": 0},
            "outputs_gibberish": {"maxItems": 0},
            "outputs_empty": {"maxItems": 0},
            "tokens_agreeing_percent": {"minimum": 40},
        },
    )


def test_falsify_cross_golden_bf16(gate):
    measurement = gate.measure(
        "golden_output@1", count=20, prompt_tokens=32, tokens=32, export="bf16", margin=0.25
    )
    gate.expect(
        measurement,
        {
            "same_subject": {"const": True},
            "file_type": {"const": "MOSTLY_BF16"},
            "loads": {"const": True},
            "margin": {"const": 0.25},
            "prompts": {"const": 20},
            "tokens": {"const": 32},
            "distinct_margins": {"minimum": 100},
            "outputs_regressed": {"maxItems": 0},
            "outputs_gibberish": {"maxItems": 0},
            "outputs_empty": {"maxItems": 0},
            "tokens_agreeing_percent": {"minimum": 45},
        },
    )
