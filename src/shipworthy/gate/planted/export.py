"""Planted defects of the file that is handed over."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...pipeline.export import export_gguf
from .gguf_file import ARCHITECTURE, Fields, Tensors, change_field, rewrite_gguf
from .table import makes

_TOKEN_ARRAYS = ("tokenizer.ggml.tokens", "tokenizer.ggml.token_type", "tokenizer.ggml.scores")
_UNUSED = 5
_STD = 0.05


def written_as_gguf(source: Path, target: Path) -> None:
    """A correct F32 export lies where the checkpoint should."""
    export_gguf(source, target, "f32")


def export_cut_short(source: Path, target: Path) -> None:
    """The last tenth of the file is not there."""
    with source.open("rb") as stream:
        target.write_bytes(stream.read(source.stat().st_size * 9 // 10))


def export_empty(source: Path, target: Path) -> None:
    """The file is there and has no bytes."""
    target.write_bytes(b"")


def vocabulary_not_padded(source: Path, target: Path) -> None:
    """The tokens that pad the vocabulary to the embedding's rows are not listed."""

    def unpadded(fields: Fields) -> Fields:
        kept = [kind for kind in fields["tokenizer.ggml.token_type"] if kind != _UNUSED]
        cut = {name: fields[name][: len(kept)] for name in _TOKEN_ARRAYS if name in fields}
        return {**fields, **cut}

    rewrite_gguf(source, target, fields=unpadded)


def alignment_misstated(source: Path, target: Path) -> None:
    """Tensors are said to begin at multiples of 64 bytes, and begin at multiples of 32."""
    change_field(source, target, "general.alignment", lambda _: 64)


def exported_as_another_family(source: Path, target: Path) -> None:
    """The file says llama, in its label and in the names of its keys."""

    def renamed(fields: Fields) -> Fields:
        prefix = f"{fields[ARCHITECTURE]}."
        return {
            f"llama.{name.removeprefix(prefix)}" if name.startswith(prefix) else name: value
            for name, value in {**fields, ARCHITECTURE: "llama"}.items()
        }

    rewrite_gguf(source, target, fields=renamed)


def stored_as_f16(source: Path, target: Path) -> None:
    """The matrices are stored as F16 where F32 was asked for."""

    def smaller(tensors: Tensors) -> Tensors:
        return {name: v.astype(np.float16) if v.ndim > 1 else v for name, v in tensors.items()}

    rewrite_gguf(source, target, tensors=smaller)


def exported_in_another_dtype(source: Path, target: Path, dtype: str) -> None:
    """The matrices are stored as another dtype than was asked for, and the file says so."""
    export_gguf(source, target, dtype)


def output_untied(source: Path, target: Path) -> None:
    """An output matrix of random values stands beside the embedding that should serve as one."""

    def with_output(tensors: Tensors) -> Tensors:
        shape = tensors["token_embd.weight"].shape
        values = np.random.default_rng(1).normal(0.0, _STD, shape).astype(np.float32)
        return {**tensors, "output.weight": values}

    rewrite_gguf(source, target, tensors=with_output)


def rope_scaling_added(source: Path, target: Path) -> None:
    """Positions are stretched linearly, twice as far as the model was trained."""

    def scaled(fields: Fields) -> Fields:
        prefix = f"{fields[ARCHITECTURE]}.rope.scaling."
        return {**fields, f"{prefix}type": "linear", f"{prefix}factor": 2.0}

    rewrite_gguf(source, target, fields=scaled)


MADE = makes("apr", written_as_gguf) | makes(
    "gguf",
    export_cut_short,
    export_empty,
    vocabulary_not_padded,
    alignment_misstated,
    exported_as_another_family,
    stored_as_f16,
    exported_in_another_dtype,
    output_untied,
    rope_scaling_added,
)
