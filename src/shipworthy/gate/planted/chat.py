"""Planted defects of chat templates, and of receipts of their renderings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from ...checkpoint import TokenizerSpec
from .apr_file import rewrite_apr
from .table import makes

Raw = Mapping[str, Any]

_ANOTHER = (
    "{{ bos_token }}{% for message in messages %}"
    "{% if message['role'] == 'user' %}[INST] {{ message['content'] }} [/INST]"
    "{% else %}{{ message['content'] }}{{ eos_token }}{% endif %}{% endfor %}"
)
_IN_ORDER = (
    "{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('roles must alternate user/assistant') }}{% endif %}{% endfor %}"
)
_WITHOUT_END = (
    "{% for a in range(100000) %}{% for b in range(100000) %}{% for c in range(100000) %}"
    "{% endfor %}{% endfor %}{% endfor %}"
)


def _retemplated(source: Path, target: Path, change: Callable[[str], str | None]) -> None:
    """Copy an `.apr`, its chat template passed through `change`."""

    def changed(spec: TokenizerSpec | None) -> TokenizerSpec:
        if spec is None or spec.chat_template is None:
            raise KeyError("chat_template")
        return replace(spec, chat_template=change(spec.chat_template))

    # What the tokenizer does not state would be carried over with the rest of the metadata.
    rewrite_apr(
        source,
        target,
        metadata=lambda stated: {key: stated[key] for key in stated if key != "chat_template"},
        tokenizer=changed,
    )


def _replaced(old: str, new: str) -> Callable[[str], str]:
    def change(template: str) -> str:
        if old not in template:
            raise KeyError(old)
        return template.replace(old, new)

    return change


def newline_added(source: Path, target: Path) -> None:
    """Every turn ends with two line ends."""
    _retemplated(source, target, _replaced("{% endfor %}", "\n\n{% endfor %}"))


def chat_template_lost(source: Path, target: Path) -> None:
    """There is no chat template."""
    _retemplated(source, target, lambda _: None)


def default_system_changed(source: Path, target: Path) -> None:
    """The default system text names another maker."""
    other = "You are Qwen, created by Alibaba Cloud. You are a helpful assistant"
    _retemplated(source, target, _replaced("You are a helpful assistant", other))


def generation_prompt_lost(source: Path, target: Path) -> None:
    """The assistant's turn is never opened."""
    _retemplated(source, target, _replaced("{% if add_generation_prompt %}", "{% if false %}"))


def roles_swapped(source: Path, target: Path) -> None:
    """What the user says is the assistant's, and the other way round."""
    swapped = "{'user': 'assistant', 'assistant': 'user'}.get(message['role'], message['role'])"
    _retemplated(source, target, _replaced("+ message['role'] +", f"+ {swapped} +"))


def template_of_another_model(source: Path, target: Path) -> None:
    """The template is one of [INST] and [/INST]."""
    _retemplated(source, target, lambda _: _ANOTHER)


def template_raises(source: Path, target: Path) -> None:
    """The template refuses what does not begin with a user and go on in turns."""
    _retemplated(source, target, lambda template: _IN_ORDER + template)


def template_without_end(source: Path, target: Path) -> None:
    """The template runs through 10^15 rounds before it renders the first turn."""
    _retemplated(source, target, lambda template: _WITHOUT_END + template)


def byte_order_mark(source: Path, target: Path) -> None:
    """The template begins with U+FEFF."""
    _retemplated(source, target, lambda template: "\ufeff" + template)


def escaped_twice(source: Path, target: Path) -> None:
    """Each line end of the template is a backslash and an n, which are rendered as such."""
    _retemplated(source, target, _replaced("\n", "\\\\n"))


def special_token_respelled(source: Path, target: Path) -> None:
    """A turn ends with <|im_end |>, which is no token."""
    _retemplated(source, target, _replaced("<|im_end|>", "<|im_end |>"))


def template_not_closed(source: Path, target: Path) -> None:
    """The template ends within a statement."""
    _retemplated(source, target, lambda template: template[: template.rindex("{% endif")])


def _rows(raw: Raw, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> dict[str, Any]:
    copied = deepcopy(dict(raw))
    return {**copied, "renderings": change(copied["renderings"])}


def conversation_dropped(raw: Raw) -> dict[str, Any]:
    """The last conversation is not in the receipt."""
    return _rows(raw, lambda rows: rows[:-1])


def conversation_repeated(raw: Raw) -> dict[str, Any]:
    """Every rendering is the first one, its golden included."""
    return _rows(raw, lambda rows: [dict(rows[0]) for _ in rows])


def nothing_rendered(raw: Raw) -> dict[str, Any]:
    """The receipt holds no rendering."""
    return _rows(raw, lambda _: [])


def sandbox_left_out(raw: Raw) -> dict[str, Any]:
    """What rendered calls itself Jinja's plain environment."""
    return {**raw, "child": {**raw["child"], "sandbox": "Environment"}}


def renderings_of_another(raw: Raw) -> dict[str, Any]:
    """Every digest is another's, and no byte is said to differ."""
    other = sha256(b"another model's rendering").hexdigest()
    return _rows(raw, lambda rows: [{**row, "sha256": other} for row in rows])


MADE = makes(
    "apr",
    newline_added,
    chat_template_lost,
    default_system_changed,
    generation_prompt_lost,
    roles_swapped,
    template_of_another_model,
    template_raises,
    template_without_end,
    byte_order_mark,
    escaped_twice,
    special_token_respelled,
    template_not_closed,
) | makes(
    "measurement",
    conversation_dropped,
    conversation_repeated,
    nothing_rendered,
    sandbox_left_out,
    renderings_of_another,
)
