"""Write template and goldens of a file of conversations: upstream's template, rendered by transformers.

    python tools/golden_chats.py contracts/data/chat-qwen2.json ggml-vocab-qwen2.gguf

The template is that of the GGUF, the renderings are those of `apply_chat_template`, an implementation that
shares no code of ours. The same versions write the same bytes.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def rendered_by_transformers(
    template: str,
    conversations: Sequence[Mapping[str, Any]],
    special_tokens: Mapping[str, str] | None = None,
) -> list[str]:
    """What `apply_chat_template` gives for each of {messages: [[role, content]], add_generation_prompt}."""
    from tokenizers import Tokenizer, models
    from transformers import PreTrainedTokenizerFast

    tokenizer = PreTrainedTokenizerFast(tokenizer_object=Tokenizer(models.BPE()), **(special_tokens or {}))
    return [
        tokenizer.apply_chat_template(
            [{"role": role, "content": content} for role, content in conversation["messages"]],
            chat_template=template,
            add_generation_prompt=conversation["add_generation_prompt"],
            tokenize=False,
        )
        for conversation in conversations
    ]


def upstream_template(gguf: Path) -> str:
    """The chat template of a GGUF."""
    from shipworthy.checkpoint import open_checkpoint

    with open_checkpoint(gguf) as checkpoint:
        return str(checkpoint.native_metadata["tokenizer.chat_template"])


def with_goldens(stored: Mapping[str, Any], template: str) -> bytes:
    """The bytes of the data file: its conversations, the template, and what it renders of each."""
    conversations = stored["conversations"]
    goldens = rendered_by_transformers(template, conversations)
    rows = [{**row, "golden": golden} for row, golden in zip(conversations, goldens, strict=True)]
    # ASCII, so that no editor changes a combining mark or an invisible character on its way.
    lines = ",\n".join(json.dumps(row) for row in rows)
    return f'{{"template": {json.dumps(template)},\n"conversations": [\n{lines}\n]}}\n'.encode()


def main() -> None:
    """Rewrite the data file named first with the template of the GGUF named second."""
    data, gguf = Path(sys.argv[1]), Path(sys.argv[2])
    data.write_bytes(with_goldens(json.loads(data.read_bytes()), upstream_template(gguf)))


if __name__ == "__main__":
    main()
