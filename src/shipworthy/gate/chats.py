"""The conversations of contracts/data: a template's text as upstream has it, and what it renders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..canonical import strict_loads
from ..errors import FileError
from ..pipeline.chat import Conversation


@dataclass(frozen=True)
class GoldenChat:
    """One conversation, and the text that upstream's template gives for it."""

    id: str
    conversation: Conversation
    golden: str


@dataclass(frozen=True)
class GoldenChats:
    """Upstream's template and its renderings."""

    template: str
    chats: tuple[GoldenChat, ...]


def read_chats(path: Path) -> GoldenChats:
    """Read a data file. Raises FileError where it is not what it says, an id repeats, or none is there."""
    try:
        stored = strict_loads(path.read_bytes())
        chats = tuple(_chat(entry) for entry in stored["conversations"])
        found = GoldenChats(str(stored["template"]), chats)
    except (ValueError, KeyError, TypeError) as error:
        message = f"is not {{template, conversations: [{{id, messages, ...}}]}}: {error}"
        raise FileError("bad-chats", message, path=path) from error
    if not chats:
        raise FileError("no-chats", "holds no conversation", path=path)
    if len({chat.id for chat in chats}) != len(chats):
        raise FileError("duplicate-chat", "two conversations have the same id", path=path)
    return found


def _chat(entry: Mapping[str, Any]) -> GoldenChat:
    messages = [{"role": str(role), "content": str(content)} for role, content in entry["messages"]]
    prompt = entry["add_generation_prompt"]
    if not isinstance(prompt, bool):
        raise TypeError("add_generation_prompt is no boolean")
    return GoldenChat(str(entry["id"]), Conversation(messages, prompt), str(entry["golden"]))
