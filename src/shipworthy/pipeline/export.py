"""A checkpoint as a GGUF that llama.cpp loads and computes with as the checkpoint does."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from ..architecture import FAMILIES, ArchitectureConfig
from ..atomic import refusing_unwritable, replacing
from ..canonical import sha256_file
from ..checkpoint import Checkpoint, TokenizerSpec, open_checkpoint
from ..checkpoint.apr_fields import apr_metadata
from ..checkpoint.hashed_stream import HashedStream
from ..checkpoint.pretokenizers import normalizers
from ..checkpoint.rotary import to_interleaved
from ..checkpoint.tensor_set import require_tensors
from ..errors import FileError, UsageError
from .k_quants import K_QUANTS, quantize_export

if TYPE_CHECKING:
    import gguf

    from .gguf_dtypes import Fallback

EXPORT_DTYPES = ("f32", "f16", "bf16", "q8_0", "keep", *K_QUANTS)

_ALIGNMENT = 32
"""Bytes to whose multiples the data of a tensor is padded: GGUF's default, which an exported file leaves."""


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


def export_gguf(
    checkpoint: Path,
    out: Path,
    dtype: str = "f32",
    *,
    others_allowed: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> ExportReport:
    """Write `out`, whole or not at all, a block of a tensor in memory at a time.

    Weight matrices are stored as `dtype` (`keep`: as they are, where GGUF has their type), norms and biases
    as F32; q and k rows are brought into the order that llama.cpp's architecture rotates; tied embeddings
    are written once; the vocabulary is padded to the embedding's rows. Metadata that GGUF has no key for is
    carried for our reader; tensors of no part of the model are left out where `others_allowed`. `progress`
    is told the bytes written so far, and of all.

    Raises UsageError for an unknown dtype, FileError for a checkpoint that is not what it says (see
    `Checkpoint.config` and `require_tensors`) or has no tokenizer; UsageError for a tokenizer that llama.cpp
    has no name for, and what `choose` raises. For K_QUANTS what `quantize_export` raises.
    """
    if dtype not in EXPORT_DTYPES:
        known = ", ".join(EXPORT_DTYPES)
        raise UsageError(
            "unknown-dtype",
            f"a GGUF cannot be asked for as {dtype!r}",
            where="--dtype",
            fix=f"use one of {known}",
        )
    if os.path.isdir(out) or (out.is_file() and out.resolve().is_relative_to(checkpoint.resolve())):
        message = f"{out} is the checkpoint itself, or a file of it, or a directory"
        raise UsageError("bad-output", message, fix="name a new file")
    with open_checkpoint(checkpoint) as source:
        source.verify()
        config = source.config()
        require_tensors(source, config, others_allowed=others_allowed)
        tokenizer = source.tokenizer()
        if tokenizer is None:
            message = "the checkpoint embeds no tokenizer, and a GGUF needs one"
            raise FileError("tokenizer-missing", message, path=checkpoint, fix="embed it when saving")
        if dtype in K_QUANTS:
            return _quantized(source, config, tokenizer, out, dtype, progress)
        return _write(source, config, tokenizer, out, dtype, progress)


def _quantized(
    source: Checkpoint,
    config: ArchitectureConfig,
    tokenizer: TokenizerSpec,
    out: Path,
    dtype: str,
    progress: Callable[[int, int], None] | None,
) -> ExportReport:
    """An F32 export beside `out`, quantized by llama.cpp."""
    with refusing_unwritable(out):
        out.parent.mkdir(parents=True, exist_ok=True)
        scratch = TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.", suffix=".partial")
    with scratch as name:
        plain = _write(source, config, tokenizer, Path(name) / "f32.gguf", "f32", progress)
        types, fallbacks = quantize_export(plain.path, out, dtype, _gguf_names(config))
    return ExportReport(
        path=out,
        sha256=sha256_file(out),
        nbytes=out.stat().st_size,
        dtype=dtype,
        tensor_types=types,
        fallbacks=(*plain.fallbacks, *fallbacks),
        notes=plain.notes,
    )


def _write(
    source: Checkpoint,
    config: ArchitectureConfig,
    tokenizer: TokenizerSpec,
    out: Path,
    dtype: str,
    progress: Callable[[int, int], None] | None,
) -> ExportReport:
    from .gguf_dtypes import choose, file_type

    fields = tokenizer.to_gguf(config.vocab_size)
    names = _gguf_names(config)
    types: dict[str, gguf.GGMLQuantizationType] = {}
    fallbacks = []
    for name in config.tensor_shapes():
        types[name], fallback = choose(source.tensors[name], dtype, partial(source.blocks, name))
        if fallback is not None:
            fallbacks.append(fallback)
    total = sum(_stored_bytes(shape, types[name]) for name, shape in config.tensor_shapes().items())
    with replacing(out) as stream, HashedStream(stream) as written:
        written.write(
            _header(Path(stream.name), out, source, config, fields, file_type(dtype, types), names, types)
        )
        written.pad(_ALIGNMENT)
        for name in config.tensor_shapes():
            for piece in _stored(source, name, config, types[name]):
                written.write(piece)
            written.pad(_ALIGNMENT)
            if progress is not None:
                progress(written.position, total)
    return ExportReport(
        path=out,
        sha256=written.sha256(),
        nbytes=written.position,
        dtype=dtype,
        tensor_types={names[name]: kind.name for name, kind in types.items()},
        fallbacks=tuple(fallbacks),
        notes=_notes(tokenizer),
    )


def _header(
    path: Path,
    out: Path,
    source: Checkpoint,
    config: ArchitectureConfig,
    tokenizer: Mapping[str, Any],
    file_type: int,
    names: Mapping[str, str],
    types: Mapping[str, gguf.GGMLQuantizationType],
) -> bytes:
    """Everything before the first tensor, as the `gguf` package writes it into the empty file at `path`,
    which becomes `out`."""
    import gguf

    from .gguf_fields import write_fields

    writer = gguf.GGUFWriter(path, config.architecture)
    try:
        writer.add_type("model")
        writer.add_file_type(file_type)
        write_fields(writer, config, apr_metadata(source), tokenizer, out)
        for name, shape in config.tensor_shapes().items():
            nbytes = _stored_bytes(shape, types[name])
            writer.add_tensor_info(names[name], shape, np.dtype(np.float32), nbytes, types[name])
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_ti_data_to_file()
    finally:
        writer.close()
    return path.read_bytes()


def _stored(
    source: Checkpoint, name: str, config: ArchitectureConfig, kind: gguf.GGMLQuantizationType
) -> Iterator[memoryview]:
    """The bytes of a tensor as they are stored in the file, in pieces that are valid until the next."""
    import gguf

    heads = _rotary_heads(name, config)
    if kind.name == source.tensors[name].dtype and heads is None and not source.is_permuted(name):
        yield from source.raw_blocks(name)
        return
    for block in source.blocks(name):
        values = block
        if heads is not None:
            values = to_interleaved(block, len(block) // config.head_dim)
        # The reciprocal of a tiny scale is infinite; values that small are stored as zero all the same.
        with np.errstate(all="ignore"):
            stored = gguf.quants.quantize(values, kind)
        yield stored.reshape(-1).view(np.uint8).data


def _gguf_names(config: ArchitectureConfig) -> dict[str, str]:
    import gguf

    arch = next(key for key, name in gguf.MODEL_ARCH_NAMES.items() if name == config.architecture)
    table = gguf.get_tensor_name_map(arch, config.num_layers)
    names = {}
    for name in config.tensor_shapes():
        found = table.get_name(name, try_suffixes=(".weight", ".bias"))
        if found is None:
            message = f"llama.cpp's {config.architecture} has no tensor for {name!r}"
            raise UsageError("tensor-unexpected", message)
        names[name] = found
    return names


def _stored_bytes(shape: tuple[int, ...], kind: gguf.GGMLQuantizationType) -> int:
    import gguf

    block, size = gguf.GGML_QUANT_SIZES[kind]
    return int(np.prod(shape, dtype=np.int64)) // block * size


def _rotary_heads(name: str, config: ArchitectureConfig) -> int | None:
    """The number of heads whose rows llama.cpp wants in pairs, or None where it takes them as they are."""
    if FAMILIES[config.architecture].gguf_rotary == "halves":
        return None
    return {"q_proj": config.num_heads, "k_proj": config.num_kv_heads}.get(name.split(".")[-2])


def _notes(tokenizer: TokenizerSpec) -> tuple[str, ...]:
    notes = [
        f"llama.cpp does not apply the {name} normalizer: text that it would change tokenizes differently"
        for name in normalizers(tokenizer.components.get("normalizer"))
    ]
    flagged = [t.content for t in tokenizer.added_tokens if t.lstrip or t.rstrip or t.single_word]
    if flagged:
        notes.append(f"GGUF does not carry lstrip, rstrip or single_word of {len(flagged)} added tokens")
    return tuple(notes)
