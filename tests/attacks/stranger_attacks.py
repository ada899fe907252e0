"""Subjects that are no checkpoint at all, whatever their name says."""

from __future__ import annotations

import gzip
import io
import os
import pickle
import socket
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

from attack import Attack, Data, file, sparse


def wrong(data: Data, name: str = "model.apr") -> Attack:
    return file(data, "wrong-format", 0, name=name)


def zipped(name: str, data: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return buffer.getvalue()


def made(make: Callable[[Path], object], code: str, offset: int | None = None) -> Attack:
    """`make` is given the path `model.apr` of an empty folder."""

    def build(folder: Path) -> Path:
        make(folder / "model.apr")
        return folder / "model.apr"

    return Attack(build, code, offset)


def listen(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        # A socket's address is at most 107 bytes long, and a test's folder may be deeper.
        here = Path.cwd()
        os.chdir(path.parent)
        try:
            server.bind(path.name)
        finally:
            os.chdir(here)


class RunsCode:
    """Unpickled, it would call os.system."""

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, ("echo a pickle was loaded",)


HTML = b"<!DOCTYPE html>\n<html><head><title>404 Not Found</title></head></html>\n"
LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 538090408\n"
NUMBERS = struct.pack("<Q", 58) + b'{"t":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}' + bytes(8)

STRANGER_ATTACKS: dict[str, Attack] = {
    "an HTML page where a model was asked for": wrong(HTML),
    "a JSON error where a model was asked for": wrong(b'{"error":"Repository not found"}', "model.gguf"),
    "a Git LFS pointer": wrong(LFS),
    "a Git LFS pointer named .gguf": wrong(LFS, "model.gguf"),
    "a zip bomb named .apr": wrong(lambda: zipped("model.apr", bytes(50_000_000))),
    "a gzip bomb named .gguf": wrong(lambda: gzip.compress(bytes(50_000_000), mtime=0), "model.gguf"),
    "a pickle named .apr": wrong(pickle.dumps(RunsCode())),
    "a pickle named .gguf": wrong(pickle.dumps(RunsCode()), "model.gguf"),
    "a pickle named .bin": wrong(pickle.dumps(RunsCode()), "pytorch_model.bin"),
    "a pickle of the first protocol": wrong(pickle.dumps(RunsCode(), protocol=0), "model.pt"),
    "a PyTorch archive named .pt": wrong(zipped("model/data.pkl", pickle.dumps(RunsCode())), "model.pt"),
    "a PyTorch archive named .apr": wrong(zipped("model/data.pkl", pickle.dumps(RunsCode()))),
    "one safetensors file": wrong(NUMBERS, "model.safetensors"),
    "one safetensors file named .apr": wrong(NUMBERS),
    "a GGML file": wrong(b"lmgg" + bytes(100), "model.gguf"),
    "an HDF5 file": wrong(b"\x89HDF\r\n\x1a\n" + bytes(100)),
    "a megabyte of spaces": wrong(b" " * 1_000_000),
    "a line of ten megabytes": wrong(lambda: b"x" * 10_000_000),
    "escapes of a terminal": wrong(b"\x1b]0;gone\x07\x1b[2J" * 4),
    "zeros": wrong(bytes(4096)),
    "a terabyte of zeros": sparse(b"", 1 << 40, "wrong-format", 0, name="model.apr"),
    "empty": file(b"", "empty-file", 0, name="model.apr"),
    "a name with a line break and an escape": file(b"", "empty-file", 0, name="model\n\x1b[2J.apr"),
    "nothing there": made(lambda path: None, "no-such-file"),
    "a name that does not fit a path": Attack(lambda folder: folder / ("x" * 300), "unreadable"),
    "a pipe that nobody writes to": made(os.mkfifo, "not-a-file"),
    "a socket": made(listen, "unreadable"),
    "/dev/zero": Attack(lambda folder: Path("/dev/zero"), "not-a-file"),
    "/dev/null": Attack(lambda folder: Path("/dev/null"), "not-a-file"),
    "a link to /dev/zero": made(lambda path: path.symlink_to("/dev/zero"), "not-a-file"),
    "a link to itself": made(lambda path: path.symlink_to(path.name), "unreadable"),
    "a link to nothing": made(lambda path: path.symlink_to("gone"), "no-such-file"),
    "an empty folder named .apr": made(Path.mkdir, "no-config"),
    "a folder of folders named .gguf": made(
        lambda path: (path / "model.gguf").mkdir(parents=True), "no-config"
    ),
}
"""By what is there under the name of a checkpoint."""
