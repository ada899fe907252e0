"""Writing a Hugging Face directory that transformers 4 and 5 load as it is."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..architecture import ArchitectureConfig
from ..atomic import refusing_unwritable, replacing_directory, write_bytes, write_json
from ..errors import UsageError
from .apr_writer import TensorSource
from .carried import CONFIG_KEY, contradicted, left_over, refuse_reserved, to_text
from .hf_config import config_from, metadata_from_config, unread
from .safetensors_writer import nbytes, shards, write_safetensors
from .tokenizer import TokenizerSpec
from .tokenizer_hf import json_from_spec, spec_from_json

SHARD_BYTES = 5_000_000_000
"""The size of a file beyond which weights are split, as transformers 4 has it."""

_DTYPES = {"F32": "float32", "F16": "float16", "BF16": "bfloat16"}


def write_hf(
    directory: Path,
    config: ArchitectureConfig,
    *,
    metadata: Mapping[str, Any],
    tensors: Mapping[str, TensorSource],
    tokenizer: TokenizerSpec | None,
    shard_bytes: int = SHARD_BYTES,
) -> None:
    """Write the whole directory or none: config.json, safetensors, and the tokenizer's files.

    Tensors are stored as F32, F16 or BF16, a block in memory at a time; above `shard_bytes` in shards with
    an index. `metadata` is that of `.apr`; what config.json has no key for is carried in it, and what it
    says otherwise (see `contradicted`) is left out.
    Raises UsageError bad-output where something lies at `directory` already, and what write_safetensors
    raises; FileError unwritable, metadata-size; UsageError tokenizer-incomplete.
    """
    with refusing_unwritable(directory):
        taken = directory.is_symlink() or (directory.exists() and not _is_empty_directory(directory))
    if taken:
        message = f"{directory} is there already and is not an empty directory"
        raise UsageError("bad-output", message, fix="name a new directory")
    refuse_reserved(metadata)
    files = {} if tokenizer is None else json_from_spec(tokenizer)
    stated = stated_config(config, metadata, tensors, tokenizer)
    with replacing_directory(directory) as beside:
        write_json(beside / "config.json", stated)
        for name, text in files.items():
            write_bytes(beside / name, text.encode())
        _write_weights(beside, tensors, shard_bytes)


def stated_config(
    config: ArchitectureConfig,
    metadata: Mapping[str, Any],
    tensors: Mapping[str, TensorSource],
    tokenizer: TokenizerSpec | None,
) -> dict[str, Any]:
    """The config.json: its own keys, and `metadata` that they do not state under one of ours."""
    here = Path("config.json")
    stated = {**config_from(config, metadata, tokenizer), **_dtype(tensors)}
    native = metadata_from_config(stated, here)
    expressed = {**native, **unread(stated, tokenizer)}
    if tokenizer is not None:
        files = json_from_spec(tokenizer)
        expressed |= spec_from_json(
            json.loads(files["tokenizer.json"]),
            json.loads(files["tokenizer_config.json"]),
            files.get("chat_template.jinja"),
            here,
        ).to_apr()
        metadata = {**tokenizer.to_apr(), **metadata}
    otherwise = contradicted(metadata, native)
    carried = left_over({k: v for k, v in metadata.items() if k not in otherwise}, expressed)
    return {**stated, CONFIG_KEY: json.loads(to_text(carried, here))} if carried else stated


def _dtype(tensors: Mapping[str, TensorSource]) -> dict[str, str]:
    """What most matrices are stored as, under the names of transformers 4 and 5."""
    counts = Counter(source.dtype for source in tensors.values() if len(source.shape) > 1)
    name = _DTYPES.get(counts.most_common(1)[0][0], "float32") if counts else "float32"
    return {"dtype": name, "torch_dtype": name}


def _write_weights(directory: Path, tensors: Mapping[str, TensorSource], limit: int) -> None:
    groups = shards(tensors, limit)
    if len(groups) == 1:
        write_safetensors(directory / "model.safetensors", tensors)
        return
    placed: dict[str, str] = {}
    for number, names in enumerate(groups, 1):
        file = f"model-{number:05}-of-{len(groups):05}.safetensors"
        write_safetensors(directory / file, {name: tensors[name] for name in names})
        placed |= dict.fromkeys(names, file)
    total = sum(nbytes(source) for source in tensors.values())
    write_json(
        directory / "model.safetensors.index.json",
        {"metadata": {"total_size": total}, "weight_map": dict(sorted(placed.items()))},
    )


def _is_empty_directory(path: Path) -> bool:
    return path.is_dir() and not any(path.iterdir())
