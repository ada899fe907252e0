"""Measures chat_template@1: conversations through the chat template that the checkpoint embeds."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from ...checkpoint import TokenizerSpec, open_checkpoint
from ...errors import FileError, UsageError
from ...pipeline.chat import Rendering, render, special_tokens
from ..chats import GoldenChat, read_chats
from .first_difference import first_difference
from .refusal import as_text


def measure(
    subject: Path, artifacts: Mapping[str, Path], *, log: Path, conversations: Path
) -> dict[str, Any]:
    """Raw: the template's digest, what rendered it, and per conversation digest and first byte that differs.

    Raises ChatSandboxBroken where no child can be started: that says nothing of the template.
    """
    with open_checkpoint(subject) as checkpoint:
        raw: dict[str, Any] = {
            "tensors": len(checkpoint.tensors),
            "template_sha256": None,
            "refusal": None,
            "child": None,
            "renderings": [],
        }
        try:
            spec = checkpoint.tokenizer()
        except (FileError, UsageError) as error:
            return {**raw, "refusal": as_text(error)}
        if spec is None or spec.chat_template is None:
            return raw
        return {**raw, **_rendered(spec, spec.chat_template, read_chats(conversations).chats)}


def _rendered(spec: TokenizerSpec, template: str, chats: tuple[GoldenChat, ...]) -> dict[str, Any]:
    rendered = render(template, [chat.conversation for chat in chats], special_tokens=special_tokens(spec))
    started = {"network": rendered.network, "sandbox": rendered.sandbox, "jinja2": rendered.jinja2}
    return {
        # A template may hold what is no UTF-8; its digest is then of what a log would show.
        "template_sha256": _digest(template.encode(errors="backslashreplace")),
        "child": started if rendered.sandbox else None,
        "renderings": [_row(chat, one) for chat, one in zip(chats, rendered.renderings, strict=True)],
    }


def _row(chat: GoldenChat, rendering: Rendering) -> dict[str, Any]:
    golden = chat.golden.encode()
    row = {
        "conversation": chat.id,
        "golden_bytes": len(golden),
        "golden_sha256": _digest(golden),
        "error": rendering.error,
    }
    if rendering.text is None:
        return {**row, "bytes": 0, "sha256": None, "differs_at": None}
    text = rendering.text.encode()
    return {
        **row,
        "bytes": len(text),
        "sha256": _digest(text),
        "differs_at": first_difference(golden, text),
    }


def _digest(content: bytes) -> str:
    return sha256(content).hexdigest()
