"""Saving 540 MB so that it is on the disk, and loading it: beside safetensors and beside the bare disk.

Floor of a save: the larger of what the disk takes for write and fsync, and of SHA-256 on one core; the
writing and CRC-32 run beside it on the other.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np

from shipworthy.checkpoint import TensorSource, open_checkpoint, write_apr

_ROUNDS = 15

_SAVE_IN_A_PROCESS = """
import sys
from pathlib import Path
from shipworthy.checkpoint import TensorSource, open_checkpoint, write_apr
with open_checkpoint(Path(sys.argv[1])) as source:
    tensors = {
        name: TensorSource(entry.dtype, entry.shape, lambda name=name: source.raw_blocks(name))
        for name, entry in source.tensors.items()
    }
    if sys.argv[3] == "save":
        write_apr(Path(sys.argv[2]), metadata=source.metadata, tensors=tensors, tokenizer=source.tokenizer())
    else:
        import numpy
        source.tokenizer()
"""


def _size(arrays: dict[str, np.ndarray]) -> int:
    return sum(array.nbytes for array in arrays.values())


def _save(arrays: dict[str, np.ndarray], path: Path) -> None:
    tensors = {
        name: TensorSource("F32", array.shape, lambda array=array: array)  # type: ignore[misc]
        for name, array in arrays.items()
    }
    write_apr(path, metadata={}, tensors=tensors, tokenizer=None)


def test_save_beside_safetensors(in_turns: Any, base_arrays: dict[str, np.ndarray], tmp_path: Path) -> None:
    """With CRC-32, SHA-256, fsync of file and directory, and the rename."""
    from safetensors.numpy import save_file

    def peer() -> None:
        save_file(base_arrays, tmp_path / "peer.safetensors")
        _fsync(tmp_path / "peer.safetensors")

    in_turns(
        "save 540 MB and fsync, beside safetensors",
        lambda: _save(base_arrays, tmp_path / "ours.apr"),
        peer,
        rounds=_ROUNDS,
        setup=lambda: _empty(tmp_path),
        nbytes=_size(base_arrays),
    )


def test_save_beside_a_bare_write(in_turns: Any, base_arrays: dict[str, np.ndarray], tmp_path: Path) -> None:
    def peer() -> None:
        with (tmp_path / "bare").open("wb") as stream:
            for array in base_arrays.values():
                stream.write(memoryview(array).cast("B"))
        _fsync(tmp_path / "bare")

    in_turns(
        "save 540 MB and fsync, beside a bare write",
        lambda: _save(base_arrays, tmp_path / "ours.apr"),
        peer,
        rounds=_ROUNDS,
        setup=lambda: _empty(tmp_path),
        nbytes=_size(base_arrays),
    )


def _empty(directory: Path) -> None:
    """Each save makes a new file, and waits for no earlier one: what is freed and allocated is alike."""
    for path in directory.iterdir():
        path.unlink()
    os.sync()


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


def test_memory_of_a_save(compare_memory: Any, base_apr: Path, tmp_path: Path) -> None:
    """A whole save from a file, against a process that imports and opens the same and saves nothing."""
    argv = [sys.executable, "-c", _SAVE_IN_A_PROCESS, str(base_apr), str(tmp_path / "out.apr")]
    compare_memory("memory of a save of 540 MB", {"ours": [*argv, "save"], "open only": [*argv, "open"]})


def test_load_beside_safetensors(in_turns: Any, bare_apr: Path, bare_safetensors: Path) -> None:
    """Every tensor as a mapped array, every byte looked at; without the checksum."""
    in_turns(
        "load and touch 540 MB, beside safetensors",
        lambda: _touch(bare_apr, verify=False),
        lambda: _touch_safetensors(bare_safetensors),
        rounds=25,
    )


def test_load_and_verify_beside_safetensors(in_turns: Any, bare_apr: Path, bare_safetensors: Path) -> None:
    """The same with the CRC of the whole file, which safetensors does not have."""
    in_turns(
        "load, verify the CRC and touch 540 MB, beside safetensors",
        lambda: _touch(bare_apr, verify=True),
        lambda: _touch_safetensors(bare_safetensors),
        rounds=15,
        nbytes=bare_apr.stat().st_size,
    )


def _touch(path: Path, *, verify: bool) -> int:
    with open_checkpoint(path) as checkpoint:
        if verify:
            checkpoint.verify()
        return sum(
            int(np.frombuffer(checkpoint.mapped(name), np.uint32).max()) for name in checkpoint.tensors
        )


def _touch_safetensors(path: Path) -> int:
    from safetensors.torch import load_file

    return sum(int(tensor.numpy().view(np.uint32).max()) for tensor in load_file(path).values())
