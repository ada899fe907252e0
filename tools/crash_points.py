"""Kill -9 and a full disk at every system call with which a dispatch writes its evidence, and in recovery.

python tools/crash_points.py DIRECTORY

A library that is preloaded (tools/fault_shim.c, compiled here) counts the calls below one directory and
stops the n-th. After each the directory must hold the old or the new state, and the next dispatch must lose
nothing.
"""

from __future__ import annotations

import argparse
import ctypes
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from small_bundles import bundle_files

from shipworthy.atomic import refusing_unwritable
from shipworthy.canonical import sha256_bytes
from shipworthy.errors import FileError
from shipworthy.evidence import json_bytes, list_bundles, read_bundle
from shipworthy.evidence.ledger import LEDGER, append, examine, record_bundle

MODES = {
    "kill before": 1,
    "kill after": 2,
    "full once": 3,
    "full from here on": 4,
    "half written, then kill": 5,
    "half written, then full": 6,
}
_NEEDS_SPACE = {"write", "fsync", "mkdir", "rename", "open"}
_KILLED, _DONE, _REFUSED = -9, 0, 1
_RANDOM = re.compile(r"\.[0-9a-f]{8}\.partial")


def _in_place(root: Path, name: str, files: Mapping[str, bytes]) -> Path:
    """What must not be done: the bundle grows under its name, and a crash leaves half of it there."""
    entries = {
        relative: {"sha256": sha256_bytes(data), "size": len(data)} for relative, data in files.items()
    }
    with refusing_unwritable(root / name):
        for relative, data in {**files, "manifest.json": json_bytes({"files": entries})}.items():
            (root / name / relative).parent.mkdir(parents=True, exist_ok=True)
            (root / name / relative).write_bytes(data)
        append(root, root / name)
    return root / name


RECORDERS = {"as dispatch does": record_bundle, "in place": _in_place}


class LostEvidence(AssertionError):
    """After a crash something was missing, half there, or called whole and was not."""


@dataclass
class Tally:
    """How many points were tried, by what was done; the calls of one dispatch; what was found afterwards."""

    points: Counter[str] = field(default_factory=Counter)
    calls: list[str] = field(default_factory=list)
    ended: Counter[str] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)

    def to_json(self) -> dict[str, object]:
        counters = {name: dict(sorted(getattr(self, name).items())) for name in ("points", "ended", "states")}
        return {"tried": self.points.total(), "calls": self.calls, **counters}


def compile_shim(folder: Path) -> Path:
    """The library; `make setup` needs a C++ compiler too."""
    target = folder / "fault_shim.so"
    source = Path(__file__).with_name("fault_shim.c")
    compiler = shutil.which("c++") or "c++"
    argv = [
        compiler,
        "-x",
        "c",
        "-shared",
        "-fPIC",
        "-O1",
        "-U_FORTIFY_SOURCE",
        "-o",
        str(target),
        str(source),
    ]
    subprocess.run(argv, check=True)
    return target


