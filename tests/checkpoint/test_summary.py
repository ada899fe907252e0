"""The summary is strict JSON, complete without reading values, and honest about what it did not do."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shipworthy.architecture import ArchitectureConfig
from shipworthy.checkpoint import Checkpoint, open_checkpoint, summarize
from shipworthy.errors import FileError


def test_a_good_checkpoint(
    weights: dict[str, np.ndarray], config: ArchitectureConfig, save: Callable[..., Path]
) -> None:
    path = save(weights, {**config.to_metadata(), "license": "MIT"})
    with open_checkpoint(path) as checkpoint:
        summary = summarize(checkpoint)
        assert json.loads(json.dumps(summary, allow_nan=False)) == summary
        assert summary["name"] == "model.apr"
        assert summary["format"] == "apr"
        assert summary["size"] == path.stat().st_size
        assert summary["digest"] == "not computed"
        assert summary["content_verified"] is False
        assert summary["parameters"] == config.param_count()
        assert summary["architecture"]["hidden_size"] == 16
        assert summary["metadata"]["license"] == "MIT"
        assert summary["tokenizer"] is None
        assert summary["tensor_count"] == len(weights)
        first = {"name": "model.embed_tokens.weight", "dtype": "F32", "shape": [32, 16], "bytes": 2048}
        assert summary["tensors"][0] == first
        for finding in ("missing", "stated_twice", "implausible", "disagreements", "unsupported"):
            assert summary[finding] == []
        asked = summarize(checkpoint, verify=True, digest=True)
        assert asked["content_verified"] is True
        assert asked["digest"] == checkpoint.digest()


def test_metadata_that_lies_is_reported_and_not_raised(
    weights: dict[str, np.ndarray], config: ArchitectureConfig, save: Callable[..., Path]
) -> None:
    metadata = {**config.to_metadata(), "hidden_size": None, "num_layers": 3, "rope_theta": 0.5, "n_heads": 4}
    with open_checkpoint(save(weights, metadata)) as checkpoint:
        summary = summarize(checkpoint)
    assert summary["missing"] == ["hidden_size"]
    assert summary["stated_twice"] == ["num_heads"]
    assert summary["implausible"] == ["rope_theta is 0.5, outside 1..1e+08"]
    assert summary["disagreements"] == [
        "num_layers is 3, but the tensors have 2 highest layer index + 1",
    ]


@pytest.mark.parametrize("value", ["16", -1, 0, [], {}, True, 1e300, 2**64 - 1])
def test_no_metadata_value_breaks_it(
    value: Any, weights: dict[str, np.ndarray], config: ArchitectureConfig, save: Callable[..., Path]
) -> None:
    for field in config.to_metadata():
        with open_checkpoint(
            save(weights, {**config.to_metadata(), field: value, "head_dim": None})
        ) as checkpoint:
            json.dumps(summarize(checkpoint), allow_nan=False)


def test_broken_content_is_refused_when_verification_is_asked(
    weights: dict[str, np.ndarray], save: Callable[..., Path]
) -> None:
    path = save(weights, {})
    data = bytearray(path.read_bytes())
    data[-100] ^= 1
    path.write_bytes(data)
    with open_checkpoint(path) as checkpoint:
        summarize(checkpoint)
        with pytest.raises(FileError, match="CRC-32"):
            summarize(checkpoint, verify=True)


def test_the_base_model(opened_base_model: Checkpoint) -> None:
    summary = summarize(opened_base_model)
    json.dumps(summary, allow_nan=False)
    assert summary["parameters"] == 134_515_008
    assert summary["tokenizer"]["size"] == 49_152
    assert summary["tokenizer"]["pre"] == "smollm"
    for finding in ("missing", "implausible", "disagreements", "unsupported"):
        assert summary[finding] == []


def test_inspecting_an_apr_imports_nothing_heavy(
    weights: dict[str, np.ndarray], config: ArchitectureConfig, save: Callable[..., Path]
) -> None:
    program = (
        "import sys, pathlib\n"
        "from shipworthy.checkpoint import open_checkpoint, summarize\n"
        "summarize(open_checkpoint(pathlib.Path(sys.argv[1])), verify=True, digest=True)\n"
        "heavy = {'torch', 'numpy', 'gguf', 'tokenizers', 'transformers', 'safetensors', 'llama_cpp'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    path = save(weights, config.to_metadata())
    command = [sys.executable, "-c", program, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_inspecting_a_gguf_imports_no_torch(base_model: Path) -> None:
    program = (
        "import sys, pathlib\n"
        "from shipworthy.checkpoint import open_checkpoint, summarize\n"
        "summarize(open_checkpoint(pathlib.Path(sys.argv[1])))\n"
        "print(sorted({'torch', 'tokenizers', 'transformers', 'llama_cpp'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", program, str(base_model)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
