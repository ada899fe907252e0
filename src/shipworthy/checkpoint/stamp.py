"""A repaired copy of an `.apr`: other metadata or another tokenizer, the same tensor bytes, and a record."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..architecture import aliased_twice, resolve_aliases
from ..errors import FileError, UsageError
from .apr_writer import TensorSource, write_apr
from .field_values import assignment, require_writable
from .metadata_findings import stated_findings, tokenizer_findings
from .open import open_checkpoint
from .readable import require_whole_tokenizer
from .tokenizer_apr import OWN_KEY
from .view import Checkpoint

if TYPE_CHECKING:
    from .tokenizer import TokenizerSpec

RECORD = "shipworthy.stamp"
"""Custom field of a stamped file: {changed: names of fields, of: SHA-256 of the input, earlier: records}."""

_TOKENIZER = "tokenizer"


@dataclass(frozen=True)
class Change:
    """A field before and after; None where it was or is not stated. A tokenizer is its digest, or broken."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True)
class StampReport:
    """What was read, what was written, and every field that differs between them."""

    name: str
    sha256: str
    out_name: str
    out_sha256: str
    changes: tuple[Change, ...]

    def to_json(self) -> dict[str, Any]:
        """Strict JSON."""
        return asdict(self)


def stamp(
    source: Path,
    out: Path,
    *,
    assignments: Sequence[str] = (),
    unset: Sequence[str] = (),
    tokenizer: Path | None = None,
    custom: bool = False,
) -> StampReport:
    """Write `out`, a copy of the `.apr` at `source` with `assignments` (key=value), `unset` and `tokenizer`.

    The input is verified, and never written. Known aliases become their fields, a time of writing is left
    out, and the record of it all is added. Tensor bytes are copied as they are stored. A tokenizer that is
    broken must be replaced.
    Raises UsageError: what field_values raises, bad-output, not-an-apr, absent-field, set-twice,
    metadata-alias-conflict, tokenizer-absent, nothing-to-stamp, and the code of any finding of `validate`
    that the copy would have and the input has not; FileError where a file does not verify, its tokenizer is
    broken, or the copy cannot be written.
    """
    values = _assigned(assignments, custom=custom)
    _refuse_overwriting(out, source, *([tokenizer] if tokenizer is not None else []))
    spec = None if tokenizer is None else _tokenizer_of(tokenizer)
    with open_checkpoint(source) as checkpoint:
        if checkpoint.format != "apr":
            message = f"only an .apr is stamped, and this is {checkpoint.format}"
            fix = "convert it first: shipworthy convert FILE --to apr"
            raise UsageError("not-an-apr", message, where=source.name, fix=fix)
        checkpoint.verify()
        if spec is None:
            require_whole_tokenizer(checkpoint)
        before = {key: value for key, value in checkpoint.native_metadata.items() if value is not None}
        after = _repaired(before, values, unset, spec)
        changes = _changes(checkpoint, before, after, spec)
        if not changes:
            message = "the copy would say what the file says already"
            raise UsageError("nothing-to-stamp", message, fix="give --set, --unset or --tokenizer")
        _refuse_worse(checkpoint, before, after, spec)
        digest = checkpoint.digest()
        after[RECORD] = {
            "changed": [change.field for change in changes],
            "of": digest,
            **_earlier(before.get(RECORD)),
        }
        written = write_apr(
            out,
            metadata=after,
            tensors=_as_stored(checkpoint),
            tokenizer=None,
            flags=checkpoint.header_flags,
        )
    return StampReport(source.resolve().name, digest, out.name, written, tuple(changes))


def _assigned(assignments: Sequence[str], *, custom: bool) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for text in assignments:
        field, value = assignment(text, custom=custom)
        if field in values:
            raise UsageError("set-twice", f"{field} is set twice", fix="set it once")
        values[field] = value
    return values


def _refuse_overwriting(out: Path, *inputs: Path) -> None:
    for path in inputs:
        if _same_file(out, path):
            message = f"{out.name} is the input itself; a file is never stamped in place"
            raise UsageError("bad-output", message, fix="name another file with -o")


def _same_file(a: Path, b: Path) -> bool:
    try:
        return a.samefile(b)
    except OSError:
        return False


