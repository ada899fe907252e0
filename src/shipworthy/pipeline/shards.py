"""The corpus as token ids in memory-mapped files, made once per corpus and tokenizer and then reused."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from filelock import FileLock

from ..atomic import refusing_unwritable, replacing, write_json
from ..canonical import sha256_file, sha256_json, strict_loads
from ..digest_cache import cache_directory, cached_sha256
from .corpus import Corpus, Split

if TYPE_CHECKING:
    from ..checkpoint.tokenizer import TokenizerSpec

SPLITS: tuple[Split, ...] = ("training", "held_out")
_GROUP = 64
_SCHEMA = 1


@dataclass(frozen=True)
class Shards:
    """Token ids of both sides, one dimension each, mapped read-only; documents end with the separator."""

    training: np.ndarray
    held_out: np.ndarray
    index: dict[str, Any]


def open_shards(corpus: Corpus, tokenizer: TokenizerSpec, *, cache: Path | None = None) -> Shards:
    """The shards of this corpus under this tokenizer, from the cache where they are there and whole."""
    key = sha256_json({"schema": _SCHEMA, "manifest": corpus.digest, "tokenizer": tokenizer.digest()})
    directory = (cache or cache_directory()) / "corpus" / key[:16]
    with refusing_unwritable(directory):
        directory.mkdir(parents=True, exist_ok=True)
        lock = FileLock(directory / ".lock").acquire()
    with lock:
        index = _read_index(directory, key)
        if index is None:
            index = _write(directory, key, corpus, tokenizer)
    dtype = np.dtype(index["dtype"])
    training, held_out = (
        np.memmap(directory / f"{split}.bin", dtype=dtype, mode="r")
        if index["splits"][split]["tokens"]
        else np.zeros(0, dtype)
        for split in SPLITS
    )
    return Shards(training, held_out, index)


def _read_index(directory: Path, key: str) -> dict[str, Any] | None:
    """The index where it belongs to `key` and both files have its digests, else None: they are made again."""
    try:
        index: dict[str, Any] = strict_loads((directory / "index.json").read_bytes())
        whole = index["key"] == key and all(
            cached_sha256(directory / f"{split}.bin") == index["splits"][split]["sha256"] for split in SPLITS
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return index if whole else None


def _write(directory: Path, key: str, corpus: Corpus, tokenizer: TokenizerSpec) -> dict[str, Any]:
    encoder = tokenizer.build()
    encoder.encode_special_tokens = True  # <|im_end|> in a source file is text, not the end of a turn
    separator = tokenizer.eos_token_id
    dtype = np.dtype("<u2" if len(tokenizer.tokens) <= 2**16 else "<u4")
    splits: dict[str, Any] = {}
    for split in SPLITS:
        path = directory / f"{split}.bin"
        texts, tokens = corpus.texts(split), 0
        with replacing(path) as stream:
            for start in range(0, len(texts), _GROUP):
                for encoding in encoder.encode_batch(texts[start : start + _GROUP], add_special_tokens=False):
                    ids = encoding.ids if separator is None else [*encoding.ids, separator]
                    stream.write(np.array(ids, dtype=dtype).tobytes())
                    tokens += len(ids)
        splits[split] = {"documents": len(texts), "tokens": tokens, "sha256": sha256_file(path)}
    index = {
        "key": key,
        "manifest_sha256": corpus.digest,
        "tokenizer_sha256": tokenizer.digest(),
        "dtype": dtype.str,
        "separator": separator,
        "splits": splits,
    }
    write_json(directory / "index.json", index)
    return index
