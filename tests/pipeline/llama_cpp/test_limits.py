"""What a child may use, and what becomes of one that wants more."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from shipworthy.pipeline import llama_cpp
from shipworthy.pipeline.child_limits import child_environment
from shipworthy.pipeline.redact import redact


def test_a_child_that_takes_too_long_is_killed(small_gguf: Path, log: Path) -> None:
    limits = llama_cpp.Limits(seconds=0.01)
    with pytest.raises(llama_cpp.LlamaCppCrash, match=r"more than 0\.01 s") as caught:
        llama_cpp.tokenize(small_gguf, ["x"], log=log, limits=limits)
    assert caught.value.code == "llama-cpp-timeout"
    assert caught.value.returncode == -9


def test_a_child_that_wants_too_much_memory_does_not_get_it(small_gguf: Path, log: Path) -> None:
    prompt = [3] * 120
    limits = llama_cpp.Limits(memory_bytes=60_000_000)
    with pytest.raises(llama_cpp.LlamaCppError):
        list(llama_cpp.logits(small_gguf, [prompt], log=log, limits=limits))


def test_nothing_of_the_environment_is_inherited_that_is_not_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_SECRET", "x")
    monkeypatch.setenv("HOME", "/nowhere")
    monkeypatch.setenv("LANG", "C.UTF-8")
    environment = child_environment(3)
    assert "A_SECRET" not in environment
    assert "HOME" not in environment
    assert environment["LANG"] == "C.UTF-8"
    assert environment["OMP_NUM_THREADS"] == "3"
    assert environment["CUDA_VISIBLE_DEVICES"] == ""


def test_the_result_says_whether_the_network_was_cut(small_gguf: Path, log: Path) -> None:
    network = llama_cpp.load(small_gguf, log=log)["network"]
    assert network == "cut" or network.startswith("open: ")


def test_where_it_is_cut_there_is_no_way_out() -> None:
    code = (
        "import socket\n"
        "from shipworthy.pipeline.child_limits import cut_network\n"
        "state = cut_network()\n"
        "reached = []\n"
        "try:\n"
        "    socket.create_connection(('192.0.2.1', 9), timeout=0.2)\n"
        "except OSError as error:\n"
        "    reached.append(error.errno)\n"
        "print(state, [name for _, name in socket.if_nameindex()], reached)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], env=child_environment(1), capture_output=True, text=True, check=True
    )
    if result.stdout.startswith("cut"):
        assert result.stdout.strip() == "cut ['lo'] [101]"  # ENETUNREACH, and no interface but the local one
    else:
        assert result.stdout.startswith("open: ")


def test_no_file_can_be_written_under_the_limits(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from shipworthy.pipeline.child_limits import Limits, restrict\n"
        "restrict(Limits(), 1)\n"
        "with open(sys.argv[1], 'w') as stream:\n"
        "    stream.write('x')\n"
    )
    argv = [sys.executable, "-c", code, str(tmp_path / "file")]
    result = subprocess.run(argv, env=child_environment(1), capture_output=True, text=True, check=False)
    assert result.returncode != 0
    assert (tmp_path / "file").read_bytes() == b""


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"loading /home/me/model.gguf ok", b"loading model.gguf ok"),
        (b'File "/usr/lib/python3/x.py", line 3', b'File "x.py", line 3'),
        (b"5.2 tokens/s and/or 3/4 of it", b"5.2 tokens/s and/or 3/4 of it"),
        (b"see https://example.org/a/b", b"see https://example.org/a/b"),
        (b"(/opt/x/y/z.so)", b"(z.so)"),
    ],
)
def test_directories_leave_the_log(line: bytes, expected: bytes) -> None:
    assert redact(line) == expected
