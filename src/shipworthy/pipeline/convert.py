"""A checkpoint in another format or dtype, losing nothing unless told to."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..architecture import ArchitectureConfig
from ..checkpoint import Checkpoint, TensorSource, open_checkpoint, write_apr
from ..checkpoint.apr_fields import apr_metadata
from ..checkpoint.apr_format import HAS_FILTERBANK, QUANTIZED
from ..checkpoint.pretokenizers import cuts_as
from ..checkpoint.tensor_set import require_tensors
from ..errors import ShipworthyError, UsageError, display_path
from .conversion_losses import losses

if TYPE_CHECKING:
    import numpy as np

FORMATS = ("apr", "gguf", "hf")
DTYPES = {
    "apr": ("keep", "f32", "f16", "bf16"),
    "hf": ("keep", "f32", "f16", "bf16"),
    "gguf": ("keep", "f32", "f16", "bf16", "q8_0"),
}
_OTHER_FILES = ("generation_config.json", "README.md", "LICENSE")
_SAME = ("F32", "F16", "BF16")

Progress = Callable[[int, int], None]
"""Takes the bytes written so far, and of all."""


@dataclass(frozen=True)
class ConvertReport:
    """What was written: `tensor_types` by the tensor's Hugging Face name, `lost` what was given up because
    it was allowed, `notes` what a reader may want to know. `sha256` is the checkpoint's digest."""

    path: Path
    format: str
    sha256: str
    dtype: str
    tensor_types: Mapping[str, str]
    lost: tuple[str, ...]
    notes: tuple[str, ...]

    def counts(self) -> dict[str, int]:
        """Number of tensors by stored type."""
        return dict(sorted(Counter(self.tensor_types.values()).items()))

    def to_json(self) -> dict[str, Any]:
        """A JSON object; the path by its name alone."""
        return {
            "name": self.path.resolve().name,
            "format": self.format,
            "sha256": self.sha256,
            "dtype": self.dtype,
            "tensors": self.counts(),
            "lost": list(self.lost),
            "notes": list(self.notes),
        }


def target(source: Path, out: Path | None, to: str | None) -> tuple[Path, str]:
    """Where to write, and as what: the one follows from the other, a name from that of the source.

    Raises UsageError bad-output where a name that was not asked for is taken, or nothing is asked for.
    """
    if to is None and out is None:
        raise UsageError("bad-output", "neither OUT nor a format is named", fix="pass --to or -o")
    if to is None and out is not None:
        return out, out.suffix[1:] if out.suffix in (".apr", ".gguf") else "hf"
    assert to is not None
    if out is not None:
        return out, to
    whole = source.resolve()
    stem = whole.stem if whole.suffix in (".apr", ".gguf") else whole.name
    found = source.parent / (stem if to == "hf" else f"{stem}.{to}")
    if os.path.lexists(found):
        raise UsageError("bad-output", f"{found} is there already", fix="name the output with -o")
    return found, to


def convert(
    source: Path,
    out: Path,
    to: str,
    dtype: str = "keep",
    *,
    allow_loss: bool = False,
    progress: Progress | None = None,
) -> ConvertReport:
    """Write `out`, whole or not at all, as `.apr`, GGUF or Hugging Face directory (`to`: apr, gguf, hf).

    `keep` leaves F32, F16 and BF16 as they are, byte for byte (a GGUF's norms and biases are F32; an `.apr`
    that becomes an `.apr` keeps every dtype); block-quantized tensors become the F32 values that they stand
    for. Metadata and tokenizer go along. What would round a value, or drop a tensor, a metadata field or a
    part of the tokenizer is refused, and listed in the report where `allow_loss` accepts it.

    Raises UsageError conversion-loses, unknown-format, unknown-dtype, bad-output; FileError for a source that
    is unreadable or not what it says; and what the format's writer raises.
    """
    _check_request(source, out, to, dtype)
    with open_checkpoint(source) as checkpoint:
        checkpoint.verify()
        config = checkpoint.config()
        require_tensors(checkpoint, config, others_allowed=True)
        types = _types(checkpoint, config, to, dtype)
        lost = []
        for loss in losses(checkpoint, config, to, dtype, types):
            if not allow_loss:
                message = f"as {_named(to, dtype)}, {source.name} would lose {loss}"
                raise UsageError("conversion-loses", message, fix="pass --allow-loss to accept that")
            lost.append(loss)
        notes = _notes(checkpoint, types)
        if to == "gguf":
            return _to_gguf(checkpoint, out, dtype, tuple(lost), progress)
        if to == "hf":
            notes += _notes_on_hf(checkpoint)
        write = _write_apr if to == "apr" else _write_hf
        write(checkpoint, config, _sources(checkpoint, types, progress), out)
        digest = _read_again(out, config, types)
        return ConvertReport(out, to, digest, dtype, types, tuple(lost), notes)


def _check_request(source: Path, out: Path, to: str, dtype: str) -> None:
    if to not in FORMATS:
        fix = f"use one of {', '.join(FORMATS)}"
        raise UsageError("unknown-format", f"{to!r} cannot be written", where="--to", fix=fix)
    if dtype not in DTYPES[to]:
        fix = f"use one of {', '.join(DTYPES[to])}"
        raise UsageError("unknown-dtype", f"{to} cannot be written as {dtype!r}", where="--dtype", fix=fix)
    if out.resolve() == source.resolve():
        raise UsageError("bad-output", f"{out} is the checkpoint itself", where="--out", fix="name another")
    if out.is_file() and out.resolve().is_relative_to(source.resolve()):
        message = f"{out} is a file of the checkpoint's own directory"
        raise UsageError("bad-output", message, where="--out", fix="name a new file")
    if to != "hf" and os.path.isdir(out):
        raise UsageError("bad-output", f"{out} is a directory", where="--out", fix="name a new file")


