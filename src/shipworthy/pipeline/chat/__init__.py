"""Chat templates: code that comes with a model file, rendered in Jinja's sandbox in a child process.

    rendered = render(template, conversations, special_tokens={"eos_token": "<|im_end|>"})
    rendered.renderings[0].text

The child has an allow-listed environment, limits on time, memory and output, can open no file and, where
the kernel permits it, has no network. What a template does wrong is a named error of a rendering.
"""

from .conversation import Conversation, special_tokens
from .render import ChatLimits, ChatSandboxBroken, Rendered, Rendering, render

__all__ = [
    "ChatLimits",
    "ChatSandboxBroken",
    "Conversation",
    "Rendered",
    "Rendering",
    "render",
    "special_tokens",
]
