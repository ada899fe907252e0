"""The text that is trained on: its files with their digests, and which of them are held out.

The split is by module, the first part of a file's path, so that no module is on both sides; a module's
side follows from the hash of its name alone, so it is the same on every machine and after every update.
"""

from __future__ import annotations

import hashlib
import platform
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ..canonical import sha256_bytes, sha256_json
from ..errors import FileError, UsageError
from .recipe import DataSpec, public_source

Split = Literal["training", "held_out"]

PYTHON_STDLIB = "python-stdlib"
TEXT_SUFFIXES = (".py", ".txt", ".md", ".rst")
"""Files that are read of a directory that the user names."""

_LEFT_OUT = {
    "site-packages", "dist-packages", "lib-dynload", "__pycache__",  # not the library's own source
    "test", "tests", "idle_test",
    "encodings", "pydoc_data",  # generated tables
}  # fmt: skip


@dataclass(frozen=True)
class Corpus:
    """Files under `root` and the manifest that fixes them; the manifest names no place of this machine."""

    root: Path
    manifest: dict[str, Any]

    @property
    def digest(self) -> str:
        """SHA-256 of the manifest's canonical form."""
        return sha256_json(self.manifest)

    @property
    def license(self) -> str:
        """Licence of the text."""
        return str(self.manifest["license"])

    def texts(self, split: Split) -> list[str]:
        """The texts of one side in the manifest's order; FileError where a file is no longer what it was."""
        texts = []
        for entry in self.manifest["files"]:
            if entry["split"] == split:
                path = self.root / entry["path"]
                data = _read(path)
                if sha256_bytes(data) != entry["sha256"]:
                    raise FileError("corpus-changed", "changed while it was read", path=path, fix="run again")
                texts.append(data.decode("utf-8"))
        return texts


def open_corpus(spec: DataSpec) -> Corpus:
    """List, split and digest the files of a source: `python-stdlib`, a directory, or one text file.

    Raises UsageError where the source is absent, states no licence or has nothing to read on one side, and
    FileError where a file cannot be read as UTF-8.
    """
    if spec.source == PYTHON_STDLIB:
        root, paths = _stdlib()
        origin = {"python": platform.python_version()}
        license_ = spec.license or "PSF-2.0"
    else:
        root, paths = _local(spec.source)
        origin = {}
        if spec.license is None:
            raise UsageError(
                "corpus-license",
                f"the licence of the corpus {spec.source!r} is not stated",
                fix="write data.license, an SPDX name such as MIT",
            )
        license_ = spec.license
    files = []
    for path in sorted(paths):
        relative = path.relative_to(root).as_posix()
        data = _read(path)
        split = split_of(relative, spec.held_out_fraction)
        files.append({"path": relative, "bytes": len(data), "sha256": sha256_bytes(data), "split": split})
    for split in ("training", "held_out"):
        if not any(entry["split"] == split and entry["bytes"] for entry in files):
            raise UsageError(
                "corpus-one-sided",
                f"of the {len(files)} files of {spec.source!r} none with text is on the {split} side",
                fix="give a corpus of more modules, or change data.held_out_fraction",
            )
    manifest = {
        "schema": 1,
        "source": public_source(spec.source),
        **origin,
        "license": license_,
        "held_out_fraction": spec.held_out_fraction,
        "files": files,
    }
    return Corpus(root, manifest)


def split_of(relative: str, held_out_fraction: float) -> Split:
    """The side of a file, from its module's name: a top-level directory, or a file without its suffix."""
    first = relative.partition("/")[0]
    module = first if "/" in relative else Path(first).stem
    draw = int.from_bytes(hashlib.sha256(module.encode()).digest()[:8]) / 2**64
    return "held_out" if draw < held_out_fraction else "training"


def _stdlib() -> tuple[Path, list[Path]]:
    root = Path(sysconfig.get_path("stdlib"))
    paths = [
        path
        for path in root.rglob("*.py")
        # _sysconfigdata is written when Python is built and holds that machine's paths.
        if not _LEFT_OUT.intersection(path.relative_to(root).parts) and not path.name.startswith("_sysconfig")
    ]
    if not paths:
        raise UsageError(
            "corpus-absent", "this Python comes without its library's source", fix="name a directory of text"
        )
    return root, paths


def _local(source: str) -> tuple[Path, list[Path]]:
    root = Path(source).expanduser()
    if root.is_file():
        return root.parent, [root]
    if not root.is_dir():
        raise UsageError(
            "corpus-absent",
            f"there is no corpus {source!r}",
            fix=f"give {PYTHON_STDLIB}, a directory or a text file",
        )
    paths = [path for path in root.rglob("*") if path.suffix in TEXT_SUFFIXES and path.is_file()]
    if not paths:
        raise UsageError(
            "corpus-absent",
            f"{source!r} holds no {', '.join(TEXT_SUFFIXES)} file",
            fix="give another directory",
        )
    return root, paths


def _read(path: Path) -> bytes:
    try:
        data = path.read_bytes()
        data.decode("utf-8")
    except OSError as error:
        raise FileError("corpus-unreadable", f"cannot be read: {error.strerror}", path=path) from error
    except UnicodeDecodeError as error:
        raise FileError(
            "corpus-not-utf8", "is not UTF-8", path=path, offset=error.start, fix="convert it or leave it out"
        ) from error
    return data
