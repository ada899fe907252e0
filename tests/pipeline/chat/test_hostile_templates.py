"""A hostile template ends with a named error, within its limits, and leaves this process as it was."""

from __future__ import annotations

import time

import pytest
from chat_attacks import ATTACKS

from shipworthy.pipeline.chat import ChatLimits, Conversation, render

TALK = Conversation([{"role": "user", "content": "Hello."}], True)
LIMITS = ChatLimits(processor_seconds=1, seconds=60.0)


@pytest.mark.parametrize("name", ATTACKS)
def test_a_hostile_template_is_refused_by_name(name: str) -> None:
    template, code = ATTACKS[name]
    started = time.monotonic()
    (rendering,) = render(template, [TALK], special_tokens={}, limits=LIMITS).renderings
    assert rendering.text is None
    assert rendering.error.split(":")[0] == code, rendering.error
    assert len(rendering.error) < 300
    assert "/lib/" not in rendering.error
    assert time.monotonic() - started < LIMITS.seconds


def test_there_are_more_than_twenty_attacks_and_each_code_is_met() -> None:
    assert len(ATTACKS) >= 20
    assert {code for _, code in ATTACKS.values()} == {
        *("template-unsafe", "template-undefined", "template-include", "template-timeout"),
        *("template-too-much", "template-memory", "template-output", "template-recursion"),
        *("template-raised", "template-failed", "template-syntax", "template-not-text"),
        "template-too-large",
    }


def test_what_fails_for_one_conversation_is_the_error_of_that_one() -> None:
    template = "{% if messages|length > 1 %}{{ raise_exception('one only') }}{% endif %}fine"
    two = Conversation([*TALK.messages, *TALK.messages], True)
    found = render(template, [TALK, two, TALK], special_tokens={}, limits=LIMITS).renderings
    assert [one.text for one in found] == ["fine", None, "fine"]
    assert found[1].error == "template-raised: one only"


def test_after_a_death_the_rest_of_the_conversations_have_its_name() -> None:
    template = f"{{% if messages|length > 1 %}}{ATTACKS['a loop without end'][0]}{{% endif %}}fine"
    two = Conversation([*TALK.messages, *TALK.messages], True)
    found = render(template, [TALK, two, TALK], special_tokens={}, limits=LIMITS).renderings
    assert [one.text for one in found] == ["fine", None, None]
    assert {one.error for one in found[1:]} == {"template-timeout: the child died of SIGXCPU"}


def test_a_clock_that_runs_out_ends_it_too() -> None:
    limits = ChatLimits(processor_seconds=30, seconds=0.2)
    (rendering,) = render(
        ATTACKS["a loop without end"][0], [TALK], special_tokens={}, limits=limits
    ).renderings
    assert rendering.error == "template-timeout: took too long on the clock and was killed"


def test_a_name_that_is_not_defined_renders_to_nothing_as_everywhere() -> None:
    (rendering,) = render("[{{ nobody }}]", [TALK], special_tokens={}, limits=LIMITS).renderings
    assert rendering.text == "[]"
