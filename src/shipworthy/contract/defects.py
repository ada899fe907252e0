"""The planted defects that contracts may name. How each is made stands in gate/planted/.

`parameters` are JSON Schemas of the keys that a contract gives under `with`; all of them are required.
"""

from __future__ import annotations

from .defect import DefectOf, PlantedDefect, defect_registry

_KEY = {"type": "string"}
_APR: frozenset[DefectOf] = frozenset({"apr"})
_GGUF: frozenset[DefectOf] = frozenset({"gguf"})
_BOTH: frozenset[DefectOf] = frozenset({"apr", "gguf"})
_MEASUREMENT: frozenset[DefectOf] = frozenset({"measurement"})
_LLAMA = "fixture-llama"
_MEASURED = "fixture-throughput"

DEFECTS = defect_registry(
    [
        PlantedDefect(
            "metadata_key_missing",
            "A trainer writes weights and forgets a constant; every runtime then refuses or guesses.",
            of=_APR,
            fixture=_LLAMA,
            parameters={"key": _KEY},
        ),
        PlantedDefect(
            "metadata_value_changed",
            "A constant is typed by hand, or taken from another size of the same model.",
            of=_APR,
            fixture=_LLAMA,
            parameters={"key": _KEY, "value": {}},
        ),
        PlantedDefect(
            "metadata_alias_added",
            "A converter adds its own name of a field beside the one that is there, with another value.",
            of=_APR,
            fixture=_LLAMA,
            parameters={"key": _KEY, "alias": _KEY},
        ),
        PlantedDefect(
            "wrong_architecture_label",
            "A label is stamped by hand: another family, the Hugging Face class, or a misspelling.",
            of=_APR,
            fixture=_LLAMA,
            parameters={"label": _KEY},
        ),
        PlantedDefect(
            "written_as_gguf",
            "The file that is handed over is the export under the checkpoint's name.",
            of=_APR,
            fixture=_LLAMA,
        ),
        PlantedDefect(
            "decoder_lost",
            "The tokenizer was saved without its decoder: text goes in and does not come back.",
            of=_APR,
            fixture=_LLAMA,
        ),
        PlantedDefect(
            "tokenizer_removed",
            "The tokenizer stayed in the training directory: 'APR missing embedded tokenizer'.",
            of=_APR,
            fixture=_LLAMA,
        ),
        PlantedDefect(
            "special_token_id_out_of_range",
            "The end-of-text id comes from the tokenizer before it was cut down.",
            of=_APR,
            fixture=_LLAMA,
        ),
        PlantedDefect(
            "layer_dropped",
            "The last layer is lost and the layer count follows it: complete in itself, and too small.",
            of=_APR,
            fixture=_LLAMA,
        ),
        PlantedDefect(
            "tensor_missing",
            "One shard of a sharded save was not written; another tool fills the gap with noise.",
            of=_BOTH,
            fixture=_LLAMA,
        ),
        PlantedDefect(
            "nan_weight",
            "One weight overflowed in the last step. llama.cpp loads it and decodes with return code 0.",
            of=_BOTH,
            fixture=_LLAMA,
        ),
        PlantedDefect(
            "projection_zeroed",
            "A tensor was allocated and never filled, as after saving onto the file one reads from.",
            of=_BOTH,
            fixture=_LLAMA,
        ),
        PlantedDefect(
            "rope_layout",
            "q and k rows are written as halves where llama.cpp rotates interleaved pairs.",
            of=_GGUF,
            fixture=_LLAMA,
        ),
        PlantedDefect(
            "one_weight_changed",
            "A single weight of one projection is off by 0.01: a flipped bit, a stale page.",
            of=_GGUF,
            fixture=_LLAMA,
        ),
        PlantedDefect(
            "vocabulary_not_padded",
            "The embedding has more rows than the tokenizer has tokens, and the export lists only these.",
            of=_GGUF,
            fixture="fixture-qwen2",
        ),
        PlantedDefect(
            "pre_tokenizer_renamed",
            "tokenizer.ggml.pre names another pre-tokenizer: it loads, and splits text differently.",
            of=_GGUF,
            fixture=_LLAMA,
        ),
        PlantedDefect(
            "constant_samples",
            "One duration is measured and written down for every iteration.",
            of=_MEASUREMENT,
            fixture=_MEASURED,
        ),
        PlantedDefect(
            "other_token_count",
            "The benchmark ran 64 tokens where the criterion says 128.",
            of=_MEASUREMENT,
            fixture=_MEASURED,
        ),
        PlantedDefect(
            "cpu_under_gpu_label",
            "The driver did not come up, the run fell back to the CPU, and kept its label.",
            of=_MEASUREMENT,
            fixture=_MEASURED,
        ),
        PlantedDefect(
            "sample_dropped",
            "An iteration that went wrong is left out of the receipt.",
            of=_MEASUREMENT,
            fixture=_MEASURED,
        ),
        PlantedDefect(
            "nan_sample",
            "A clock went backwards and the rate was written all the same.",
            of=_MEASUREMENT,
            fixture=_MEASURED,
        ),
        PlantedDefect(
            "slowed_down",
            "A debug build, or a model that lies in another device's memory: every token is slow.",
            of=_MEASUREMENT,
            fixture=_MEASURED,
        ),
    ]
)
