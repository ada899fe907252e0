"""The probes that contracts may name. To add one: declare it here, measure it in gate/measure/.

Installed distributions bring more by entry point; see contract/extension.py.
"""

from ..extension import with_brought_probes
from ..probe import registry
from . import (
    chat_template,
    checkpoint_metadata,
    decode_throughput,
    device_speed_up,
    export_encoding,
    gguf_label,
    gguf_layout,
    gguf_round_trip,
    gguf_vocabulary,
    golden_continuations,
    golden_output,
    hostile_prompts,
    human_eval,
    human_eval_drift,
    human_eval_repeats,
    initial_weights,
    licence,
    llama_cpp_loads,
    llama_cpp_parity,
    llama_cpp_parity_1,
    published_release,
    published_release_1,
    python_syntax,
    quantized_round_trip,
    registered_constants,
    self_contained,
    tensor_names,
    text_quality,
    throughput_regression,
    tokenizer_embedded,
    tokenizer_round_trip,
    weights_load,
)

OWN = registry(
    [
        chat_template.PROBE,
        checkpoint_metadata.PROBE,
        decode_throughput.PROBE,
        device_speed_up.PROBE,
        export_encoding.PROBE,
        gguf_label.PROBE,
        gguf_layout.PROBE,
        gguf_round_trip.PROBE,
        gguf_vocabulary.PROBE,
        golden_continuations.PROBE,
        golden_output.PROBE,
        human_eval.PROBE,
        human_eval_drift.PROBE,
        human_eval_repeats.PROBE,
        hostile_prompts.PROBE,
        initial_weights.PROBE,
        licence.PROBE,
        llama_cpp_loads.PROBE,
        llama_cpp_parity.PROBE,
        published_release.PROBE,
        python_syntax.PROBE,
        quantized_round_trip.PROBE,
        registered_constants.PROBE,
        self_contained.PROBE,
        tensor_names.PROBE,
        text_quality.PROBE,
        throughput_regression.PROBE,
        tokenizer_embedded.PROBE,
        tokenizer_round_trip.PROBE,
        weights_load.PROBE,
    ]
)

PROBES = with_brought_probes(OWN)

RETIRED = registry([llama_cpp_parity_1.PROBE, published_release_1.PROBE])
"""Probes that no contract may name and nobody measures: what they measured can still be derived again."""

__all__ = ["OWN", "PROBES", "RETIRED"]
