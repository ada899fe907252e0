"""The GGUF that attacks start from is good, each cut of it is refused, and bulk costs what it weighs."""

from __future__ import annotations

import time
import tracemalloc

import pytest
from gguf_attacks import BULKY, GOOD, B, bulky

from shipworthy.checkpoint.open import open_bytes
from shipworthy.errors import FileError


def test_the_file_that_the_attacks_start_from_is_good() -> None:
    with open_bytes(GOOD.build()) as checkpoint:
        checkpoint.verify()
        assert checkpoint.tensors["a.weight"].shape == (2, 3)
        assert checkpoint.read("b.weight").tolist() == [value / 2 for value in range(-16, 16)]


def test_every_truncation_is_refused() -> None:
    # The last tensor's padding may be missing: writers differ.
    whole = len(GOOD.build()) - (-len(B.data) % 32)
    for length in range(1, whole):
        with pytest.raises(FileError):
            open_bytes(GOOD.build()[:length])
    open_bytes(GOOD.build()[:whole]).close()


@pytest.mark.parametrize("name", BULKY)
def test_work_and_memory_stay_in_proportion_to_the_file(name: str) -> None:
    data = bulky(name)
    tracemalloc.start()
    start = time.process_time()
    with open_bytes(data) as checkpoint:
        for key in checkpoint.native_metadata:
            checkpoint.native_metadata[key]
    seconds = time.process_time() - start
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert seconds < 5
    assert peak < 2 * len(data) + (32 << 20)
