"""Which files of a Hugging Face directory count, where their links may lead, and the directory's digest."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from ..canonical import sha256_file, sha256_json
from ..errors import FileError

DIGESTED = (
    *("config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json"),
    *("special_tokens_map.json", "added_tokens.json", "vocab.json", "merges.txt", "tokenizer.model"),
    *("chat_template.jinja", "chat_template.json", "model.safetensors.index.json"),
    *("README.md", "LICENSE"),
)
"""What a directory's digest covers beside the weights; whatever else lies there does not count."""

_PICKLES = (".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt")
_SINGLE, _INDEX = "model.safetensors", "model.safetensors.index.json"


@contextmanager
def refusing_unreadable(path: Path) -> Iterator[None]:
    """Within the block an operating system's refusal becomes FileError `unreadable`, naming `path`."""
    try:
        yield
    except OSError as error:
        reason = os.strerror(error.errno or errno.EIO)
        message = f"the file cannot be read: {reason}"
        raise FileError("unreadable", message, path=path, fix="make it readable") from error


def member(root: Path, name: str) -> Path | None:
    """The path of a file of the directory, or None where there is none.

    Raises FileError unreadable, broken-link; not-a-file for a folder, a pipe or a device;
    link-leaves-directory, unless a link stays inside the hub cache that the directory belongs to
    (`models--*/snapshots/REVISION` beside `models--*/blobs`).
    """
    with refusing_unreadable(root / name):
        return _member(root, root / name)


def _member(root: Path, path: Path) -> Path | None:
    if not path.exists():
        if path.is_symlink():
            raise FileError(
                "broken-link", f"the link leads to {path.readlink()}, which is not there", path=path
            )
        return None
    target, home = path.resolve(), root.resolve()
    allowed = [home]
    if home.parent.name == "snapshots":
        allowed.append(home.parent.parent / "blobs")
    if not any(target.is_relative_to(place) for place in allowed):
        message = f"this leads to {target.name} outside of the checkpoint's directory"
        raise FileError("link-leaves-directory", message, path=path, fix="put the file itself there")
    if not path.is_file():
        raise FileError("not-a-file", "this is not a regular file", path=path)
    return path


def weights_layout(root: Path) -> str:
    """The file to start from: model.safetensors or model.safetensors.index.json.

    Raises FileError: pickle where the only weights are pickles, no-weights, two-weight-sets.
    """
    present = [name for name in (_SINGLE, _INDEX) if member(root, name) is not None]
    if len(present) == 2:
        message = f"the directory has both {_SINGLE} and {_INDEX}"
        raise FileError("two-weight-sets", message, path=root, fix="delete the one that is not meant")
    if present:
        return present[0]
    with refusing_unreadable(root):
        names = sorted(path.name for path in root.iterdir())
    pickles = [name for name in names if name.lower().endswith(_PICKLES)]
    if pickles:
        message = f"{pickles[0]} is a pickle, which can run code when loaded; no safetensors lie beside it"
        raise FileError("pickle", message, path=root, fix="convert it to safetensors where you trust it")
    files = [name for name in names if name.endswith((".apr", ".gguf"))]
    fix = f"give {files[0]} itself" if files else "give a directory as save_pretrained writes it"
    raise FileError("no-weights", f"there is neither {_SINGLE} nor {_INDEX}", path=root, fix=fix)


def small_files(root: Path) -> dict[str, tuple[int, int, int]]:
    """Inode, size and time of modification, in nanoseconds, of the files of DIGESTED that are there."""
    found = {}
    for name in DIGESTED:
        # What cannot be reached, or may not be, is told where it is asked for.
        with suppress(OSError):
            status = os.stat(root / name)
            found[name] = (status.st_ino, status.st_size, status.st_mtime_ns)
    return found


def directory_digest(root: Path, weights: Mapping[str, tuple[int, Callable[[], str]]]) -> str:
    """SHA-256 over canonical JSON of the sorted [{path, size, sha256}] of DIGESTED and the weights.

    `weights` gives, by file name, the size in bytes and how to get the SHA-256. Raises what member raises.
    """
    listing = []
    for name in DIGESTED:
        path = member(root, name)
        if path is not None:
            with refusing_unreadable(path):
                listing.append({"path": name, "size": path.stat().st_size, "sha256": sha256_file(path)})
    listing += [{"path": name, "size": size, "sha256": sha256()} for name, (size, sha256) in weights.items()]
    return sha256_json(sorted(listing, key=lambda entry: str(entry["path"])))
