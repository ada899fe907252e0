"""What is said of an isolation is what was seen of it, and one that lacks a step is none."""

from __future__ import annotations

import pytest

import shipworthy.pipeline.isolation.run as isolating
from shipworthy.pipeline.isolation import Ended, IsolationLimits, isolation_problem, run_isolated
from shipworthy.pipeline.isolation.set_up import NAMESPACES, SetUp, set_up_of

QUICK = IsolationLimits(seconds=3)


def run(code: str) -> Ended:
    problem = isolation_problem()
    assert problem is None, f"the tests of isolation need isolation: {problem}"
    return run_isolated(code, QUICK)


WEAKER = {
    "no filter of calls": ("    _filter_calls()\n", ""),
    "privileges kept": ('    _give_up_privileges(request["user"])\n', ""),
    "the network of the machine": (" | 0x40000000 | 0x8000000", " | 0x8000000"),
    "no limit on memory": (
        '    os.chdir("/scratch")\n',
        '    os.chdir("/scratch")\n    del request["limits"]["RLIMIT_AS"]\n',
    ),
    "nothing said": ('json.dumps(_of_itself(request["limits"])).encode()', 'b"R"'),
}


def test_what_was_set_up_is_seen_and_whole() -> None:
    ended = run("print(1)")
    assert ended.isolated
    assert ended.set_up.namespaces == NAMESPACES
    assert (ended.set_up.number, ended.set_up.seccomp, ended.set_up.capabilities) == (2, 2, 0)
    assert (ended.set_up.limits or {})["RLIMIT_AS"] == QUICK.memory_bytes


@pytest.mark.parametrize("what", WEAKER)
def test_an_isolation_that_lacks_something_is_none(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The isolating program itself without one of its steps: the code runs, and is said to be bare."""
    program = isolating.program()
    there, changed = WEAKER[what]
    assert program.count(there) == 1
    monkeypatch.setattr(isolating, "program", lambda: program.replace(there, changed))
    ended = run_isolated("print(1)", QUICK)
    assert (ended.status, ended.stdout) == ("completed", b"1\n")
    assert not ended.isolated


def test_where_an_empty_program_is_not_isolated_nothing_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    there, changed = WEAKER["no filter of calls"]
    weaker = isolating.program().replace(there, changed)
    monkeypatch.setattr(isolating, "program", lambda: weaker)
    problem = isolation_problem.__wrapped__()
    assert problem is not None
    assert problem.startswith("an empty program was not isolated: SetUp(")


@pytest.mark.parametrize("said", [b"", b"{}", b"[]", b'{"pid": 2', b'{"pid": null}', b"null"])
def test_of_no_word_nothing_was_set_up(said: bytes) -> None:
    assert set_up_of(NAMESPACES, said) == SetUp()
    assert not SetUp().whole({})
