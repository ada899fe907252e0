"""Reading a ledger: every line is in its place, follows what it says, and nothing is missing between."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...errors import FileError
from .entry import GENESIS, BadLine, Entry, Join, Line, line_digest, parse_line

_FIX = "bring back the ledger as it was written, or begin another directory of evidence"


@dataclass(frozen=True)
class Ledger:
    """A ledger whose lines were checked. `head` is the digest of its last line, or 64 zeros.

    `torn` is how many bytes a crash left of a line that was never finished.
    """

    lines: Mapping[str, Line]
    head: str
    torn: int = 0

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The entries, in the order of the file; joins are none."""
        return tuple(line for line in self.lines.values() if isinstance(line, Entry))

    @property
    def joins(self) -> tuple[Join, ...]:
        """Where ledgers that had gone apart were brought together."""
        return tuple(line for line in self.lines.values() if isinstance(line, Join))

    @property
    def number(self) -> int:
        """The number of the last line; 0 in an empty ledger."""
        return self.lines[self.head].number if self.lines else 0

    def holds(self, head: str) -> bool:
        """Whether this ledger goes on from the one that had this head."""
        return head == GENESIS or head in self.lines

    @property
    def forks(self) -> tuple[str, ...]:
        """The digests that more than one line follows; 64 zeros where two histories begin."""
        followers = Counter(one for line in self.lines.values() for one in line.previous)
        return tuple(digest for digest, count in followers.items() if count > 1)

    def data(self) -> bytes:
        """The bytes of the file."""
        return b"".join(line.line() + b"\n" for line in self.lines.values())


def read_lines(data: bytes, path: Path) -> Ledger:
    """Check the lines of a ledger; `path` is for messages.

    Lines stand in the order of number and digest. Each follows lines that stand before it, has a number one
    above theirs, and the last alone is followed by none. Raises FileError: `ledger-bad-line`,
    `ledger-duplicate`, `ledger-reordered`, `ledger-gap`, `ledger-altered`, `ledger-forked`.
    """
    end = data.rfind(b"\n") + 1
    lines: dict[str, Line] = {}
    ends: set[str] = set()
    place = (0, "")
    texts = data[:end].split(b"\n")[:-1]
    digests = [line_digest(text) for text in texts]
    anywhere = set(digests)
    for position, (text, digest) in enumerate(zip(texts, digests, strict=True), start=1):
        line = _parsed(text, path, position)
        if digest in lines:
            raise _refusal("ledger-duplicate", "stands in the ledger twice", path, position)
        later = [one for one in line.previous if one in anywhere and one not in lines]
        if later or (line.number, digest) < place:
            message = f"has the number {line.number}, and does not stand in its place"
            raise _refusal("ledger-reordered", message, path, position)
        _check_place(line, lines, place[0], path, position)
        if isinstance(line, Join) and not ends.issuperset(line.previous):
            _check_join(line, lines, path, position)
        place = (line.number, digest)
        lines[digest] = line
        ends = (ends - set(line.previous)) | {digest}
    if len(ends) > 1:
        message = f"has {len(ends)} ends, and no line that joins them"
        raise FileError(
            "ledger-forked", message, path=path, fix="`shipworthy ledger merge` joins two ledgers"
        )
    _check_bundles(lines, path)
    return Ledger(lines, next(iter(ends), GENESIS), len(data) - end)


def _parsed(text: bytes, path: Path, position: int) -> Line:
    try:
        return parse_line(text)
    except BadLine as error:
        raise _refusal("ledger-bad-line", str(error), path, position) from error


def _check_place(line: Line, lines: Mapping[str, Line], highest: int, path: Path, position: int) -> None:
    unknown = [digest for digest in line.previous if digest not in lines and digest != GENESIS]
    if unknown and line.number > highest + 1:
        message = f"has the number {line.number}, and number {highest + 1} is not there"
        raise _refusal("ledger-gap", message, path, position)
    if unknown:
        message = f"follows {unknown[0][:12]}, and no line before it is that: one of them was altered"
        raise _refusal("ledger-altered", message, path, position)
    expected = 1 + max(lines[digest].number if digest in lines else 0 for digest in line.previous)
    if line.number != expected:
        message = f"has the number {line.number}, and follows number {expected - 1}"
        raise _refusal("ledger-altered", message, path, position)


def _check_join(line: Join, lines: Mapping[str, Line], path: Path, position: int) -> None:
    """What a join names had gone apart: neither nothing at all, nor a line that the other goes on from."""
    apart = GENESIS not in line.previous and all(
        _history(lines, one).isdisjoint(line.previous) for one in line.previous
    )
    if not apart:
        message = "joins lines that had not gone apart"
        raise _refusal("ledger-bad-line", message, path, position)


def _check_bundles(lines: Mapping[str, Line], path: Path) -> None:
    """A name is recorded once in one history; where two were joined, each may have recorded it."""
    seen: dict[str, list[str]] = {}
    for position, (digest, line) in enumerate(lines.items(), start=1):
        if isinstance(line, Join):
            continue
        earlier = seen.setdefault(line.bundle, [])
        if earlier and not _history(lines, digest).isdisjoint(earlier):
            raise _refusal("ledger-duplicate", f"records {line.bundle} a second time", path, position)
        earlier.append(digest)


def _history(lines: Mapping[str, Line], digest: str) -> set[str]:
    """The digests of the lines that a line goes on from, through any number of others."""
    found: set[str] = set()
    left: list[str] = list(lines[digest].previous)
    while left:
        one = left.pop()
        if one in lines and one not in found:
            found.add(one)
            left.extend(lines[one].previous)
    return found


def _refusal(code: str, message: str, path: Path, position: int) -> FileError:
    return FileError(code, f"line {position} {message}", path=path, fix=_FIX)


def in_order(lines: Mapping[str, Line]) -> Sequence[tuple[str, Line]]:
    """Lines as a file keeps them: by number, then by digest, so that each follows what it names."""
    return sorted(lines.items(), key=lambda item: (item[1].number, item[0]))
