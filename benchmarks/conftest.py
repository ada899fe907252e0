"""Benchmarks: the same work beside a peer, in one run. `make bench` keeps the JSON in .benchmarks/.

A benchmark is in a group and says whether it is `ours` or the `peer`; the ratio peer/ours of the medians is
printed with the range that the quartiles of both admit.
"""

from __future__ import annotations

import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from shipworthy.checkpoint import TensorSource, open_checkpoint, write_apr
from shipworthy.pipeline.base_model import base_model_path

_RESULTS: dict[str, dict[str, Any]] = defaultdict(dict)
_LINES: list[str] = []


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


@pytest.fixture(scope="session")
def base_arrays(base_apr: Path) -> dict[str, np.ndarray]:
    """The weights of the base model, float32, in memory."""
    with open_checkpoint(base_apr) as source:
        return {name: source.read(name) for name in source.tensors}


@pytest.fixture(scope="session")
def bare_apr(base_arrays: dict[str, np.ndarray], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same weights as an `.apr` without metadata or tokenizer."""
    path = tmp_path_factory.mktemp("bare") / "bare.apr"
    tensors = {
        name: TensorSource("F32", array.shape, lambda array=array: array)
        for name, array in base_arrays.items()
    }
    write_apr(path, metadata={}, tensors=tensors, tokenizer=None)
    return path


@pytest.fixture(scope="session")
def bare_safetensors(base_arrays: dict[str, np.ndarray], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same weights as one safetensors file, written by safetensors."""
    path = tmp_path_factory.mktemp("bare") / "bare.safetensors"
    save_file(base_arrays, path)
    return path


@pytest.fixture
def side_by_side(benchmark: Any, request: pytest.FixtureRequest) -> Any:
    """Benchmark a function as one side (`ours` or `peer`) of a group."""

    def run(
        group: str,
        side: str,
        function: Any,
        *,
        rounds: int,
        warmup_rounds: int = 1,
        setup: Any = None,
        nbytes: int | None = None,
    ) -> Any:
        benchmark.group = group
        benchmark.extra_info["side"] = side
        result = benchmark.pedantic(function, setup=setup, rounds=rounds, warmup_rounds=warmup_rounds)
        _RESULTS[group][side] = benchmark.stats.stats
        if nbytes is not None:
            rate = nbytes / benchmark.stats.stats.median / 1e9
            benchmark.extra_info["gigabytes_per_second"] = rate
            _LINES.append(f"{group}, {side}: {rate:.2f} GB/s")
        return result

    return run


@pytest.fixture
def in_turns(benchmark: Any) -> Any:
    """Benchmark two functions in turns, so that what changes on the machine meanwhile touches both alike.

    Each begins every other turn: on a disk the second may write where the first has just been.
    """

    def run(
        group: str,
        ours: Callable[[], Any],
        peer: Callable[[], Any],
        *,
        rounds: int,
        setup: Callable[[], Any] = lambda: None,
        nbytes: int | None = None,
        own_clock: bool = False,
    ) -> None:
        """With `own_clock`, `ours` returns its seconds: a child's start and loading are not in them."""
        taken: dict[str, list[float]] = {"ours": [], "peer": []}
        order = [("ours", ours), ("peer", peer)]

        def turn() -> None:
            order.reverse()
            for side, function in order:
                setup()
                start = perf_counter()
                found = function()
                seconds = perf_counter() - start
                taken[side].append(found if own_clock and side == "ours" else seconds)

        benchmark.group = group
        benchmark.pedantic(turn, rounds=rounds, warmup_rounds=1)
        ratios = [p / o for o, p in zip(taken["ours"][1:], taken["peer"][1:], strict=True)]
        benchmark.extra_info.update(seconds=taken, ratios=ratios)
        low, middle, high = quantiles(ratios, n=4)
        seconds = {side: median(times[1:]) for side, times in taken.items()}
        rate = f", {nbytes / seconds['ours'] / 1e9:.2f} GB/s" if nbytes is not None else ""
        _LINES.append(
            f"{group}: peer/ours {middle:.2f} ({low:.2f}..{high:.2f}) of {rounds} turns, "
            f"ours {seconds['ours']:.4g} s{rate}, peer {seconds['peer']:.4g} s"
        )

    return run


@pytest.fixture
def compare_memory(benchmark: Any) -> Any:
    """Run children and keep the largest memory each had: `compare(group, {"ours": argv, "peer": argv})`."""

    def compare(group: str, argvs: dict[str, list[str]]) -> dict[str, int]:
        benchmark.group = group
        peaks = {side: peak_memory(argv) for side, argv in argvs.items()}
        benchmark.extra_info["peak_bytes"] = peaks
        benchmark.pedantic(lambda: None, rounds=1)
        listed = ", ".join(f"{side} {peak / 1e6:,.0f} MB" for side, peak in peaks.items())
        _LINES.append(f"{group}: {listed}")
        return peaks

    return compare


# The kernel counts what a child was forked from: only a small launcher gives an honest figure.
_LAUNCHER = """
import os, sys
child = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=[
    (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)])
_, status, usage = os.wait4(child, 0)
print(usage.ru_maxrss * 1024)
sys.exit(os.waitstatus_to_exitcode(status))
"""


def peak_memory(argv: list[str]) -> int:
    """The largest resident size of a child in bytes. Pages of files that it mapped are counted."""
    launched = [sys.executable, "-S", "-E", "-c", _LAUNCHER, *argv]
    return int(subprocess.run(launched, check=True, stdout=subprocess.PIPE, text=True).stdout)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """The ratios, with the range that the quartiles admit, and what else was measured."""
    for group, sides in _RESULTS.items():
        if set(sides) == {"ours"}:
            alone = sides["ours"]
            terminalreporter.write_line(f"{group}: {alone.median:.4g} s ({alone.q1:.4g}..{alone.q3:.4g})")
        if set(sides) != {"ours", "peer"}:
            continue
        ours, peer = sides["ours"], sides["peer"]
        terminalreporter.write_line(
            f"{group}: peer/ours {peer.median / ours.median:.2f} "
            f"({peer.q1 / ours.q3:.2f}..{peer.q3 / ours.q1:.2f}), "
            f"ours {ours.median:.4g} s, peer {peer.median:.4g} s"
        )
    for line in _LINES:
        terminalreporter.write_line(line)
