"""A Hugging Face directory of 540 MB as an F16 GGUF: our export beside llama.cpp's converter."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from llama_cpp_converter import converter

from shipworthy.pipeline.convert import convert
from shipworthy.pipeline.export import export_gguf, export_ggufs

_GROUP = "export 135 M parameters, F32 directory to F16 GGUF"
_PLAIN = ("f32", "f16", "bf16", "q8_0")


@pytest.fixture(scope="module")
def directory(base_apr: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The base model as save_pretrained would write it."""
    path = tmp_path_factory.mktemp("hf") / "smollm2"
    convert(base_apr, path, "hf", allow_loss=True)
    return path


def _ours(directory: Path, out: Path) -> list[str]:
    return [
        sys.executable,
        "-m",
        "shipworthy.cli",
        "export",
        str(directory),
        "--dtype",
        "f16",
        "-o",
        str(out),
    ]


def _theirs(directory: Path, out: Path) -> list[str]:
    return [sys.executable, str(converter()), str(directory), "--outtype", "f16", "--outfile", str(out)]


def test_our_export(side_by_side: Any, directory: Path, tmp_path: Path) -> None:
    argv = _ours(directory, tmp_path / "ours.gguf")
    side_by_side(_GROUP, "ours", lambda: subprocess.run(argv, check=True, capture_output=True), rounds=5)


def test_llama_cpps_converter(side_by_side: Any, directory: Path, tmp_path: Path) -> None:
    argv = _theirs(directory, tmp_path / "peer.gguf")
    side_by_side(_GROUP, "peer", lambda: subprocess.run(argv, check=True, capture_output=True), rounds=3)


def test_memory_of_an_export(compare_memory: Any, directory: Path, tmp_path: Path) -> None:
    argvs = {
        "ours": _ours(directory, tmp_path / "ours.gguf"),
        "peer": _theirs(directory, tmp_path / "peer.gguf"),
    }
    compare_memory(f"peak memory, {_GROUP}", argvs)


def test_memory_of_an_f32_export(compare_memory: Any, base_apr: Path, tmp_path: Path) -> None:
    """Against opening the same file: what the export itself takes is the difference."""
    cli = [sys.executable, "-m", "shipworthy.cli"]
    argvs = {
        "export": [*cli, "export", str(base_apr), "--dtype", "f32", "-o", str(tmp_path / "f32.gguf")],
        "inspect": [*cli, "inspect", str(base_apr)],
    }
    compare_memory("peak memory, F32 export of 540 MB", argvs)


def test_four_dtypes_in_one_pass(in_turns: Any, base_apr: Path, tmp_path: Path) -> None:
    """The peer is ourselves, a pass for each."""
    outs = {dtype: tmp_path / f"{dtype}.gguf" for dtype in _PLAIN}

    def one_by_one() -> None:
        for dtype, out in outs.items():
            export_gguf(base_apr, out, dtype)

    group = "F32, F16, BF16 and Q8_0 of 135 M parameters, one pass against four"
    in_turns(group, lambda: export_ggufs(base_apr, outs), one_by_one, rounds=4)


def test_memory_of_four_dtypes_in_one_pass(compare_memory: Any, base_apr: Path, tmp_path: Path) -> None:
    cli = [sys.executable, "-m", "shipworthy.cli", "export", str(base_apr), "-o", str(tmp_path / "a.gguf")]
    argvs = {"ours": [*cli, "--dtype", ",".join(_PLAIN)], "peer": [*cli, "--dtype", "f32"]}
    compare_memory("peak memory, four dtypes in one pass beside F32 alone", argvs)


def test_both_write_the_same_weights(directory: Path, tmp_path: Path) -> None:
    """What is timed is the same work: every tensor of the two files has the same bytes."""
    import gguf

    for argv in (_ours(directory, tmp_path / "ours.gguf"), _theirs(directory, tmp_path / "peer.gguf")):
        subprocess.run(argv, check=True, capture_output=True)
    ours, theirs = (
        {tensor.name: tensor.data.tobytes() for tensor in gguf.GGUFReader(tmp_path / name).tensors}
        for name in ("ours.gguf", "peer.gguf")
    )
    assert ours == theirs
