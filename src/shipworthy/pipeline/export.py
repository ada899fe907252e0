"""A checkpoint as a GGUF that llama.cpp loads and computes with as the checkpoint does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..architecture import FAMILIES, ArchitectureConfig
from ..atomic import replacing
from ..canonical import sha256_file
from ..checkpoint import Checkpoint, TokenizerSpec, open_checkpoint
from ..checkpoint.pretokenizers import normalizers
from ..checkpoint.rotary import to_interleaved
from ..checkpoint.tensor_set import require_tensors
from ..errors import FileError, ShipworthyError, UsageError

if TYPE_CHECKING:
    import gguf

    from .gguf_dtypes import Fallback

EXPORT_DTYPES = ("f32", "f16", "bf16", "q8_0")


@dataclass(frozen=True)
class ExportReport:
    """What was written: `tensor_types` by the name of the tensor in the file, `fallbacks` from the dtype
    asked for, and in `notes` what the format cannot carry of this checkpoint."""

    path: Path
    sha256: str
    nbytes: int
    dtype: str
    tensor_types: Mapping[str, str]
    fallbacks: tuple[Fallback, ...]
    notes: tuple[str, ...]

    def counts(self) -> dict[str, int]:
        """Number of tensors by stored type."""
        return dict(sorted(Counter(self.tensor_types.values()).items()))


def export_gguf(checkpoint: Path, out: Path, dtype: str = "f32") -> ExportReport:
    """Write `out`, whole or not at all, one tensor in memory at a time.

    Weight matrices are stored as `dtype`, norms and biases as F32; q and k rows are brought into the order
    that llama.cpp's architecture rotates; tied embeddings are written once; the vocabulary is padded to the
    embedding's rows. Raises UsageError for an unknown dtype, FileError for a checkpoint that is not what it
    says (see `Checkpoint.config` and `require_tensors`) or has no tokenizer, ShipworthyError for a tokenizer
    that llama.cpp has no name for.
    """
    if dtype not in EXPORT_DTYPES:
        known = ", ".join(EXPORT_DTYPES)
        raise UsageError(
            "unknown-dtype",
            f"a GGUF cannot be asked for as {dtype!r}",
            where="--dtype",
            fix=f"use one of {known}",
        )
    if out.is_dir() or out.resolve() == checkpoint.resolve():
        raise UsageError("bad-output", f"{out} is the checkpoint itself, or a directory; name a new file")
    with open_checkpoint(checkpoint) as source:
        source.verify()
        config = source.config()
        require_tensors(source, config)
        tokenizer = source.tokenizer()
        if tokenizer is None:
            message = "the checkpoint embeds no tokenizer, and a GGUF needs one"
            raise FileError("tokenizer-missing", message, path=checkpoint, fix="embed it when saving")
        return _write(source, config, tokenizer, out, dtype)


def _write(
    source: Checkpoint, config: ArchitectureConfig, tokenizer: TokenizerSpec, out: Path, dtype: str
) -> ExportReport:
    import gguf

    from .gguf_dtypes import DTYPES, choose
    from .gguf_fields import write_fields

    fields = tokenizer.to_gguf(config.vocab_size)
    names = _gguf_names(config)
    types: dict[str, gguf.GGMLQuantizationType] = {}
    fallbacks = []
    for name, shape in config.tensor_shapes().items():
        types[name], fallback = choose(name, shape, dtype, lambda name=name: source.read(name))  # type: ignore[misc]
        if fallback is not None:
            fallbacks.append(fallback)
    with replacing(out) as stream:
        writer = gguf.GGUFWriter(stream.name, config.architecture)
        try:
            writer.add_type("model")
            writer.add_file_type(DTYPES[dtype][1])
            write_fields(writer, config, source.metadata, fields)
            for name, shape in config.tensor_shapes().items():
                writer.add_tensor_info(
                    names[name], shape, np.dtype(np.float32), _stored_bytes(shape, types[name]), types[name]
                )
            writer.write_header_to_file()
            writer.write_kv_data_to_file()
            writer.write_ti_data_to_file()
            for name in config.tensor_shapes():
                values = _in_llama_cpp_order(name, source.read(name), config)
                writer.write_tensor_data(gguf.quants.quantize(values, types[name]))
        finally:
            writer.close()
    return ExportReport(
        path=out,
        sha256=sha256_file(out),
        nbytes=out.stat().st_size,
        dtype=dtype,
        tensor_types={names[name]: kind.name for name, kind in types.items()},
        fallbacks=tuple(fallbacks),
        notes=_notes(tokenizer),
    )


def _gguf_names(config: ArchitectureConfig) -> dict[str, str]:
    import gguf

    arch = next(key for key, name in gguf.MODEL_ARCH_NAMES.items() if name == config.architecture)
    table = gguf.get_tensor_name_map(arch, config.num_layers)
    names = {}
    for name in config.tensor_shapes():
        found = table.get_name(name, try_suffixes=(".weight", ".bias"))
        if found is None:
            message = f"llama.cpp's {config.architecture} has no tensor for {name!r}"
            raise ShipworthyError("tensor-unexpected", message)
        names[name] = found
    return names


def _stored_bytes(shape: tuple[int, ...], kind: gguf.GGMLQuantizationType) -> int:
    import gguf

    block, size = gguf.GGML_QUANT_SIZES[kind]
    return int(np.prod(shape, dtype=np.int64)) // block * size


def _in_llama_cpp_order(name: str, values: np.ndarray, config: ArchitectureConfig) -> np.ndarray:
    if FAMILIES[config.architecture].gguf_rotary == "halves":
        return values
    heads = {"q_proj": config.num_heads, "k_proj": config.num_kv_heads}.get(name.split(".")[-2])
    return values if heads is None else to_interleaved(values, heads)


def _notes(tokenizer: TokenizerSpec) -> tuple[str, ...]:
    notes = [
        f"llama.cpp does not apply the {name} normalizer: text that it would change tokenizes differently"
        for name in normalizers(tokenizer.components.get("normalizer"))
    ]
    flagged = [t.content for t in tokenizer.added_tokens if t.lstrip or t.rstrip or t.single_word]
    if flagged:
        notes.append(f"GGUF does not carry lstrip, rstrip or single_word of {len(flagged)} added tokens")
    return tuple(notes)
