"""The line of an error stays one that a person reads, whatever the file's names are."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest

from shipworthy.checkpoint import open_checkpoint
from shipworthy.errors import FileError, shortened


def test_a_tensor_of_70_000_letters_is_named_by_its_ends(tmp_path: Path) -> None:
    header = json.dumps({"t" + "x" * 70_000 + "y": {"dtype": "F33", "shape": [1], "data_offsets": [0, 4]}})
    (tmp_path / "config.json").write_text('{"architectures": ["LlamaForCausalLM"]}')
    file = tmp_path / "model.safetensors"
    file.write_bytes(struct.pack("<Q", len(header)) + header.encode() + bytes(4))
    with pytest.raises(FileError) as caught:
        open_checkpoint(tmp_path)
    assert "txxx" in str(caught.value)
    assert "xxxy" in str(caught.value)
    assert "characters]" in str(caught.value)
    assert len(str(caught.value)) < 600


@pytest.mark.parametrize("text", ["", "a b", "x" * 200, f"{'x' * 200} {'y' * 200}"])
def test_what_is_short_stays(text: str) -> None:
    assert shortened(text) == text
