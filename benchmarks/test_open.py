"""Opening a file, and what that costs where the weights are large: headers only, whatever follows them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from apr_bytes import AprFile, AprTensor

from shipworthy.checkpoint import open_checkpoint
from small_checkpoints import CONFIGS

_SHIPWORTHY = [sys.executable, "-m", "shipworthy.cli"]
_GGUF = "open a GGUF with a vocabulary of 49,152"
_HEADER = "header of 272 tensors"
_SPARSE = "inspect: 20 MB against 20 GB"


def test_open_gguf(side_by_side: Any, base_gguf: Path) -> None:
    def ours() -> int:
        with open_checkpoint(base_gguf) as checkpoint:
            return len(checkpoint.tensors)

    assert side_by_side(_GGUF, "ours", ours, rounds=20) == 272


def test_gguf_reader(side_by_side: Any, base_gguf: Path) -> None:
    import gguf

    assert len(side_by_side(_GGUF, "peer", lambda: gguf.GGUFReader(base_gguf), rounds=3).tensors) == 272


def test_open_gguf_with_its_tokenizer(side_by_side: Any, base_gguf: Path) -> None:
    def ours() -> int:
        with open_checkpoint(base_gguf) as checkpoint:
            spec = checkpoint.tokenizer()
            assert spec is not None
            return len(spec.tokens)

    assert side_by_side(f"{_GGUF}, and its tokenizer", "ours", ours, rounds=10) == 49_152


def test_gguf_reader_with_its_tokens(side_by_side: Any, base_gguf: Path) -> None:
    import gguf

    def peer() -> int:
        fields = gguf.GGUFReader(base_gguf).fields
        lists = [fields[f"tokenizer.ggml.{name}"].contents() for name in ("tokens", "merges", "token_type")]
        return len(lists[0])

    assert side_by_side(f"{_GGUF}, and its tokenizer", "peer", peer, rounds=3) == 49_152


def test_apr_header(side_by_side: Any, bare_apr: Path) -> None:
    def ours() -> int:
        with open_checkpoint(bare_apr) as checkpoint:
            return len(checkpoint.tensors)

    assert side_by_side(_HEADER, "ours", ours, rounds=30) == 272


def test_safetensors_header(side_by_side: Any, bare_safetensors: Path) -> None:
    from safetensors import safe_open

    def peer() -> int:
        with safe_open(bare_safetensors, framework="numpy") as opened:
            return len([opened.get_slice(name).get_shape() for name in opened.keys()])  # noqa: SIM118

    assert side_by_side(_HEADER, "peer", peer, rounds=30) == 272


def _with_holes(path: Path, nbytes: int) -> Path:
    """An `.apr` whose values are holes: nothing but the header takes space on the disk."""
    names = sorted(CONFIGS["llama"].tensor_shapes())
    rows = nbytes // len(names) // 4096
    tensors = tuple(
        AprTensor(name.encode(), 0, (rows, 1024), b"", offset=number * rows * 4096, size=rows * 4096)
        for number, name in enumerate(names)
    )
    metadata = json.dumps(CONFIGS["llama"].to_metadata()).encode()
    header = AprFile(metadata=metadata, tensors=tensors).build()[:-4]
    path.write_bytes(header)
    os.truncate(path, len(header) + len(names) * rows * 4096 + 4)
    return path


def test_inspect_small(side_by_side: Any, tmp_path: Path) -> None:
    argv = [*_SHIPWORTHY, "inspect", str(_with_holes(tmp_path / "small.apr", 20_000_000))]
    side_by_side(_SPARSE, "peer", lambda: _run(argv), rounds=10)


def test_inspect_large(side_by_side: Any, tmp_path: Path) -> None:
    argv = [*_SHIPWORTHY, "inspect", str(_with_holes(tmp_path / "large.apr", 20_000_000_000))]
    side_by_side(_SPARSE, "ours", lambda: _run(argv), rounds=10)


def _run(argv: list[str]) -> None:
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)
