"""Values that are wrong in a file that is otherwise right."""

from __future__ import annotations

from ..defect import DefectOf, PlantedDefect

_GGUF: frozenset[DefectOf] = frozenset({"gguf"})
_BOTH: frozenset[DefectOf] = frozenset({"apr", "gguf"})
_LLAMA = "fixture-llama"
_QWEN2 = "fixture-qwen2"

DECLARED = (
    PlantedDefect(
        "nan_weight",
        "One weight overflowed in the last step. llama.cpp loads it and decodes with return code 0.",
        of=_BOTH,
        fixture=_LLAMA,
    ),
    PlantedDefect(
        "infinite_weight",
        "A weight above 65504 was cast to half precision.",
        of=_BOTH,
        fixture=_LLAMA,
    ),
    PlantedDefect(
        "projection_zeroed",
        "A tensor was allocated and never filled, as after saving onto the file one reads from.",
        of=_BOTH,
        fixture=_LLAMA,
        kl_nats=0.00085,
    ),
    PlantedDefect(
        "one_weight_changed",
        "A single weight of one projection is off by 0.01: a flipped bit, a stale page.",
        of=_GGUF,
        fixture=_LLAMA,
        kl_nats=2.8e-08,
    ),
    PlantedDefect(
        "one_norm_element_changed",
        "A norm was merged from two shards at a boundary that is off by one.",
        of=_GGUF,
        fixture=_LLAMA,
        kl_nats=2e-07,
    ),
    PlantedDefect(
        "embedding_row_zeroed",
        "The row of a padding id is zeroed, and the id is that of a token in use.",
        of=_GGUF,
        fixture=_LLAMA,
        kl_nats=0.058,
    ),
    PlantedDefect(
        "head_zeroed",
        "A pruning mask of one attention head was applied for an experiment and saved.",
        of=_GGUF,
        fixture=_LLAMA,
        kl_nats=0.053,
    ),
    PlantedDefect(
        "rope_layout",
        "q and k rows are written as halves where llama.cpp rotates interleaved pairs.",
        of=_GGUF,
        fixture=_LLAMA,
        kl_nats=0.0061,
    ),
    PlantedDefect(
        "query_heads_interleaved",
        "Grouped queries are tiled where they should be repeated: each head asks another head's keys.",
        of=_GGUF,
        fixture=_LLAMA,
        kl_nats=0.0094,
    ),
    PlantedDefect(
        "attention_output_transposed",
        "A square matrix comes from a framework that keeps [in, out]; no shape tells.",
        of=_GGUF,
        fixture=_LLAMA,
        kl_nats=0.16,
    ),
    PlantedDefect(
        "gate_and_up_swapped",
        "Two matrices of one shape are split from a fused one in the other order.",
        of=_GGUF,
        fixture=_LLAMA,
        kl_nats=0.016,
    ),
    PlantedDefect(
        "key_and_value_swapped",
        "q, k and v are split from a fused matrix in the other order.",
        of=_GGUF,
        fixture=_LLAMA,
        kl_nats=0.21,
    ),
    PlantedDefect(
        "layers_swapped",
        "Layers are collected from a directory listing that sorts 10 before 2.",
        of=_GGUF,
        fixture=_LLAMA,
        kl_nats=0.21,
    ),
    PlantedDefect(
        "layer_repeated",
        "A loop over layers captures its variable late and writes one layer twice.",
        of=_GGUF,
        fixture=_LLAMA,
        kl_nats=0.17,
    ),
    PlantedDefect(
        "rows_shifted",
        "A slice of a sharded matrix begins one row too early.",
        of=_GGUF,
        fixture=_LLAMA,
        kl_nats=0.082,
    ),
    PlantedDefect(
        "sign_flipped",
        "An adapter is merged by subtraction.",
        of=_GGUF,
        fixture=_LLAMA,
        kl_nats=0.15,
    ),
    PlantedDefect(
        "bias_zeroed",
        "The exporter knows the bias's name and not its values.",
        of=_GGUF,
        fixture=_QWEN2,
        kl_nats=2.1e-05,
    ),
    PlantedDefect(
        "embedding_scaled",
        "A family scales its embedding when running; a converter writes the scaled one.",
        of=_GGUF,
        fixture=_LLAMA,
        kl_nats=25.0,
    ),
    PlantedDefect(
        "norms_less_one",
        "A family keeps norms as their distance from one; a converter forgets to add it.",
        of=_GGUF,
        fixture=_LLAMA,
        kl_nats=0.1,
    ),
    PlantedDefect(
        "norms_off",
        "Norms are kept in a format with eight bits of fraction.",
        of=_GGUF,
        fixture=_LLAMA,
        kl_nats=6.7e-06,
    ),
    PlantedDefect(
        "rounded_through_bf16",
        "The export starts from a BF16 copy and is labelled F32.",
        of=_GGUF,
        fixture=_LLAMA,
        kl_nats=5.4e-06,
    ),
    PlantedDefect(
        "rounded_through_f16",
        "The export starts from an F16 copy and is labelled F32.",
        of=_GGUF,
        fixture=_LLAMA,
        kl_nats=1.2e-07,
    ),
    PlantedDefect(
        "rounded_through_q8_0",
        "The export starts from a quantized file and is labelled F32.",
        of=_GGUF,
        fixture=_LLAMA,
        kl_nats=4.9e-05,
    ),
)
