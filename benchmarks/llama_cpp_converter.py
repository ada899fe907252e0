"""llama.cpp's own converter of Hugging Face directories, out of the source package of llama-cpp-python."""

from __future__ import annotations

import tarfile
import tempfile
from pathlib import Path

from filelock import FileLock

from shipworthy.atomic import write_bytes
from shipworthy.digest_cache import cache_directory
from upstream_vocabularies import SDIST_SHA256, download_source

SCRIPT = "convert_hf_to_gguf.py"
_PARTS = (SCRIPT, "conversion", "gguf-py")


def converter() -> Path:
    """The script, beside the packages that it imports; fetched and unpacked first where it is not there."""
    directory = cache_directory() / "llama-cpp-converter" / SDIST_SHA256[:12]
    directory.mkdir(parents=True, exist_ok=True)
    with FileLock(directory / ".lock"):
        if not (directory / "complete").exists():
            with tempfile.TemporaryDirectory(dir=directory, prefix=".fetch-") as scratch:
                _unpack(download_source(Path(scratch)), directory)
            write_bytes(directory / "complete", b"")
    return directory / SCRIPT


def _unpack(archive: Path, directory: Path) -> None:
    with tarfile.open(archive) as package:
        for member in package:
            parts = Path(member.name).parts
            if parts[1:3] == ("vendor", "llama.cpp") and len(parts) > 3 and parts[3] in _PARTS:
                stream = package.extractfile(member) if member.isfile() else None
                if stream is not None:
                    write_bytes(directory.joinpath(*parts[3:]), stream.read())
