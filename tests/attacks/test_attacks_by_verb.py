"""Each attack against `validate` and `dispatch`: exit 4, one line that names it, cheap, nothing heavy."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from corpus import CORPUS

ROOT = Path(__file__).parents[2]
SECONDS, BYTES = 1.0, 200_000_000
START = 0.3
"""CPU seconds that starting Python and importing the command line may take, which forked children save."""
TRIES = 5
"""A busy machine makes a child look slower, never faster: the best of a few tries counts."""
TABLES = {"gguf", "numpy"}
"""What opening a GGUF imports: the tables of its dtypes are the `gguf` package's."""
VALUES = {"gguf", "numpy"}
"""What `validate` imports where it refuses after it has read the values."""
ONE_OF_EACH = [
    "apr: version three",
    "apr: footer wrong",
    "apr: merges that name an unknown token",
    "gguf: arrays 3,000 deep",
    "gguf: merges that name an unknown token",
    "directory: only pytorch_model.bin",
    "directory: cut to 4.5 % of its length",
    "stranger: a zip bomb named .apr",
]


@pytest.fixture(scope="module")
def subjects(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Every attack as a file or a directory."""
    root = tmp_path_factory.mktemp("corpus")
    made = {}
    for index, (name, attack) in enumerate(CORPUS.items()):
        folder = root / str(index)
        folder.mkdir()
        made[name] = attack.make(folder)
    return made


def children(subjects: dict[str, Path], *arguments: str | Path) -> dict[str, dict[str, Any]]:
    """What `children.py` measured of each subject."""
    done = subprocess.run(
        [sys.executable, Path(__file__).with_name("children.py"), *arguments],
        input="".join(json.dumps(str(path)) + "\n" for path in subjects.values()),
        capture_output=True,
        text=True,
        check=True,
        timeout=600,
        cwd=ROOT,
        env={**os.environ, "NO_COLOR": "1"},
    )
    found = [json.loads(line) for line in done.stdout.splitlines()]
    return dict(zip(subjects, found, strict=True))


def tables(name: str) -> set[str]:
    return TABLES if name.startswith("gguf:") else set()


def problems(name: str, found: dict[str, Any], allowed: set[str]) -> list[str]:
    """What is not as it must be of one refusal."""
    lines = found["stderr"].splitlines()
    wrong = []
    if found["status"] != 4:
        wrong.append(f"exit {found['status']}")
    if len(lines) != 1 or f"[{CORPUS[name].code}]" not in found["stderr"] or found["stdout"]:
        wrong.append(f"said {found['stdout']!r}, {found['stderr'][-1000:]!r}")
    if found["peak_bytes"] > BYTES:
        wrong.append(f"took {found['peak_bytes']} bytes")
    if set(found["imported"]) - allowed:
        wrong.append(f"imported {found['imported']}")
    return wrong


@pytest.mark.slow
def test_validate_refuses_every_attack(subjects: dict[str, Path]) -> None:
    found = children(subjects, "each", "validate")
    wrong = {
        name: problems(name, found[name], VALUES if attack.at != "open" else tables(name))
        for name, attack in CORPUS.items()
    }
    assert {name: said for name, said in wrong.items() if said} == {}
    slow = slower(found)
    for _ in range(TRIES - 1):
        slow = slower(children({name: subjects[name] for name in slow}, "each", "validate")) if slow else slow
    assert slow == {}


def slower(found: dict[str, dict[str, Any]]) -> dict[str, float]:
    """CPU seconds of those that took longer than a refusal may."""
    seconds = {name: one["cpu_seconds"] for name, one in found.items()}
    return {name: taken for name, taken in seconds.items() if taken > SECONDS - START}


@pytest.mark.slow
def test_dispatch_refuses_every_attack(subjects: dict[str, Path]) -> None:
    # Each refusal is a bundle that is flushed to its disk; memory spares a busy one hundreds of that.
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if memory.is_dir() else None) as evidence:
        found = children(subjects, "all", "dispatch", "--evidence", evidence)
        slow = slower(found)
        for _ in range(TRIES - 1):
            again = {name: subjects[name] for name in slow}
            slow = slower(children(again, "all", "dispatch", "--evidence", evidence)) if slow else slow
    wrong = {name: problems(name, found[name], TABLES) for name in CORPUS}
    assert {name: said for name, said in wrong.items() if said} == {}
    assert slow == {}


@pytest.mark.parametrize("verb", ["validate", "dispatch"])
@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_one_of_each_kind_in_a_fresh_process(
    verb: str, name: str, subjects: dict[str, Path], tmp_path: Path
) -> None:
    argv = [sys.executable, "-m", "shipworthy.cli", verb, str(subjects[name])]
    argv += ["--evidence", str(tmp_path)] if verb == "dispatch" else []
    for _ in range(TRIES):
        with subprocess.Popen(argv, stderr=subprocess.PIPE, text=True, cwd=ROOT) as child:
            assert child.stderr is not None
            said = child.stderr.read()
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
        assert (child.returncode, said.count("\n")) == (4, 1)
        assert f"[{CORPUS[name].code}]" in said
        if verb == "dispatch" or usage.ru_utime + usage.ru_stime < SECONDS:
            return
    pytest.fail(f"{name}: {verb} took more than {SECONDS} s of CPU, {TRIES} times")
