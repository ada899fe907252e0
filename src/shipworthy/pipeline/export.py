"""A checkpoint as GGUFs that llama.cpp loads and computes with as the checkpoint does."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from ..atomic import refusing_unwritable
from ..canonical import sha256_file
from ..checkpoint import TokenizerSpec, open_checkpoint
from ..checkpoint.pretokenizers import normalizers
from ..checkpoint.tensor_set import require_tensors
from ..errors import FileError, UsageError
from .gguf_writer import GGUFExport, Plan, Progress
from .k_quants import K_QUANTS, quantize_export

if TYPE_CHECKING:
    from .gguf_dtypes import Fallback

EXPORT_DTYPES = ("f32", "f16", "bf16", "q8_0", "keep", *K_QUANTS)


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

    def to_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "name": self.path.name,
            "sha256": self.sha256,
            "bytes": self.nbytes,
            "dtype": self.dtype,
            "tensors": self.counts(),
            "fallbacks": [vars(fallback) for fallback in self.fallbacks],
            "notes": list(self.notes),
        }


def outputs_of(out: Path, dtypes: Sequence[str]) -> dict[str, Path]:
    """Where each dtype is written: one to `out`, several to `out` with -DTYPE before its suffix.

    Raises UsageError where one is asked for twice, or has no name.
    """
    if not all(dtypes):
        fix = f"write one or more of {', '.join(EXPORT_DTYPES)}"
        raise UsageError("unknown-dtype", "a dtype without a name is asked for", where="--dtype", fix=fix)
    if len(set(dtypes)) != len(dtypes):
        twice = next(dtype for dtype in dtypes if dtypes.count(dtype) > 1)
        raise UsageError("dtype-twice", f"{twice} is asked for twice", where="--dtype", fix="name it once")
    if len(dtypes) == 1:
        return {dtypes[0]: out}
    return {dtype: out.with_name(f"{out.stem}-{dtype}{out.suffix}") for dtype in dtypes}


def export_gguf(
    checkpoint: Path,
    out: Path,
    dtype: str = "f32",
    *,
    others_allowed: bool = False,
    progress: Progress | None = None,
) -> ExportReport:
    """Write one GGUF; see `export_ggufs`."""
    return export_ggufs(checkpoint, {dtype: out}, others_allowed=others_allowed, progress=progress)[dtype]


def export_ggufs(
    checkpoint: Path,
    outs: Mapping[str, Path],
    *,
    others_allowed: bool = False,
    progress: Progress | None = None,
) -> dict[str, ExportReport]:
    """Write one GGUF per dtype, each whole or not at all, a block of a tensor in memory at a time.

    The weights are read once for all files of plain types, and K-quants are made of one F32 export: of the
    one that was asked for, or of one that vanishes. Each file has the bytes that it would have alone.
    Weight matrices are stored as the dtype (`keep`: as they are, where GGUF has their type), norms and biases
    as F32; q and k rows are brought into the order that llama.cpp's architecture rotates; tied embeddings
    are written once; the vocabulary is padded to the embedding's rows. Metadata that GGUF has no key for is
    carried for our reader; tensors of no part of the model are left out where `others_allowed`. `progress`
    is told the bytes written so far, and of all.

    Raises UsageError for an unknown dtype or no dtype, FileError for a checkpoint that is not what it says
    (see `Checkpoint.config` and `require_tensors`) or has no tokenizer; UsageError for a tokenizer that
    llama.cpp has no name for, and what `choose` raises. For K_QUANTS what `quantize_export` raises.
    """
    _require_outputs(checkpoint, outs)
    with open_checkpoint(checkpoint) as source:
        source.verify()
        config = source.config()
        require_tensors(source, config, others_allowed=others_allowed)
        tokenizer = source.tokenizer()
        if tokenizer is None:
            message = "the checkpoint embeds no tokenizer, and a GGUF needs one"
            raise FileError("tokenizer-missing", message, path=checkpoint, fix="embed it when saving")
        export = GGUFExport(source, config, tokenizer)
        notes = _notes(tokenizer)
        asked = [dtype for dtype in outs if dtype in K_QUANTS]
        for dtype in asked:
            _require_finite(export, dtype)
        plans = {out: export.plan(dtype) for dtype, out in outs.items() if dtype not in K_QUANTS}
        with _plain(outs, asked) as plain:
            if plain is not None:
                plans.setdefault(plain, export.plan("f32"))
            written = export.write(plans, progress)
            reports = {
                plan.dtype: ExportReport(
                    path=out,
                    sha256=written[out].sha256,
                    nbytes=written[out].nbytes,
                    dtype=plan.dtype,
                    tensor_types={export.names[name]: kind.name for name, kind in plan.types.items()},
                    fallbacks=plan.fallbacks,
                    notes=notes,
                )
                for out, plan in plans.items()
            }
            for dtype in asked:
                assert plain is not None
                reports[dtype] = _quantized(plain, outs[dtype], dtype, export.names, notes)
    return {dtype: reports[dtype] for dtype in outs}


def planned(checkpoint: Path, dtype: str) -> Plan:
    """What an export in a plain type would store as what, and the fallbacks it would list; writes nothing.

    Raises as `export_ggufs` does.
    """
    with open_checkpoint(checkpoint) as source:
        tokenizer = source.tokenizer()
        if tokenizer is None:
            raise FileError("tokenizer-missing", "the checkpoint embeds no tokenizer", path=checkpoint)
        return GGUFExport(source, source.config(), tokenizer).plan(dtype)


def _require_outputs(checkpoint: Path, outs: Mapping[str, Path]) -> None:
    known = ", ".join(EXPORT_DTYPES)
    if not outs:
        raise UsageError("no-dtype", "no dtype is asked for", where="--dtype", fix=f"use one of {known}")
    for dtype in outs:
        if dtype not in EXPORT_DTYPES:
            raise UsageError(
                "unknown-dtype",
                f"a GGUF cannot be asked for as {dtype!r}",
                where="--dtype",
                fix=f"use one of {known}",
            )
    for out in outs.values():
        if os.path.isdir(out) or (out.is_file() and out.resolve().is_relative_to(checkpoint.resolve())):
            message = f"{out} is the checkpoint itself, or a file of it, or a directory"
            raise UsageError("bad-output", message, fix="name a new file")
    if len({out.resolve() for out in outs.values()}) != len(outs):
        raise UsageError("bad-output", "two dtypes would be written to one file", fix="name a file for each")


def _require_finite(export: GGUFExport, dtype: str) -> None:
    """llama.cpp would write a number in place of a NaN, in whatever tensor."""
    from .gguf_dtypes import require_finite

    for name in export.config.tensor_shapes():
        require_finite(name, dtype, export.look(name))


@contextmanager
def _plain(outs: Mapping[str, Path], k_quants: list[str]) -> Iterator[Path | None]:
    """Where the F32 export is that K-quants are made of; None where none are asked for."""
    if not k_quants or "f32" in outs:
        yield outs["f32"] if k_quants else None
        return
    with _scratch(outs[k_quants[0]]) as scratch:
        yield scratch / "f32.gguf"


def _quantized(
    plain: Path, out: Path, dtype: str, names: Mapping[str, str], notes: tuple[str, ...]
) -> ExportReport:
    with _scratch(out) as scratch:
        types, fallbacks = quantize_export(plain, out, dtype, names, scratch)
    return ExportReport(
        path=out,
        sha256=sha256_file(out),
        nbytes=out.stat().st_size,
        dtype=dtype,
        tensor_types=types,
        fallbacks=tuple(fallbacks),
        notes=notes,
    )


@contextmanager
def _scratch(out: Path) -> Iterator[Path]:
    """A directory beside `out` that vanishes."""
    with refusing_unwritable(out):
        out.parent.mkdir(parents=True, exist_ok=True)
        scratch = TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.", suffix=".partial")
    with scratch as name:
        yield Path(name)


def _notes(tokenizer: TokenizerSpec) -> tuple[str, ...]:
    notes = [
        f"llama.cpp does not apply the {name} normalizer: text that it would change tokenizes differently"
        for name in normalizers(tokenizer.components.get("normalizer"))
    ]
    flagged = [t.content for t in tokenizer.added_tokens if t.lstrip or t.rstrip or t.single_word]
    if flagged:
        notes.append(f"GGUF does not carry lstrip, rstrip or single_word of {len(flagged)} added tokens")
    return tuple(notes)