def _tokenizer_of(source: Path) -> TokenizerSpec:
    """The tokenizer of a checkpoint, or of a directory that has one and perhaps nothing else."""
    from .tokenizer import TokenizerSpec

    if os.path.isdir(source):
        return TokenizerSpec.from_hf(source)
    with open_checkpoint(source) as checkpoint:
        checkpoint.verify()
        spec = checkpoint.tokenizer()
    if spec is None:
        message = "it embeds no tokenizer to take"
        raise UsageError("tokenizer-absent", message, where=source.name, fix="name the original checkpoint")
    return spec


def _repaired(
    before: Mapping[str, Any], values: Mapping[str, Any], unset: Sequence[str], spec: TokenizerSpec | None
) -> dict[str, Any]:
    after = dict(before)
    after.pop("created_at", None)
    for field in unset:
        require_writable(field)
        if field not in before or field in values:
            message = f"{field!r} is not stated" if field not in before else f"{field!r} is set and unset"
            raise UsageError("absent-field", message, fix="see what is with `shipworthy inspect --json`")
        del after[field]
    for field in aliased_twice(after):
        if field not in values and len(set(map(repr, _named(after, field)))) > 1:
            message = f"{field!r} is stated under more than one name, with different values"
            raise UsageError(
                "metadata-alias-conflict", message, fix=f"--set {field}=... or --unset the other"
            )
    after = resolve_aliases(after) | dict(values)
    if spec is None:
        return after
    kept = {k: v for k, v in after.items() if not k.startswith(("tokenizer.", OWN_KEY, "special_tokens"))}
    by_hand = {key: values[key] for key in ("chat_template", "special_tokens") if key in values}
    return kept | spec.to_apr() | by_hand


def _named(metadata: Mapping[str, Any], field: str) -> list[Any]:
    return [value for key, value in metadata.items() if field in resolve_aliases({key: value})]


def _changes(
    checkpoint: Checkpoint, before: Mapping[str, Any], after: Mapping[str, Any], spec: TokenizerSpec | None
) -> list[Change]:
    """Field by field; all keys of a tokenizer are one change, of its digest."""
    changes = []
    of_tokenizer = False
    for field in sorted(before.keys() | after.keys()):
        old, new = before.get(field), after.get(field)
        if type(old) is type(new) and old == new:
            continue
        if field.startswith(("tokenizer.", OWN_KEY)):
            of_tokenizer = True
        else:
            changes.append(Change(field, old, new))
    if of_tokenizer and spec is not None:
        changes.append(Change(_TOKENIZER, _tokenizer_before(checkpoint), spec.digest()))
    return changes


def _tokenizer_before(checkpoint: Checkpoint) -> str | None:
    try:
        spec = checkpoint.tokenizer()
    except FileError as error:
        return f"broken: {error.message}"
    return None if spec is None else spec.digest()


def _refuse_worse(
    checkpoint: Checkpoint, before: Mapping[str, Any], after: Mapping[str, Any], spec: TokenizerSpec | None
) -> None:
    """Refuse any finding that the input does not have, unless no tensor can tell."""
    shapes = {name: entry.shape for name, entry in checkpoint.tensors.items()}
    known = list(stated_findings(before, shapes))
    found = [
        *stated_findings(after, shapes),
        *(tokenizer_findings(checkpoint, spec) if spec is not None else ()),
    ]
    for finding in found:
        untold = finding.code in ("metadata-disagrees", "architecture-mislabelled") and finding.found is None
        if finding not in known and not untold:
            message = f"the copy would not hold: {finding.what}"
            raise UsageError(finding.code, message, where=checkpoint.path.name, fix="stamp what is true")


def _earlier(record: Any) -> dict[str, list[Any]]:
    """The records of a file that was stamped before, oldest first."""
    if record is None:
        return {}
    if not isinstance(record, dict) or not isinstance(record.get("earlier", []), list):
        return {"earlier": [record]}
    last = {key: value for key, value in record.items() if key != "earlier"}
    return {"earlier": [*record.get("earlier", []), last]}


def _as_stored(checkpoint: Checkpoint) -> dict[str, TensorSource]:
    return {
        name: TensorSource(entry.dtype, entry.shape, partial(checkpoint.raw_blocks, name))
        for name, entry in checkpoint.tensors.items()
    }
