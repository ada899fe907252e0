"""The decoder in PyTorch, its key/value cache, and the loading of weights that is complete or refused."""

from .decoder import Decoder, KVCache, prefill_logits
from .engine import DecodeEngine
from .load import load_decoder
from .steps import decode_step, make_optimizer, next_token_loss, training_step, validation_loss
from .streamed import StreamedLogits

__all__ = [
    "DecodeEngine",
    "Decoder",
    "KVCache",
    "StreamedLogits",
    "decode_step",
    "load_decoder",
    "make_optimizer",
    "next_token_loss",
    "prefill_logits",
    "training_step",
    "validation_loss",
]
