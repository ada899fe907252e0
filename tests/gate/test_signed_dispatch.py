"""`shipworthy dispatch --key`: the bundle is signed, and no process of a gate ever had the key."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from shipworthy.errors import FileError
from shipworthy.evidence import list_bundles, read_bundle
from shipworthy.evidence.binding import envelopes
from shipworthy.evidence.bundle import read_whole
from shipworthy.evidence.dsse import verify_signature
from shipworthy.evidence.keys import generate_key, read_public_key
from trial_workspace import Workspace

NO_KEY = {"SHIPWORTHY_KEY_FILE": ""}


@pytest.fixture
def key(tmp_path: Path) -> Path:
    generate_key(tmp_path / "keys of mine.key")
    return tmp_path / "keys of mine.key"


def seen(process: psutil.Process) -> tuple[str, str, str]:
    """What a process was started with, and every file that it holds open."""
    folder = Path(f"/proc/{process.pid}/fd")
    held = []
    for descriptor in folder.iterdir():
        try:
            held.append(os.readlink(descriptor))
        except OSError:
            continue
    return " ".join(process.cmdline()), str(process.environ()), " ".join(held)


@pytest.mark.slow
def test_no_process_of_a_gate_sees_the_key(quick: Workspace, fixture_llama: Path, key: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    child = subprocess.Popen(
        [sys.executable, "-m", "shipworthy.cli", "dispatch", str(fixture_llama), "--release", "fixture"],
        cwd=quick.root,
        env={**environment, "SHIPWORTHY_KEY_FILE": str(key)},
        stdout=subprocess.DEVNULL,
    )
    found: dict[int, set[tuple[str, str, str]]] = {}
    root = psutil.Process(child.pid)
    while child.poll() is None:
        for process in root.children(recursive=True):
            try:
                found.setdefault(process.pid, set()).add(seen(process))
            except (psutil.Error, OSError):
                continue
        time.sleep(0.01)
    assert child.returncode == 0
    texts = [text for looks in found.values() for look in looks for text in look]
    # pytest itself, and the workers in which measure runs.
    assert any("shipworthy.gate.plugin" in text for text in texts)
    assert any("shipworthy.gate.worker" in text for text in texts)
    assert not [text for text in texts if key.name in text or "SHIPWORTHY_KEY" in text]
    (path,) = list_bundles(quick.evidence)
    bundle, files = read_whole(path)
    for envelope in envelopes(path, bundle.statement, files):
        verify_signature(envelope, read_public_key(Path(f"{key}.pub")))


def test_a_refused_subject_leaves_a_signed_bundle_too(quick: Workspace, key: Path) -> None:
    (quick.root / "cut.apr").write_bytes(b"APR\0")
    done = quick.dispatch("cut.apr", "--key", key)
    assert done.code == 4
    assert done.bundle.predicate["signature"].startswith("ed25519:")
    assert done.bundle.refused


def test_what_is_no_key_is_said_before_anything_runs(
    quick: Workspace, fixture_llama: Path, key: Path
) -> None:
    for arguments, environment in (
        (("--key", f"{key}.pub"), NO_KEY),
        (("--key", "absent.key"), NO_KEY),
        ((), {"SHIPWORTHY_KEY_FILE": "absent.key"}),
    ):
        done = quick.dispatch(fixture_llama, *arguments, environment=environment)
        assert (done.code, done.bundles) == (4, [])
        assert "bad-key" in done.stderr or "key-readable-by-others" in done.stderr


def test_keygen_writes_once(quick: Workspace) -> None:
    first = quick.shipworthy("keygen", "release.key")
    assert first.returncode == 0
    assert "wrote release.key (keep it secret) and release.key.pub: key " in first.stdout
    again = quick.shipworthy("keygen", "release.key")
    assert (again.returncode, again.stdout) == (2, "")
    assert "release.key: is there already [key-exists]" in again.stderr


def test_a_signed_bundle_is_not_read_with_one_byte_changed(quick: Workspace, key: Path) -> None:
    (quick.root / "cut.apr").write_bytes(b"APR\0")
    path = quick.dispatch("cut.apr", "--key", key).bundle.path
    with (path / "vsa.dsse.json").open("ab") as stream:
        stream.write(b"\n")
    with pytest.raises(FileError, match="digest-differs"):
        read_bundle(path)
