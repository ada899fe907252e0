"""P0-E: Every constant that a runtime reads is stated and true.

Compiled from contracts/p0-e.yaml (criterion 0b19cc482cfd…).
Change the contract, then run `make compile`.
"""


def test_falsify_p0_e(gate):
    measurement = gate.measure(
        "checkpoint_metadata@1",
        fields=[
            "hidden_size",
            "num_layers",
            "num_heads",
            "intermediate_size",
            "num_kv_heads",
            "vocab_size",
            "max_position_embeddings",
            "rope_theta",
            "rms_norm_eps",
        ],
    )
    gate.expect(
        measurement,
        {
            "fields": {"const": 9},
            "missing": {"maxItems": 0},
            "aliased_twice": {"maxItems": 0},
            "implausible": {"maxItems": 0},
            "dimension_disagreements": {"maxItems": 0},
        },
    )
