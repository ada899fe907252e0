"""Verifying the committed bundle: in a warm process beside hashing it, and as a verb beside Python itself."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path
from typing import Any

from shipworthy.evidence.bundle import check_whole, read_whole
from shipworthy.evidence.verify import verify_bundle
from shipworthy.evidence.verify.run import verify_files

BUNDLE = next((Path(__file__).parents[1] / "evidence" / "reference").glob("2*"))


def test_derive_everything_again(side_by_side: Any) -> None:
    """Of files that are read and hashed already: parse, derive, judge, compare."""
    _, files = read_whole(BUNDLE)
    side_by_side("derive", "ours", lambda: verify_files(check_whole(BUNDLE, files), files), rounds=20)


def test_parse_its_json(side_by_side: Any) -> None:
    """The peer: json.loads of the same measurements, with nothing checked."""
    import json

    _, files = read_whole(BUNDLE)
    texts = [data for name, data in files.items() if name.endswith(".json")]
    side_by_side("derive", "peer", lambda: [json.loads(text) for text in texts], rounds=20)


def test_verify(side_by_side: Any) -> None:
    side_by_side("verify", "ours", lambda: verify_bundle(BUNDLE), rounds=20)


def test_hash_its_files(side_by_side: Any) -> None:
    paths = [path for path in BUNDLE.rglob("*") if path.is_file()]
    side_by_side(
        "verify", "peer", lambda: [hashlib.sha256(path.read_bytes()).digest() for path in paths], rounds=20
    )


def test_the_verb(side_by_side: Any) -> None:
    argv = [sys.executable, "-m", "shipworthy.cli", "verify", str(BUNDLE), "--historical"]
    side_by_side(
        "verb", "ours", lambda: subprocess.run(argv, check=True, stdout=subprocess.DEVNULL), rounds=5
    )


def test_python_itself(side_by_side: Any) -> None:
    argv = [sys.executable, "-c", "import typer, jsonschema, yaml"]
    side_by_side("verb", "peer", lambda: subprocess.run(argv, check=True), rounds=5)
