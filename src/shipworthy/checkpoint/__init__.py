"""Checkpoints of three formats behind one lazy, memory-mapped view, and the writer of `.apr`.

Example::

    with open_checkpoint(Path("model.apr")) as checkpoint:
        checkpoint.verify()
        config = checkpoint.config()
        weights = checkpoint.read("model.embed_tokens.weight")
"""

from __future__ import annotations

from .apr_writer import TensorSource, write_apr
from .entry import TensorEntry
from .open import checkpoint_digest, open_checkpoint
from .summary import summarize
from .tokenizer import AddedToken, TokenizerSpec
from .view import Checkpoint

__all__ = [
    "AddedToken",
    "Checkpoint",
    "TensorEntry",
    "TensorSource",
    "TokenizerSpec",
    "checkpoint_digest",
    "open_checkpoint",
    "summarize",
    "write_apr",
]
