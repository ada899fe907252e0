"""What the gates of one dispatch left in its work directory, without the places of this machine."""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from ..canonical import strict_loads
from ..contract import Outcome, Reason
from .trial import Trial

BEGUN = ".begun"
"""What the name of a file ends in that a gate leaves before it measures; its outcome has the same stem."""
COMPLETIONS_END = ".completions.jsonl"
"""What the name of a file ends in that holds what a model wrote."""
_PATH = re.compile(rb"(?<![A-Za-z0-9_.:/>])/(?:[^\s/'\"<>:]+/)+([^\s/'\"<>:]*)")


def read_outcomes(folder: Path) -> dict[str, Any]:
    """The outcome of each falsifier; one whose gate ran more than once is ERROR, whatever the runs said.

    A run that began and broke before it had an outcome counts as a run; where there is no other, there is
    no outcome.
    """
    outcomes = {}
    for directory in sorted(path for path in folder.glob("*") if path.is_dir()):
        ended = {path.stem: strict_loads(path.read_bytes()) for path in sorted(directory.glob("*.json"))}
        broken = {path.stem for path in directory.glob(f"*{BEGUN}")} - ended.keys()
        if ended:
            runs = list(ended.values())
            once = len(runs) + len(broken) == 1
            outcomes[directory.name] = runs[0] if once else _more_than_once(runs, len(broken))
    return outcomes


def _more_than_once(runs: list[Any], broken: int) -> dict[str, Any]:
    found = [run["outcome"] for run in runs] + ["no outcome"] * broken
    detail = f"the gate ran {len(found)} times in one dispatch, and came to {', '.join(found)}"
    return {**runs[0], "outcome": Outcome.ERROR, "reason": Reason.ERROR, "detail": detail, "checks": []}


def read_measurements(folder: Path) -> dict[str, Any]:
    """The measurement of each falsifier that was measured."""
    return {path.stem: strict_loads(path.read_bytes()) for path in sorted(folder.glob("*.json"))}


def read_logs(trial: Trial) -> dict[str, bytes]:
    """What the child processes said, and what a model wrote, by file name.

    Completions stay as they are: they are the model's words, whose digests the measurement states.
    """
    folder = trial.workdir / "logs"
    said = {path.name: _without(path.read_bytes(), trial) for path in sorted(folder.glob("*.log"))}
    wrote = {path.name: path.read_bytes() for path in sorted(folder.glob(f"*{COMPLETIONS_END}"))}
    return said | wrote


def without_places(text: str, trial: Trial) -> str:
    """A line without the places of this machine; a file keeps its name."""
    return _without(text.encode(errors="surrogatepass"), trial).decode(errors="surrogatepass")


def _without(text: bytes, trial: Trial) -> bytes:
    """Known places go whole, since their names may hold anything; of other paths the last part stays."""
    subject = trial.subject.path
    known = {
        subject.parent,
        subject.resolve().parent,
        trial.workdir,
        Path.cwd(),
        Path.home(),
        Path(gettempdir()),
    }
    known |= {path.resolve().parent for path in trial.artifacts.values()}
    for place in sorted(
        (str(p).encode() for p in known if p.is_absolute() and len(p.parts) > 1), key=len, reverse=True
    ):
        text = text.replace(place + b"/", b"<path>/").replace(place, b"<path>")
    return _PATH.sub(lambda match: b"<path>/" + match[1], text)
