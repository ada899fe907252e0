"""Where initial weights come from: the default base model, a local file, or a hub that the user names."""

from __future__ import annotations

import re
from pathlib import Path

from ..digest_cache import cache_directory
from ..errors import UsageError
from .base_model import base_model_path

DEFAULT = "smollm2-135m-instruct"

_HUB = re.compile(r"hf://(?P<repository>[\w.-]+/[\w.-]+)@(?P<revision>[0-9a-f]{40})")
_HUB_FILES = ["*.json", "*.safetensors", "*.jinja", "merges.txt", "vocab.txt", "LICENSE*"]
_FORMS = f"{DEFAULT}, a .gguf or .apr file, a Hugging Face directory, or hf://owner/name@<40-hex revision>"


def resolve_initial_weights(source: str) -> Path:
    """The local path of a checkpoint for `open_checkpoint`, fetched first where the source is remote.

    Raises UsageError `unknown-initial-weights` for what is none of the known forms, and FileError where
    fetching fails.
    """
    if source == DEFAULT:
        return base_model_path()
    if source.startswith("hf://"):
        return _from_hub(source)
    path = Path(source).expanduser()
    if path.exists():
        return path
    raise UsageError(
        "unknown-initial-weights", f"there are no initial weights {source!r}", fix=f"give {_FORMS}"
    )


def _from_hub(source: str) -> Path:
    match = _HUB.fullmatch(source)
    if match is None:
        raise UsageError(
            "unpinned-hub-source",
            f"{source!r} does not fix a revision",
            fix="write hf://owner/name@<40-hex revision>",
        )
    try:
        from huggingface_hub import snapshot_download
    except ModuleNotFoundError as error:
        raise UsageError(
            "hub-not-installed", f"{source!r} needs huggingface_hub", fix="pip install 'shipworthy[hub]'"
        ) from error
    try:
        folder = snapshot_download(
            match["repository"],
            revision=match["revision"],
            allow_patterns=_HUB_FILES,
            local_dir=cache_directory() / "hub" / match["repository"].replace("/", "--") / match["revision"],
        )
    except Exception as error:  # the hub client raises many kinds; each means that nothing came
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise UsageError(
            "hub-unavailable",
            f"{source!r} could not be fetched: {reason}",
            fix="check the name and the network",
        ) from error
    return Path(folder)
