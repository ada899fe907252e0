"""Chat templates, and receipts of their renderings."""

from __future__ import annotations

from ..defect import DefectOf, PlantedDefect

_APR: frozenset[DefectOf] = frozenset({"apr"})
_MEASUREMENT: frozenset[DefectOf] = frozenset({"measurement"})
_QWEN2 = "fixture-qwen2"
_RECORDED = "fixture-chat"


def _template(name: str, description: str) -> PlantedDefect:
    return PlantedDefect(name, description, of=_APR, fixture=_QWEN2)


def _receipt(name: str, description: str) -> PlantedDefect:
    return PlantedDefect(name, description, of=_MEASUREMENT, fixture=_RECORDED)


DECLARED = (
    _template(
        "newline_added", "A template is put on several lines to be read, and one line end is rendered."
    ),
    _template("chat_template_lost", "The tokenizer was saved anew by a tool that knows of no templates."),
    _template(
        "default_system_changed", "The default system text of a sister model came along with its file."
    ),
    _template("generation_prompt_lost", "A template for training is shipped: it never opens the answer."),
    _template("roles_swapped", "The chats that it was fine-tuned on had the roles in the other order."),
    _template("template_of_another_model", "A directory is put together from two downloads."),
    _template(
        "template_raises", "A template that insists on turns taken in order refuses what upstream takes."
    ),
    _template("template_without_end", "A template from a stranger loops for ever, by mistake or to do harm."),
    _template("byte_order_mark", "An editor saved the template with a byte order mark, which is rendered."),
    _template("escaped_twice", "A template was written as JSON into JSON: its line ends are letters."),
    _template("special_token_respelled", "A special token is written by hand, with a space that it has not."),
    _template("template_not_closed", "A field of fixed length cut the template off."),
    _receipt("conversation_dropped", "A conversation that gives trouble is left out of the receipt."),
    _receipt("conversation_repeated", "One conversation is rendered for each of them."),
    _receipt(
        "nothing_rendered", "The loop rendered no conversation, and the receipt is written all the same."
    ),
    _receipt("sandbox_left_out", "For speed the template was rendered by a bare Jinja, in our own process."),
    _receipt("renderings_of_another", "The digests are those of another model's renderings."),
)
