"""Benchmarks: the same work beside a peer, in one run. `make bench` keeps the JSON in .benchmarks/.

A benchmark is in a group and says whether it is `ours` or the `peer`; the ratio peer/ours of the medians is
printed with the range that the quartiles of both admit.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from shipworthy.checkpoint import TensorSource, open_checkpoint, write_apr
from shipworthy.pipeline.base_model import base_model_path

_RESULTS: dict[str, dict[str, Any]] = defaultdict(dict)


@pytest.fixture(scope="session")
def base_gguf() -> Path:
    """The base model as it is fetched: a GGUF with a vocabulary of 49,152 tokens."""
    return base_model_path()


@pytest.fixture(scope="session")
def base_apr(base_gguf: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The base model as an F32 `.apr` of 540 MB."""
    path = tmp_path_factory.mktemp("base") / "base.apr"
    with open_checkpoint(base_gguf) as source:
        config = source.config()
        tensors = {
            name: TensorSource("F32", entry.shape, lambda name=name: source.read(name))
            for name, entry in source.tensors.items()
        }
        metadata = {**config.to_metadata(), "license": "apache-2.0"}
        write_apr(path, metadata=metadata, tensors=tensors, tokenizer=source.tokenizer())
    return path


@pytest.fixture
def side_by_side(benchmark: Any, request: pytest.FixtureRequest) -> Any:
    """Benchmark a function as one side (`ours` or `peer`) of a group."""

    def run(group: str, side: str, function: Any, *, rounds: int, warmup_rounds: int = 1) -> Any:
        benchmark.group = group
        benchmark.extra_info["side"] = side
        result = benchmark.pedantic(function, rounds=rounds, warmup_rounds=warmup_rounds)
        _RESULTS[group][side] = benchmark.stats.stats
        return result

    return run


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """The ratios, with the range that the quartiles admit."""
    for group, sides in _RESULTS.items():
        if set(sides) != {"ours", "peer"}:
            continue
        ours, peer = sides["ours"], sides["peer"]
        terminalreporter.write_line(
            f"{group}: peer/ours {peer.median / ours.median:.2f} "
            f"({peer.q1 / ours.q3:.2f}..{peer.q3 / ours.q1:.2f}), "
            f"ours {ours.median:.4g} s, peer {peer.median:.4g} s"
        )
