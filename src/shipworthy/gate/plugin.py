"""The pytest plugin: `pytest gates/ --subject F` puts a file on trial.

Outside a directory of compiled gates it does nothing, and it imports nothing heavy when pytest loads it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .fixture import Gate

_SESSION = "shipworthy-session"


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of a dispatch."""
    group = parser.getgroup("shipworthy", "putting a checkpoint on trial")
    group.addoption("--subject", metavar="FILE", help="the checkpoint on trial (.apr, .gguf or a directory)")
    group.addoption(
        "--recipe", metavar="FILE", help="train, checkpoint, bench and export first, then try that"
    )
    group.addoption("--recipe-device", metavar="DEVICE", help="the device to use instead of the recipe's")
    group.addoption("--release", metavar="NAME", help="the release whose criteria are tried")
    group.addoption(
        "--artifact", metavar="KIND=PATH", action="append", default=[], help="attach what a gate needs"
    )
    group.addoption("--evidence", metavar="DIR", default=".shipworthy/evidence", help="where the bundle goes")
    group.addoption(
        "--allow-blocked",
        metavar="ID=REASON",
        action="append",
        default=[],
        help="recorded, ignored by sign-off",
    )
    group.addoption("--dispatch-report", metavar="FILE", help="where the outcome of the session is written")


def pytest_configure(config: pytest.Config) -> None:
    """Begin a session where there is something to put on trial."""
    if config.getoption("--subject") or config.getoption("--recipe"):
        from ..key_file import take_key_file
        from .session import TrialSession

        # Gates sign nothing, and start many children.
        take_key_file()
        config.pluginmanager.register(TrialSession(config), _SESSION)


@pytest.fixture
def gate(request: pytest.FixtureRequest) -> Any:
    """What a compiled gate measures and judges with."""
    return make_gate(request)


def make_gate(request: pytest.FixtureRequest) -> Gate:
    """The gate of one compiled test. Fails the test where it is no gate, or where nothing is on trial."""
    from ..contract.compile import is_compiled

    if not is_compiled(request.path):
        pytest.fail("the fixture `gate` is for modules that were compiled from a contract", pytrace=False)
    session = request.config.pluginmanager.getplugin(_SESSION)
    if session is None:
        pytest.fail("nothing is on trial: give --subject FILE or --recipe FILE", pytrace=False)
    made: Gate = session.gate_for(request.path, request.function.__name__)
    return made
