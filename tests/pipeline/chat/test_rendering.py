"""Our renderings are, byte for byte, those of transformers' apply_chat_template."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from golden_chats import rendered_by_transformers

from shipworthy.checkpoint import open_checkpoint
from shipworthy.contract import Catalogue
from shipworthy.gate.chats import GoldenChats, read_chats
from shipworthy.pipeline.base_model import base_model_path
from shipworthy.pipeline.chat import Conversation, render, special_tokens
from small_checkpoints import CONFIGS, save_small
from upstream_vocabularies import upstream_vocabularies

TOKENS = {"bos_token": "<s>", "eos_token": "</s>"}
EACH = "{% for m in messages %}"
FEATURES = {
    "tokens": "{{ bos_token }}" + EACH + "{{ m.role }}{{ eos_token }}{% endfor %}",
    "white space of blocks": "  {% if add_generation_prompt %}\n  open\n  {% endif %}\n\nend\n\n",
    "loop controls": EACH + "{% if loop.index > 1 %}{% break %}{% endif %}{{ m.content }}{% endfor %}",
    "tojson": "{{ messages | tojson }}{{ messages[0] | tojson(indent=2) }}",
    "tojson of a dict": "{{ {'b': 'é<', 'a': 1} | tojson(sort_keys=true) }}{{ ['é'] | tojson(true) }}",
    "generation": EACH + "{% generation %}{{ m.content }}{% endgeneration %}{% endfor %}",
    "namespace": "{% set n = namespace(c=0, self=1) %}"
    + EACH
    + "{% set n.c = n.c + 1 %}{% endfor %}{{ n.c }}",
    "nothing of tools": "{{ tools is none }}{{ documents is none }}{{ tools is defined }}{{ x is defined }}",
    "dict": "{{ dict(a=1) }}{{ messages[0].items() | list }}",
    "line ends": "a\r\nb\rc{{ 'd\r\ne' }}",
}


@pytest.fixture(scope="module")
def chats(catalogue: Catalogue) -> GoldenChats:
    return read_chats(catalogue.data["chat-qwen2"].path)


def as_stored(conversation: Conversation) -> dict[str, Any]:
    messages = [[message["role"], message["content"]] for message in conversation.messages]
    return {"messages": messages, "add_generation_prompt": conversation.add_generation_prompt}


def both(template: str, conversations: list[Conversation]) -> tuple[list[str | None], list[str]]:
    ours = render(template, conversations, special_tokens=TOKENS)
    theirs = rendered_by_transformers(template, [as_stored(one) for one in conversations], TOKENS)
    return [one.text for one in ours.renderings], theirs


@pytest.mark.parametrize("name", FEATURES)
def test_each_feature_renders_as_there(chats: GoldenChats, name: str) -> None:
    ours, theirs = both(FEATURES[name], [chat.conversation for chat in chats.chats])
    assert ours == theirs


def test_the_base_model_s_template_renders_as_there(chats: GoldenChats) -> None:
    with open_checkpoint(base_model_path()) as checkpoint:
        spec = checkpoint.tokenizer()
        assert spec is not None
        assert spec.chat_template is not None
        assert special_tokens(spec) == {
            "bos_token": "<|im_start|>",
            "eos_token": "<|im_end|>",
            "unk_token": "<|endoftext|>",
            "pad_token": "<|im_end|>",
        }
    ours, theirs = both(spec.chat_template, [chat.conversation for chat in chats.chats])
    assert ours == theirs


def test_a_template_that_insists_on_turns_refuses_where_that_one_does(chats: GoldenChats) -> None:
    with open_checkpoint(upstream_vocabularies() / "ggml-vocab-command-r.gguf") as checkpoint:
        template = str(checkpoint.native_metadata["tokenizer.chat_template"])
    conversations = [chat.conversation for chat in chats.chats]
    ours = render(template, conversations, special_tokens=TOKENS).renderings
    refused = {one.error for one in ours if one.text is None}
    assert refused == {"template-raised: Conversation roles must alternate user/assistant/user/assistant/..."}
    accepted = [c for c, one in zip(conversations, ours, strict=True) if one.text is not None]
    assert [one.text for one in ours if one.text is not None] == both(template, accepted)[1]


def test_the_day_and_chance_do_not_enter_a_rendering(chats: GoldenChats) -> None:
    template = "{{ strftime_now('%Y-%m-%d %H:%M') }} {{ range(1000) | random }} {{ lipsum(1, false, 5, 9) }}"
    conversations = [chat.conversation for chat in chats.chats[:2]]
    first, again = (render(template, conversations, special_tokens={}).renderings for _ in range(2))
    assert first == again
    assert first[0] == first[1]
    assert str(first[0].text).startswith("2025-01-01 00:00 ")


def test_a_token_that_the_vocabulary_has_not_is_left_out(tmp_path: Path) -> None:
    with open_checkpoint(save_small(tmp_path / "small.apr", CONFIGS["llama"])) as checkpoint:
        spec = checkpoint.tokenizer()
    assert spec is not None
    beyond = replace(spec, unk_token_id=len(spec.tokens), pad_token_id=None)
    assert special_tokens(beyond) == {"bos_token": "<|im_start|>", "eos_token": "<|im_end|>"}
