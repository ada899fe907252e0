"""How fast a device's memory is read: the roof under which decoding at batch 1 lies."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

READ_BYTES = 1 << 29
_ROUNDS = 5


def read_bandwidth(device: Mapping[str, Any], threads: int) -> float:
    """Bytes a second of the fastest of the reads that `read_seconds` times."""
    return READ_BYTES / min(read_seconds(device, threads))


def read_seconds(device: Mapping[str, Any], threads: int) -> list[float]:
    """Seconds of each of five reads of READ_BYTES, 512 MiB, as a sum, by `threads` threads or the GPU."""
    if device["type"] == "cuda":
        return _cuda(int(device["index"]))
    words = np.ones(READ_BYTES // 8, np.int64)  # touched, so that every page is there
    parts = np.array_split(words, threads)
    with ThreadPoolExecutor(threads) as pool:
        return [_seconds(lambda: list(pool.map(np.sum, parts))) for _ in range(_ROUNDS)]


def _cuda(index: int) -> list[float]:
    import torch

    device = torch.device("cuda", index)
    words = torch.ones(READ_BYTES // 4, device=device, dtype=torch.float32)

    def read() -> None:
        words.sum()
        torch.cuda.synchronize(device)

    read()
    return [_seconds(read) for _ in range(_ROUNDS)]


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
