"""Writing GGUFs in plain types, several from one reading of the checkpoint's weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from ..architecture import FAMILIES, ArchitectureConfig
from ..atomic import replacing
from ..checkpoint import Checkpoint, TokenizerSpec
from ..checkpoint.apr_fields import apr_metadata
from ..checkpoint.hashed_stream import HashedStream
from ..checkpoint.rotary import to_interleaved
from ..errors import UsageError

if TYPE_CHECKING:
    import gguf

    from .gguf_dtypes import Fallback, Look

_ALIGNMENT = 32
"""Bytes to whose multiples the data of a tensor is padded: GGUF's default, which an exported file leaves."""

Progress = Callable[[int, int], None]
"""Told the bytes written so far, and of all."""


@dataclass(frozen=True)
class Plan:
    """One file before it is written: the type of each tensor by our name, and what is not as asked."""

    dtype: str
    types: Mapping[str, gguf.GGMLQuantizationType]
    fallbacks: tuple[Fallback, ...]


@dataclass(frozen=True)
class Written:
    """One file after it was written."""

    sha256: str
    nbytes: int


class GGUFExport:
    """What all files of one checkpoint share. Each tensor's values are looked at once at most, whatever is
    planned of them, and are read once more for all files together."""

    def __init__(self, source: Checkpoint, config: ArchitectureConfig, tokenizer: TokenizerSpec) -> None:
        self.source = source
        self.config = config
        self.names = gguf_names(config)
        self._fields = tokenizer.to_gguf(config.vocab_size)
        self.look: Callable[[str], Look] = cache(self._look)

    def plan(self, dtype: str) -> Plan:
        """The type of each tensor. Raises what `choose` raises."""
        from .gguf_dtypes import choose

        types: dict[str, gguf.GGMLQuantizationType] = {}
        fallbacks = []
        for name in self.config.tensor_shapes():
            types[name], fallback = choose(self.source.tensors[name], dtype, partial(self.look, name))
            if fallback is not None:
                fallbacks.append(fallback)
        return Plan(dtype, types, tuple(fallbacks))

    def write(self, plans: Mapping[Path, Plan], progress: Progress | None = None) -> dict[Path, Written]:
        """Write every file, all of them or none, a block of a tensor in memory at a time."""
        shapes = self.config.tensor_shapes()
        total = sum(
            stored_bytes(shape, plan.types[name]) for plan in plans.values() for name, shape in shapes.items()
        )
        with ExitStack() as stack:
            files: dict[Path, HashedStream] = {}
            for out, plan in plans.items():
                stream = stack.enter_context(replacing(out))
                files[out] = stack.enter_context(HashedStream(stream))
                files[out].write(self._header(stream, out, plan))
                files[out].pad(_ALIGNMENT)
            # numpy and the hashes let other threads run: of several files each has its own.
            pool = stack.enter_context(ThreadPoolExecutor(len(files)))
            for name in shapes:
                kinds = {out: plan.types[name] for out, plan in plans.items()}
                for block in _stored(self.source, name, self.config, set(kinds.values())):
                    every = partial(_write, block, kinds, files)
                    list(pool.map(every, files) if len(files) > 1 else map(every, files))
                for file in files.values():
                    file.pad(_ALIGNMENT)
                if progress is not None:
                    progress(sum(file.position for file in files.values()), total)
            return {out: Written(file.sha256(), file.position) for out, file in files.items()}

    def _look(self, name: str) -> Look:
        from .gguf_dtypes import look_at

        return look_at(self.source.blocks(name))

    def _header(self, stream: BinaryIO, out: Path, plan: Plan) -> bytes:
        """Everything before the first tensor, as the `gguf` package writes it into the empty file of
        `stream`, which becomes `out`."""
        import gguf

        from .gguf_dtypes import file_type
        from .gguf_fields import write_fields

        path = Path(stream.name)
        writer = gguf.GGUFWriter(path, self.config.architecture)
        try:
            writer.add_type("model")
            writer.add_file_type(file_type(plan.dtype, plan.types))
            write_fields(writer, self.config, apr_metadata(self.source), self._fields, out)
            for name, shape in self.config.tensor_shapes().items():
                kind = plan.types[name]
                nbytes = stored_bytes(shape, kind)
                writer.add_tensor_info(self.names[name], shape, np.dtype(np.float32), nbytes, kind)
            writer.write_header_to_file()
            writer.write_kv_data_to_file()
            writer.write_ti_data_to_file()
        finally:
            writer.close()
        return path.read_bytes()


InKind = Callable[["gguf.GGMLQuantizationType"], memoryview]
"""The bytes of a block in one of the types that were named."""


def _write(
    block: InKind,
    kinds: Mapping[Path, gguf.GGMLQuantizationType],
    files: Mapping[Path, HashedStream],
    out: Path,
) -> None:
    files[out].write(block(kinds[out]))


def _stored(
    source: Checkpoint, name: str, config: ArchitectureConfig, kinds: set[gguf.GGMLQuantizationType]
) -> Iterator[InKind]:
    """A tensor block by block, each to be had in any of `kinds` until the next."""
    heads = _rotary_heads(name, config)
    moved = heads is not None or source.is_permuted(name)
    copied = {kind for kind in kinds if kind.name == source.tensors[name].dtype and not moved}
    if copied == kinds:
        for piece in source.raw_blocks(name):
            yield partial(_in_kind, copied, piece, None)
        return
    together = 1 if heads is None else config.head_dim
    for stored, block in source.blocks_as_stored(name, together=together):
        values = block
        if heads is not None:
            values = to_interleaved(block, len(block) // config.head_dim)
        yield partial(_in_kind, copied, stored, values)


def _in_kind(
    copied: set[gguf.GGMLQuantizationType],
    stored: memoryview,
    values: np.ndarray | None,
    kind: gguf.GGMLQuantizationType,
) -> memoryview:
    if kind in copied:
        return stored
    assert values is not None
    return _quantized(values, kind)


def _quantized(values: np.ndarray, kind: gguf.GGMLQuantizationType) -> memoryview:
    import gguf

    # The reciprocal of a tiny scale is infinite; values that small are stored as zero all the same.
    with np.errstate(all="ignore"):
        stored = gguf.quants.quantize(values, kind)
    return stored.reshape(-1).view(np.uint8).data


def gguf_names(config: ArchitectureConfig) -> dict[str, str]:
    """What llama.cpp calls each tensor, by our name. Raises UsageError where it has none for it."""
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


def stored_bytes(shape: tuple[int, ...], kind: gguf.GGMLQuantizationType) -> int:
    """Bytes of a tensor of this shape."""
    import gguf

    block, size = gguf.GGML_QUANT_SIZES[kind]
    return int(np.prod(shape, dtype=np.int64)) // block * size


def _rotary_heads(name: str, config: ArchitectureConfig) -> int | None:
    """The number of heads whose rows llama.cpp wants in pairs, or None where it takes them as they are."""
    if FAMILIES[config.architecture].gguf_rotary == "halves":
        return None
    return {"q_proj": config.num_heads, "k_proj": config.num_kv_heads}.get(name.split(".")[-2])
