"""The `.apr` v2 container as constants and tables: header, flags, dtypes, metadata order.

Little-endian throughout: header (64 bytes) | metadata JSON | tensor index | tensor data | CRC-32 footer; each
section, and each tensor, is zero-padded to a multiple of 64.
"""

from __future__ import annotations

import math
import struct
import zlib
from dataclasses import dataclass

MAGIC = b"APR\0"
VERSION_1_MAGICS = (b"APRN", b"APR1")
MAJOR, MINOR = 2, 0
ALIGNMENT = 64
HEADER_SIZE = 64
FOOTER_SIZE = 4
RESERVED_AT = 44
CHECKSUM_AT = 40
HEADER = struct.Struct("<4sBBHIQIQQI20s")

MAX_METADATA = 16_000_000
"""Bytes of metadata JSON that known readers accept."""
MAX_NAME = 256
MAX_RANK = 8
MAX_TENSORS = 1 << 20

HAS_VOCAB = 0x0200
LAYOUT_ROW_MAJOR = 0x0400
KNOWN_FLAGS = 0x0FFF
QUANTIZED, HAS_FILTERBANK = 0x0020, 0x0040
DESCRIPTIVE_FLAGS = QUANTIZED | HAS_FILTERBANK | 0x0080 | 0x0100
"""QUANTIZED, HAS_FILTERBANK, HAS_MODEL_CARD, STREAMING: they say something and change no byte's meaning."""
REFUSED_FLAGS = {
    0x0001: "LZ4",
    0x0002: "ZSTD",
    0x0004: "ENCRYPTED",
    0x0008: "SIGNED",
    0x0010: "SHARDED",
    0x0800: "LAYOUT_COLUMN_MAJOR",
}


@dataclass(frozen=True)
class BlockType:
    """A dtype of blocks: `block` elements take `nbytes` bytes, after `head` bytes for the whole tensor.

    `whole_rows` says that a row must be a multiple of the block; otherwise the last block is filled up.
    """

    name: str
    block: int
    nbytes: int
    head: int = 0
    whole_rows: bool = True

    def size(self, shape: tuple[int, ...]) -> int:
        """Bytes of a tensor of this shape, before padding."""
        return self.head + -(-math.prod(shape) // self.block) * self.nbytes


DTYPES: dict[int, BlockType] = {
    0: BlockType("F32", 1, 4),
    1: BlockType("F16", 1, 2),
    30: BlockType("BF16", 1, 2),
    12: BlockType("Q4_K", 256, 144),
    14: BlockType("Q6_K", 256, 210),
    128: BlockType("AprQ4", 32, 18, whole_rows=False),
    129: BlockType("AprQ8", 1, 1, head=4),
}
"""The codes that every reader agrees on."""

AMBIGUOUS_DTYPES = range(3, 10)
"""Codes that mean different things to different readers."""

CODES = {dtype.name: code for code, dtype in DTYPES.items()}
WRITABLE = ("F32", "F16", "BF16")
"""What float32 values can be written as; the other dtypes are only passed on as they are stored."""

TOKENIZER_ARRAYS = ("tokenizer.vocabulary", "tokenizer.merges", "tokenizer.scores")
"""The bulky keys, left out of a checkpoint's `metadata`."""

FIELD_ORDER = (
    *("model_type", "name", "description", "author", "license", "data_source", "data_license", "version"),
    *("source", "original_format", "created_at", "total_size", "param_count", "quantization", "sharding"),
    *("chat_template", "chat_format", "special_tokens", "architecture", "hf_architecture", "hf_model_type"),
    *("hidden_size", "num_layers", "num_heads", "num_kv_heads", "vocab_size", "intermediate_size"),
    *("max_position_embeddings", "rope_theta", "rope_type", "rms_norm_eps", "head_dim", "num_experts"),
    *("num_experts_per_tok", "moe_intermediate_size"),
)
"""Known metadata fields in the order in which they are written; custom keys follow, sorted."""


def align(offset: int) -> int:
    """The next multiple of 64."""
    return -(-offset // ALIGNMENT) * ALIGNMENT


def header_checksum(header: bytes) -> int:
    """CRC-32 (zlib's) over the header without its own field."""
    return zlib.crc32(header[RESERVED_AT:HEADER_SIZE], zlib.crc32(header[:CHECKSUM_AT]))
