"""Opening a Hugging Face directory: config.json and safetensors, one file or shards with their index."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import FileError
from .carried import carried_in_config, completed
from .entry import TensorEntry
from .file_bytes import FileBytes
from .hf_config import license_from_card, metadata_from_config, unsupported_in_config
from .hf_files import directory_digest, member, refusing_unreadable, small_files, weights_layout
from .layout import Layout
from .safetensors_header import read_safetensors
from .strict_json import parse_object

if TYPE_CHECKING:
    from .tokenizer import TokenizerSpec

_MAX_JSON = 64_000_000
_CARD = 1 << 16
"""Bytes of a model card that are read: its front matter comes first."""
_TOKENIZERS = ("tokenizer.json", "vocab.json", "tokenizer.model")


def read_hf_directory(root: Path) -> Layout:
    """The layout of a directory as save_pretrained writes it.

    Raises FileError: no-config, what metadata_from_config, carried_in_config, completed, weights_layout,
    member and read_safetensors raise, and shard-{name,missing,tensor} where index and shards disagree.
    """
    before = small_files(root)
    if member(root, "config.json") is None:
        message = "the directory has no config.json"
        raise FileError("no-config", message, path=root, fix="give a directory as save_pretrained writes it")
    config = _json(root, "config.json")
    metadata = metadata_from_config(config, root / "config.json")
    card = member(root, "README.md")
    if card is not None:
        with refusing_unreadable(card), card.open("rb") as stream:
            license_name = license_from_card(stream.read(_CARD).decode(errors="replace"))
        metadata |= {"license": license_name} if license_name else {}
    carried = carried_in_config(config, root / "config.json")
    metadata = completed(metadata, carried, root / "config.json")
    with ExitStack() as opened:
        files, tensors = _weights(root, weights_layout(root), opened)
        opened.pop_all()

    def tokenizer() -> TokenizerSpec | None:
        if not any(member(root, name) for name in _TOKENIZERS):
            return None
        from .tokenizer import TokenizerSpec

        return TokenizerSpec.from_hf(root, carried)

    def digest(sha256: Callable[[FileBytes], str]) -> str:
        weights = {path.name: (file.size, partial(sha256, file)) for path, file in files.items()}
        found = directory_digest(root, weights)
        if small_files(root) != before:
            message = "config, tokenizer or another file beside the weights was written since it was opened"
            raise FileError("changed-while-open", message, path=root, fix="open it again when it is whole")
        return found

    return Layout(
        path=root,
        format="hf",
        metadata=metadata,
        native_metadata=config,
        tensors=tensors,
        files=files,
        tokenizer=tokenizer,
        verify=None,
        digest=digest,
        unsupported=unsupported_in_config(config, set(tensors)),
    )


def _weights(
    root: Path, start: str, opened: ExitStack
) -> tuple[dict[Path, FileBytes], dict[str, TensorEntry]]:
    placed = None if start.endswith(".safetensors") else _weight_map(root, start)
    files: dict[Path, FileBytes] = {}
    tensors: dict[str, TensorEntry] = {}
    for name in [start] if placed is None else sorted(set(placed.values())):
        path = member(root, name)
        if path is None:
            message = f"{start} names {name}, which is not there"
            raise FileError("shard-missing", message, path=root / name, fix="fetch every shard")
        file = FileBytes(path)
        opened.callback(file.close)
        files[path] = file
        for entry in read_safetensors(file).values():
            if placed is not None and placed.get(entry.name) != name:
                message = f"{entry.name} lies here; the index places it in {placed.get(entry.name)}"
                raise FileError("shard-tensor", message, path=path, offset=8)
            tensors[entry.name] = entry
    absent = sorted(set(placed or ()) - set(tensors))
    if absent:
        message = f"{len(absent)} tensors of the index are in no shard, first {absent[0]}"
        raise FileError("shard-tensor", message, path=root / start)
    return files, dict(sorted(tensors.items()))


def _weight_map(root: Path, name: str) -> dict[str, str]:
    placed = _json(root, name).get("weight_map")
    if not isinstance(placed, dict) or not placed:
        raise FileError("shard-index", "the index has no weight_map", path=root / name)
    for shard in placed.values():
        plain = isinstance(shard, str) and Path(shard).name == shard and shard.isprintable()
        if not plain or not shard.endswith(".safetensors"):
            message = f"the index names {shard!r}, not a safetensors file of this directory"
            raise FileError("shard-name", message, path=root / name)
    return placed


def _json(root: Path, name: str) -> dict[str, Any]:
    file = FileBytes(root / name)
    try:
        if file.size > _MAX_JSON:
            message = f"{file.size} bytes, at most {_MAX_JSON} are read"
            raise FileError("metadata-size", message, path=file.path)
        return parse_object(file.read(0, file.size), path=file.path, size=file.size, what=name)
    finally:
        file.close()
