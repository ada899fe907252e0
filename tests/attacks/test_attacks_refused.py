"""Each attack is refused by its own name, at its byte, and by nothing before it is due."""

from __future__ import annotations

from pathlib import Path

import pytest
from attack import Attack
from corpus import CORPUS

from shipworthy.checkpoint import open_checkpoint
from shipworthy.errors import FileError


def refusal(attack: Attack, folder: Path) -> FileError:
    """What the stage that is to refuse raises; the stages before it raise nothing."""
    path = attack.make(folder)
    with pytest.raises(FileError) as raised:  # noqa: PT012
        checkpoint = open_checkpoint(path)
        with checkpoint:
            assert attack.at != "open", "it was opened"
            if attack.at == "verify":
                checkpoint.verify()
            checkpoint.verify()
            if attack.at == "tokenizer":
                checkpoint.tokenizer()
            if attack.at == "config":
                checkpoint.config()
    return raised.value


@pytest.mark.parametrize("name", CORPUS)
def test_an_attack_is_refused_by_name_and_place(name: str, tmp_path: Path) -> None:
    attack = CORPUS[name]
    error = refusal(attack, tmp_path)
    assert (error.code, error.offset) == (attack.code, attack.offset), str(error)
    assert error.message
    assert len(str(error)) < 1_000 + len(str(tmp_path))


def test_there_are_as_many_attacks_as_are_promised() -> None:
    counts = {name.partition(":")[0]: 0 for name in CORPUS}
    for name in CORPUS:
        counts[name.partition(":")[0]] += 1
    assert counts["apr"] >= 50
    assert counts["gguf"] >= 50
    assert counts["directory"] >= 30
