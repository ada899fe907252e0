"""AC-SHIP2-001: Every constant is the registered one.

Compiled from contracts/ac-ship2-001.yaml (criterion 0c2677d83235…).
Change the contract, then run `make compile`.
"""


def test_falsify_ship_011(gate):
    measurement = gate.measure("registered_constants@1")
    gate.expect(
        measurement,
        {
            "tensors": {"minimum": 1},
            "usable": {"const": True},
            "family_known": {"const": True},
            "architecture": {"const": {"registered": "constants.architecture"}},
            "hidden_size": {"const": {"registered": "constants.hidden_size"}},
            "num_layers": {"const": {"registered": "constants.num_layers"}},
            "num_heads": {"const": {"registered": "constants.num_heads"}},
            "num_kv_heads": {"const": {"registered": "constants.num_kv_heads"}},
            "head_dim": {"const": {"registered": "constants.head_dim"}},
            "intermediate_size": {"const": {"registered": "constants.intermediate_size"}},
            "vocab_size": {"const": {"registered": "constants.vocab_size"}},
            "max_position_embeddings": {
                "const": {"registered": "constants.max_position_embeddings"},
            },
            "rope_theta": {"const": {"registered": "constants.rope_theta"}},
            "rms_norm_eps": {"const": {"registered": "constants.rms_norm_eps"}},
            "tied_embeddings": {"const": {"registered": "constants.tied_embeddings"}},
            "attention_bias": {"const": {"registered": "constants.attention_bias"}},
        },
    )
