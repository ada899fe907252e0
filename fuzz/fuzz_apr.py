"""Coverage-guided fuzzing of the `.apr` reader: `make fuzz`, or `python fuzz/fuzz_apr.py INPUT` for one.

The checksums of an input are made honest before it is read, but for one in eight: no mutation would pass
them, and every byte that they protect is tried by tests/attacks/test_hostile_apr.py.
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["shipworthy.checkpoint", "shipworthy.architecture"]):
    from honest_apr import mutated_section, with_honest_checksums
    from usable import tried

    from shipworthy.checkpoint.open import open_bytes


def one_input(data: bytes) -> None:
    """Raises only where there is a bug."""
    made = data if len(data) % 8 == 7 else with_honest_checksums(data)
    tried(lambda: open_bytes(made), made)


def mutate(data: bytes, longest: int, seed: int) -> bytes:
    """Half of the mutations keep the file's sections where the header says they are."""
    if seed % 2:
        return bytes(atheris.Mutate(data, longest))
    return mutated_section(data, longest, seed, atheris.Mutate)


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input, custom_mutator=mutate)
    atheris.Fuzz()
