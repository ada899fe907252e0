"""llama.cpp's own vocabularies and goldens, out of the source package that llama-cpp-python is built from.

They are real tokenizers made by others: `ggml-vocab-NAME.gguf` with texts (`.inp`) and token ids (`.out`).
pip fetches the package (its build already put it in pip's cache), the files are kept beside the base model.
"""

from __future__ import annotations

import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from filelock import FileLock

from shipworthy.atomic import write_bytes
from shipworthy.canonical import sha256_file
from shipworthy.digest_cache import cache_directory

REQUIREMENT = "llama-cpp-python==0.3.36"
SDIST_SHA256 = "832db0699007f1be95a7e41ef12e88926b02ba836461e36a36372db2760c1a2e"
NAMES = (
    "command-r",
    "deepseek-coder",
    "deepseek-llm",
    "falcon",
    "gpt-2",
    "llama-bpe",
    "mpt",
    "qwen2",
    "qwen35",
    "refact",
    "starcoder",
)
SEPARATOR = "\n__ggml_vocab_test__\n"
CONVERTER = "base.py"
"""The module of llama.cpp's converter that recognizes pre-tokenizers by the hash of what they encode."""


def upstream_vocabularies() -> Path:
    """The directory with the files of every name, fetched and unpacked first where it is not there."""
    directory = cache_directory() / "llama-cpp-vocabularies" / SDIST_SHA256[:12]
    directory.mkdir(parents=True, exist_ok=True)
    with FileLock(directory / ".lock"):
        if not (directory / "complete").exists():
            with tempfile.TemporaryDirectory(dir=directory, prefix=".fetch-") as scratch:
                _unpack(download_source(Path(scratch)), directory)
            write_bytes(directory / "complete", b"")
    return directory


def download_source(scratch: Path) -> Path:
    """The source package, fetched by pip into `scratch`, its digest checked."""
    argv = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--disable-pip-version-check"]
    argv += ["--no-deps", "--no-binary", "llama-cpp-python", "--dest", str(scratch), REQUIREMENT]
    subprocess.run(argv, check=True, timeout=600)
    (archive,) = scratch.glob("*.tar.gz")
    assert sha256_file(archive) == SDIST_SHA256, f"{archive.name} is not the package that was pinned"
    return archive


def _unpack(archive: Path, directory: Path) -> None:
    wanted = {f"ggml-vocab-{name}.gguf{suffix}" for name in NAMES for suffix in ("", ".inp", ".out")}
    with tarfile.open(archive) as package:
        for member in package:
            path = Path(member.name)
            vocabulary = path.parent.name == "models" and path.name in wanted
            if vocabulary or path.parts[-2:] == ("conversion", CONVERTER):
                stream = package.extractfile(member)
                assert stream is not None
                write_bytes(directory / path.name, stream.read())
