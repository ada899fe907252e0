"""Coverage-guided fuzzing of the safetensors reader. See fuzz_apr.py for its use.

The stated length of an input's header is made to end at its last brace, but for one in eight.
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["shipworthy.checkpoint", "shipworthy.architecture"]):
    from usable import tried
    from weights_in_memory import open_weights, with_honest_length


def one_input(data: bytes) -> None:
    """Raises only where there is a bug."""
    made = data if len(data) % 8 == 7 else with_honest_length(data)
    tried(lambda: open_weights(made), made)


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