def _types(checkpoint: Checkpoint, config: ArchitectureConfig, to: str, dtype: str) -> dict[str, str]:
    """The dtype that each tensor of the model will be stored in."""
    types = {}
    for name, shape in config.tensor_shapes().items():
        stored = checkpoint.tensors[name].dtype
        if to == "gguf" and len(shape) == 1:
            types[name] = "F32"
        elif dtype != "keep":
            types[name] = dtype.upper()
        elif stored in _SAME or checkpoint.format == to == "apr":
            types[name] = stored
        else:
            types[name] = "F32"
    return types


def _sources(
    checkpoint: Checkpoint, types: Mapping[str, str], progress: Progress | None
) -> dict[str, TensorSource]:
    counter = _Counter(progress, sum(checkpoint.tensors[name].nbytes for name in types))
    found = {}
    for name, dtype in types.items():
        entry = checkpoint.tensors[name]
        as_stored = dtype == entry.dtype and not checkpoint.is_permuted(name)
        read = checkpoint.raw_blocks if as_stored else checkpoint.blocks
        load = partial(counter.count, partial(read, name), entry.nbytes)
        found[name] = TensorSource(dtype, tuple(entry.shape), load)
    return found


class _Counter:
    """Tells `progress` of each tensor that was read to its end."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        self.progress, self.total, self.done = progress, total, 0

    def count(
        self, read: Callable[[], Iterable[np.ndarray] | Iterable[memoryview]], nbytes: int
    ) -> Iterator[Any]:
        yield from read()
        self.done += nbytes
        if self.progress is not None:
            self.progress(self.done, self.total)


def _write_apr(
    checkpoint: Checkpoint, config: ArchitectureConfig, tensors: Mapping[str, TensorSource], out: Path
) -> None:
    metadata = {key: value for key, value in apr_metadata(checkpoint).items() if key != "created_at"}
    flags = checkpoint.header_flags
    if all(tensor.dtype in _SAME for tensor in tensors.values()):
        flags &= ~QUANTIZED
    if len(tensors) < len(checkpoint.tensors):
        flags &= ~HAS_FILTERBANK
    write_apr(out, metadata=metadata, tensors=tensors, tokenizer=None, flags=flags)


def _write_hf(
    checkpoint: Checkpoint, config: ArchitectureConfig, tensors: Mapping[str, TensorSource], out: Path
) -> None:
    from ..checkpoint.hf_writer import write_hf

    tokenizer = checkpoint.tokenizer()
    if tokenizer is not None and not tokenizer.components:
        tokenizer = None
    write_hf(out, config, metadata=apr_metadata(checkpoint), tensors=tensors, tokenizer=tokenizer)


def _to_gguf(
    checkpoint: Checkpoint, out: Path, dtype: str, lost: tuple[str, ...], progress: Progress | None
) -> ConvertReport:
    from ..checkpoint.gguf_names import hf_names
    from .export import export_gguf

    report = export_gguf(checkpoint.path, out, dtype, others_allowed=True, progress=progress)
    names = hf_names(checkpoint.config().architecture, report.tensor_types)
    types = {names[name]: kind for name, kind in report.tensor_types.items()}
    fallbacks = tuple(
        f"{one.tensor} is stored as {one.stored}: {one.reason}"
        for one in report.fallbacks
        if one.asked != "keep"
    )
    notes = (*_notes(checkpoint, types), *fallbacks, *report.notes)
    _read_again(out, checkpoint.config(), types)
    return ConvertReport(out, "gguf", report.sha256, dtype, types, lost, notes)


def _read_again(out: Path, config: ArchitectureConfig, types: Mapping[str, str]) -> str:
    """The digest of what was written, once our reader finds in it the tensors that were meant to be, by name,
    dtype and shape.

    Raises ShipworthyError written-wrong, a bug of the writer or of the reader.
    """
    with open_checkpoint(out) as written:
        written.verify()
        found = {name: (entry.dtype, tuple(entry.shape)) for name, entry in written.tensors.items()}
        expected = {name: (types[name], tuple(shape)) for name, shape in config.tensor_shapes().items()}
        if found == expected:
            return written.digest()
    wrong = min({name for name, _ in found.items() ^ expected.items()})
    message = f"{wrong} was to be written as {expected.get(wrong)} and is read as {found.get(wrong)}"
    error = ShipworthyError(
        "written-wrong", message, where=display_path(out), fix="report it, with the source"
    )
    error.exit_code = 70
    raise error


def _notes(checkpoint: Checkpoint, types: Mapping[str, str]) -> tuple[str, ...]:
    opened = Counter(
        checkpoint.tensors[name].dtype
        for name, dtype in types.items()
        if checkpoint.tensors[name].dtype not in (*_SAME, dtype)
    )
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(opened.items()))
    notes = [f"block-quantized tensors became the values that they stand for: {kinds}"] if opened else []
    if checkpoint.format == "hf":
        left = [name for name in _OTHER_FILES if (checkpoint.path / name).is_file()]
        notes += [f"{', '.join(left)} of the directory did not come along"] if left else []
    return tuple(notes)


def _notes_on_hf(checkpoint: Checkpoint) -> tuple[str, ...]:
    tokenizer = checkpoint.tokenizer()
    family = checkpoint.config().architecture
    if tokenizer is None or family != "qwen2" or cuts_as("qwen2", tokenizer.components):
        return ()
    return (
        "AutoTokenizer of transformers 5 cuts the text of every qwen2 model as Qwen2 does, which this "
        "tokenizer does not; PreTrainedTokenizerFast reads it as it is",
    )


def _named(to: str, dtype: str) -> str:
    return to if dtype == "keep" else f"{to} in {dtype}"
