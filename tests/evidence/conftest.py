"""A small bundle of a dispatch, and the predicate it states."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from shipworthy.evidence import json_bytes, make_statement, write_bundle

DIGEST = "0f3a9c0d1e2f" + "0" * 52


@pytest.fixture
def predicate() -> dict[str, Any]:
    return {
        "signature": "none",
        "started": "2026-05-15T21:44:35+00:00",
        "subject": {"name": "model.apr", "sha256": DIGEST},
        "refused": {"code": "truncated", "message": "the file ends at byte 7", "offset": 7},
        "criteria": [],
    }


@pytest.fixture
def files(predicate: dict[str, Any]) -> dict[str, bytes]:
    return {
        "statement.json": json_bytes(make_statement("model.apr", DIGEST, predicate)),
        "measurements/FALSIFY-1.json": b"{}\n",
        "logs/empty.log": b"",
        "contracts/proofs/C-1.json": b'{"deep": true}\n',
    }


@pytest.fixture
def bundle(tmp_path: Path, files: dict[str, bytes]) -> Path:
    return write_bundle(tmp_path / "evidence", f"20260515T214435Z-{DIGEST[:12]}", files)
