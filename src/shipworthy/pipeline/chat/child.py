"""The child process: reads one request from stdin, restricts itself, answers in lines of JSON on stdout."""

from __future__ import annotations

import json
import os
import resource
import sys
from typing import Any

from ..child_limits import Limits, cut_network, restrict

_WARM_UP = (
    "{{ 'a\\u00e9' | urlize | pprint | tojson }}{{ lipsum(1) }}{{ [1] | random }}{{ strftime_now('%d') }}"
)
"""Uses each part of Jinja and of the library below it that is loaded when it is first needed."""


def main() -> None:
    """Render every conversation of the request. An error is the answer to the conversation that made it."""
    network = cut_network()
    request = json.load(sys.stdin)
    answers = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)

    def send(**answer: Any) -> None:
        answers.write(json.dumps(answer) + "\n")
        answers.flush()

    import jinja2

    from .environment import as_error, chat_environment, render_one

    environment = chat_environment()
    sandbox = type(environment).__name__
    _warm_up(environment)
    _restrict(request["limits"])
    send(kind="ready", network=network, sandbox=sandbox, jinja2=jinja2.__version__)
    for conversation in request["conversations"]:
        try:
            # Jinja keeps a template that it has compiled, so that all conversations share one.
            template = environment.from_string(request["template"])
            variables = {**request["special_tokens"], **conversation, "tools": None, "documents": None}
            text = render_one(template, variables, request["limits"]["output_bytes"])
            send(kind="rendering", text=text)
        except Exception as error:
            send(kind="error", **as_error(error))


def _restrict(limits: dict[str, Any]) -> None:
    processor = limits["processor_seconds"]
    restrict(Limits(max(limits["seconds"], processor), limits["memory_bytes"]), threads=1)
    # Processor time, since what a template needs does not depend on what else the machine does.
    resource.setrlimit(resource.RLIMIT_CPU, (processor, processor + 1))
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))  # from here on no file can be opened


def _warm_up(environment: Any) -> None:
    """Load what Jinja and Python load late, while files can still be opened."""
    import jinja2.debug

    assert jinja2.debug
    environment.from_string(_WARM_UP).render()


if __name__ == "__main__":
    main()
