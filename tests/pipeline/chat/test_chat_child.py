"""What the child may use: no network where the kernel permits that, no file, none of our variables."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from shipworthy.pipeline import chat
from shipworthy.pipeline.chat import ChatSandboxBroken, Conversation, render
from shipworthy.pipeline.child_limits import child_environment

TALK = Conversation([{"role": "user", "content": "Hello."}], False)


def test_a_rendering_says_what_rendered_it_and_whether_the_network_was_cut() -> None:
    found = render("{{ messages[0].content }}", [TALK], special_tokens={})
    assert found.renderings == (chat.Rendering("Hello."),)
    assert found.sandbox == "ImmutableSandboxedEnvironment"
    assert found.network == "cut" or found.network.startswith("open: ")
    assert found.jinja2.startswith("3.")


def test_no_file_can_be_opened_or_written_once_the_limits_are_set() -> None:
    code = (
        "from shipworthy.pipeline.chat.child import _restrict\n"
        "limits = dict(seconds=60.0, memory_bytes=1 << 28, processor_seconds=2)\n"
        "_restrict(limits)\n"
        "try:\n"
        "    open('/etc/passwd')\n"
        "except OSError as error:\n"
        "    print(error.strerror)\n"
    )
    argv = [sys.executable, "-c", code]
    done = subprocess.run(argv, env=child_environment(1), capture_output=True, text=True, check=True)
    assert done.stdout == "Too many open files\n"


def test_a_child_that_does_not_come_up_says_nothing_of_the_template(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(ChatSandboxBroken, match="ended with code 1") as caught:
        render("x", [TALK], special_tokens={})
    assert caught.value.code == "chat-sandbox-broken"


@pytest.mark.parametrize("answer", ["no JSON", "[1]", '{"kind": "rendering", "text": "early"}', "x" * 9000])
def test_an_answer_that_is_none_is_not_believed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, answer: str
) -> None:
    program = tmp_path / "child"
    program.write_text(f"#!/bin/sh\nprintf '%s\\n' '{answer}'\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    with pytest.raises(ChatSandboxBroken):
        render("x", [TALK], special_tokens={})
