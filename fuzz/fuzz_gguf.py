"""Coverage-guided fuzzing of the GGUF reader: `make fuzz`, or `python fuzz/fuzz_gguf.py INPUT` for one."""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["shipworthy.checkpoint", "shipworthy.architecture"]):
    from usable import tried

    from shipworthy.checkpoint.open import open_bytes


def one_input(data: bytes) -> None:
    """Raises only where there is a bug."""
    tried(lambda: open_bytes(data), data)


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
