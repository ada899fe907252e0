"""All attacks, by format and name."""

from __future__ import annotations

from apr_attacks import APR_ATTACKS
from attack import Attack
from directory_attacks import DIRECTORY_ATTACKS
from gguf_attacks import GGUF_ATTACKS
from stranger_attacks import STRANGER_ATTACKS

CORPUS: dict[str, Attack] = {
    f"{format}: {name}": attack
    for format, attacks in {
        "apr": APR_ATTACKS,
        "gguf": GGUF_ATTACKS,
        "directory": DIRECTORY_ATTACKS,
        "stranger": STRANGER_ATTACKS,
    }.items()
    for name, attack in attacks.items()
}