def run_preloaded(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """This file as a program under the library, in a process of its own."""
    directory.mkdir(parents=True, exist_ok=True)
    shim = compile_shim(directory)
    environment = {**os.environ, "LD_PRELOAD": str(shim)}
    argv = [sys.executable, __file__, str(directory), "--shim", str(shim), *arguments]
    return subprocess.run(argv, env=environment, capture_output=True, text=True, check=False)


class Faults:
    """Runs a recording in a forked child whose n-th call fails, and says how the child ended."""

    def __init__(self, shim: Path, recorder: str = "as dispatch does") -> None:
        self.record_bundle = RECORDERS[recorder]
        self.library = ctypes.CDLL(str(shim))
        self.library.shim_arm.argtypes = [ctypes.c_char_p, ctypes.c_long, ctypes.c_int]
        self.library.shim_name.argtypes = [ctypes.c_long]
        self.library.shim_name.restype = ctypes.c_char_p

    def calls(self, root: Path, number: int) -> list[str]:
        """The names of the calls of one recording that nothing stops."""
        read_end, write_end = os.pipe()

        def count() -> None:
            self.library.shim_arm(os.fsencode(root), -1, 0)
            self.record_bundle(root, *bundle_files(number))
            names = [self.library.shim_name(i).decode() for i in range(self.library.shim_calls())]
            os.write(write_end, " ".join(names).encode())

        if _forked(count) != _DONE:
            raise LostEvidence("a recording that nothing stops did not end well")
        os.close(write_end)
        with os.fdopen(read_end) as stream:
            return stream.read().split()

    def record(self, root: Path, number: int, call: int, mode: int) -> int:
        """Record a bundle with a fault at one call; mode 0 is none."""

        def faulty() -> None:
            self.library.shim_arm(os.fsencode(root), call, mode)
            self.record_bundle(root, *bundle_files(number))

        return _forked(faulty)


def _forked(work: Callable[[], None]) -> int:
    child = os.fork()
    if child == 0:
        code = 70
        try:
            work()
            code = _DONE
        except FileError as error:
            code = _REFUSED if error.code == "unwritable" else 4
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def points(calls: list[str]) -> Iterator[tuple[int, str]]:
    """Every call and every way in which it can go wrong."""
    for call, name in enumerate(calls):
        for mode in MODES:
            if (mode.startswith("half") and name != "write") or (
                mode.startswith("full") and name not in _NEEDS_SPACE
            ):
                continue
            yield call, mode


def check(root: Path, before: dict[str, str], number: int, ended: int) -> str:
    """The old or the new state, and which. Raises LostEvidence."""
    now = _bundles(root)
    if any(now.get(name) != digest for name, digest in before.items()):
        raise LostEvidence(f"bundles that were there are not: {sorted(before.keys() - now.keys())}")
    new = now.keys() - before.keys()
    own = bundle_files(number)[0]
    if not new <= {own} or ended not in (_KILLED, _DONE, _REFUSED):
        raise LostEvidence(f"ended with {ended}, and left {sorted(new)}")
    if not (root / LEDGER).exists():
        if new or ended == _DONE:
            raise LostEvidence("a bundle without a ledger")
        return "old"
    ledger, problems = examine(root)
    entries = {entry.bundle for entry in ledger.entries}
    if not set(before) <= entries or (ended == _DONE and own not in entries):
        raise LostEvidence(f"entries lost: {sorted({*before, own} - entries)}")
    codes = {problem.code for problem in problems}
    if not codes <= {"bundle-not-recorded", "bundle-not-named", "interrupted", "torn-line"} or (
        own in entries
    ) > bool(new):
        raise LostEvidence(f"found {sorted(codes)}")
    state = "new" if own in entries else "new, without its line" if new else "old"
    return ", ".join([state, *sorted(codes - {"bundle-not-recorded"})])


def recovered(root: Path, had: dict[str, str], number: int) -> None:
    """After a dispatch that nothing stops everything is there, recorded once, and whole."""
    if not had.items() <= _bundles(root).items():
        raise LostEvidence("a recovery lost a bundle")
    ledger, problems = examine(root)
    entries = Counter(entry.bundle for entry in ledger.entries)
    if set(entries) != set(_bundles(root)) or set(entries.values()) != {1}:
        raise LostEvidence(f"recorded {dict(entries)}, there are {sorted(_bundles(root))}")
    if bundle_files(number)[0] not in entries or {p.code for p in problems} - {"interrupted"}:
        raise LostEvidence(f"after recovery: {problems}")


def _bundles(root: Path) -> dict[str, str]:
    """Name and manifest of each bundle that is listed; each must verify."""
    found = {}
    for path in list_bundles(root):
        try:
            read_bundle(path)
        except FileError as error:
            raise LostEvidence(f"half a bundle has its name: {error}") from error
        found[path.name] = hashlib.sha256((path / "manifest.json").read_bytes()).hexdigest()
    return found


def _fingerprint(root: Path) -> str:
    """What is there, but for the random part of names: states that are alike are tried once."""
    everything = sorted(path.relative_to(root).as_posix() for path in root.rglob("*"))
    contents = [(_RANDOM.sub("", name), _content(root / name)) for name in everything]
    return hashlib.sha256(repr(contents).encode()).hexdigest()


def _content(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b"/"


def try_all(folder: Path, faults: Faults, earlier: int, every: int, again: int) -> Tally:
    """Each `every`-th point of a dispatch after `earlier` others; from each state that it can leave, each
    `again`-th point of the recovery (0: none)."""
    tally = Tally()
    good = folder / "good"
    for number in range(1, earlier + 1):
        record_bundle(good, *bundle_files(number))
    number = earlier + 1
    seen: set[str] = set()
    calls = _calls(faults, folder, good, number)
    tally.calls = calls
    for call, mode in list(points(calls))[::every]:
        root = _copy(good, folder / "root")
        before = _bundles(root)
        ended = _try(faults, root, number, call, mode, tally, "dispatch")
        tally.states[check(root, before, number, ended)] += 1
        had = _bundles(root)
        left = _copy(root, folder / "left")
        _finish(faults, root, had, number + 1)
        print_ = _fingerprint(left)
        if again and print_ not in seen:
            seen.add(print_)
            _try_recovery(folder, faults, left, number + 1, again, tally)
    return tally


def _try_recovery(folder: Path, faults: Faults, left: Path, number: int, again: int, tally: Tally) -> None:
    for call, mode in list(points(_calls(faults, folder, left, number)))[::again]:
        root = _copy(left, folder / "again")
        had = _bundles(root)
        _try(faults, root, number, call, mode, tally, "recovery")
        if not had.items() <= _bundles(root).items():
            raise LostEvidence("a recovery that was stopped lost a bundle")
        _finish(faults, root, _bundles(root), number + 1)


def _finish(faults: Faults, root: Path, had: dict[str, str], number: int) -> None:
    if faults.record(root, number, -1, 0) != _DONE:
        raise LostEvidence("the next dispatch was stopped by what a crash left")
    recovered(root, had, number)


def _try(faults: Faults, root: Path, number: int, call: int, mode: str, tally: Tally, where: str) -> int:
    ended = faults.record(root, number, call, MODES[mode])
    tally.points[f"{where}: {mode}"] += 1
    tally.ended[{_KILLED: "killed", _DONE: "done", _REFUSED: "refused by name"}.get(ended, str(ended))] += 1
    return ended


def _calls(faults: Faults, folder: Path, root: Path, number: int) -> list[str]:
    return faults.calls(_copy(root, folder / "counted"), number)


def _copy(source: Path, target: Path) -> Path:
    shutil.rmtree(target, ignore_errors=True)
    if source.exists():
        shutil.copytree(source, target)
    return target


def _main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--shim", type=Path)
    parser.add_argument("--earlier", type=int, default=2, help="dispatches that there were before")
    parser.add_argument("--every", type=int, default=1, help="try each so-manieth point of the dispatch")
    parser.add_argument("--again", type=int, default=1, help="and of the recovery; 0 tries none")
    parser.add_argument("--recorder", choices=RECORDERS, default="as dispatch does")
    asked = parser.parse_args()
    if asked.shim is None:
        done = run_preloaded(asked.directory, *sys.argv[2:])
        sys.stdout.write(done.stdout)
        sys.stderr.write(done.stderr)
        return done.returncode
    faults = Faults(asked.shim, asked.recorder)
    folder = asked.directory.resolve() / f"after-{asked.earlier}"
    tally = try_all(folder, faults, asked.earlier, asked.every, asked.again)
    sys.stdout.write(json.dumps(tally.to_json(), indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(_main())
