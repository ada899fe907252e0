"""What the fuzzer found to reach new code is tried again with every run of the tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from honest_apr import with_honest_checksums
from usable import tried
from weights_in_memory import open_weights, with_honest_length

from shipworthy.checkpoint import Checkpoint
from shipworthy.checkpoint.open import open_bytes

CORPUS = Path(__file__).parents[2] / "fuzz" / "corpus"
PARSERS: dict[str, tuple[Callable[[bytes], Checkpoint], Callable[[bytes], bytes]]] = {
    "apr": (open_bytes, with_honest_checksums),
    "gguf": (open_bytes, bytes),
    "safetensors": (open_weights, with_honest_length),
}


@pytest.mark.parametrize("parser", PARSERS)
def test_every_input_that_was_kept(parser: str) -> None:
    open_it, made_honest = PARSERS[parser]
    opened = 0
    inputs = [path.read_bytes() for path in (CORPUS / parser).iterdir()]
    for stored in inputs:
        for data in (stored, made_honest(stored)):
            opened += tried(lambda data=data: open_it(data), data, measured=False)  # type: ignore[misc]
    assert 0 < opened < 2 * len(inputs)


def test_the_corpus_stays_small() -> None:
    files = [path for path in CORPUS.rglob("*") if path.is_file()]
    assert len(files) < 1000
    assert sum(path.stat().st_size for path in files) < 1 << 20
