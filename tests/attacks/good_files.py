"""Small good files of each format that use much of it: what mutations start from."""

from __future__ import annotations

import json
import struct

from apr_attacks import GOOD as PLAIN_APR
from apr_bytes import AprFile, AprTensor
from gguf_attacks import GOOD as PLAIN_GGUF
from gguf_bytes import ARRAY, BOOL, F32, I32, U8, U32, GGUFFile, GGUFTensor, array, scalar, string, text, u32

METADATA = {
    "name": "small",
    "license": "apache-2.0",
    "quantization": {"quant_type": "q4", "bits": 4, "block_size": 32, "symmetric": True},
    "special_tokens": {"eos_token": "<end>"},
    "architecture": "llama",
    "hidden_size": 256,
    "num_layers": 1,
    "num_heads": 2,
    "num_kv_heads": 1,
    "vocab_size": 4,
    "intermediate_size": 32,
    "max_position_embeddings": 64,
    "rope_theta": 10000.0,
    "rms_norm_eps": 1e-05,
    "chat_template": "{{ messages }} 🙂",
}
TOKENIZER = {
    "tokenizer.vocabulary": ["a", "b", "ab", "<end>"],
    "tokenizer.merges": ["a b"],
    "tokenizer.eos_token_id": 3,
    "tokenizer.model_type": "gpt2",
    "shipworthy.tokenizer": {
        "pre": "gpt-2",
        "added_tokens": [{"id": 3, "content": "<end>", "special": True, "lstrip": False}],
        "unk_token_id": None,
        "pad_token_id": 3,
        "add_bos_token": False,
        "components": {"model": {"byte_fallback": False}, "decoder": {"type": "ByteLevel"}},
    },
}


def json_bytes(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


APR_FILES: dict[str, bytes] = {
    "plain": PLAIN_APR.build(),
    "nothing in it": AprFile(metadata=b"{}", tensors=()).build(),
    "a tokenizer": AprFile(metadata=json_bytes(METADATA | TOKENIZER), flags=0x0600, tensors=()).build(),
    "every dtype": AprFile(
        metadata=json_bytes(METADATA),
        tensors=(
            AprTensor(b"bf16", 30, (2, 2), b"\x80\x3f" * 4),
            AprTensor(b"empty", 0, (0, 5), b""),
            AprTensor(b"f16", 1, (3,), struct.pack("<3e", 1, 2, 3)),
            AprTensor(b"model.layers.0.self_attn.q_proj.weight", 0, (2, 1), struct.pack("<2f", 1, 2)),
            AprTensor(b"q4", 128, (2, 17), bytes(36)),
            AprTensor(b"q4_k", 12, (1, 256), bytes(144)),
            AprTensor(b"q6_k", 14, (256,), bytes(210)),
            AprTensor(b"q8", 129, (5,), struct.pack("<f5b", 0.5, *range(5))),
            AprTensor(b"scalar", 0, (), struct.pack("<f", 7)),
        ),
    ).build(),
}

_KEYS = (
    ("general.architecture", text("llama")),
    ("general.name", text("small")),
    ("general.alignment", u32(32)),
    ("llama.embedding_length", u32(8)),
    ("llama.block_count", u32(1)),
    ("llama.attention.head_count", u32(2)),
    ("llama.attention.head_count_kv", u32(1)),
    ("llama.rope.freq_base", scalar(F32, "f", 10000.0)),
    ("llama.rope.scaling.type", text("none")),
)
_STRINGS = b"".join(map(string, ("a", "b", "ab", "<end>")))

GGUF_FILES: dict[str, bytes] = {
    "plain": PLAIN_GGUF.build(),
    "version two": GGUFFile(version=2).build(),
    "nothing in it": GGUFFile(keys=(), tensors=()).build(),
    "every value": GGUFFile(
        keys=(
            *((f"k{kind}", scalar(kind, code, 1)) for kind, code in zip(range(8), "BbHhIif?", strict=True)),
            *((f"k{kind}", scalar(kind, code, 1)) for kind, code in zip((10, 11, 12), "Qqd", strict=True)),
            ("nested", array(ARRAY, 2, struct.pack("<IQB", U8, 1, 7) + struct.pack("<IQI", U32, 1, 9))),
            ("bools", array(BOOL, 3, b"\0\1\1")),
        ),
        tensors=(),
    ).build(),
    "a tokenizer": GGUFFile(
        keys=(
            ("general.architecture", text("llama")),
            ("tokenizer.ggml.model", text("gpt2")),
            ("tokenizer.ggml.pre", text("gpt-2")),
            ("tokenizer.ggml.tokens", array(8, 4, _STRINGS)),
            ("tokenizer.ggml.token_type", array(I32, 4, struct.pack("<4i", 1, 1, 1, 3))),
            ("tokenizer.ggml.merges", array(8, 1, string("a b"))),
            ("tokenizer.ggml.eos_token_id", u32(3)),
        ),
        tensors=(),
    ).build(),
    "a layer": GGUFFile(
        keys=_KEYS,
        tensors=(
            GGUFTensor("token_embd.weight", (8, 4), 1, bytes(64)),
            GGUFTensor("blk.0.attn_q.weight", (2, 4), 0, bytes(32)),
            GGUFTensor("blk.0.attn_k.weight", (2, 2), 30, bytes(8)),
            GGUFTensor("blk.0.ffn_up.weight", (32, 1), 2, bytes(18)),
            GGUFTensor("blk.0.ffn_down.weight", (256,), 12, bytes(144)),
            GGUFTensor("output_norm.weight", (), 0, bytes(4)),
        ),
    ).build(),
}


def safetensors(header: object, data: bytes) -> bytes:
    raw = header if isinstance(header, bytes) else json_bytes(header)
    return struct.pack("<Q", len(raw)) + raw + data


def _entry(dtype: str, shape: list[int], start: int, end: int) -> dict[str, object]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


SAFETENSORS_FILES: dict[str, bytes] = {
    "one": safetensors({"t": _entry("F32", [1], 0, 4)}, bytes(4)),
    "nothing in it": safetensors(b"{}", b""),
    "padded": safetensors(b'{"__metadata__":{"format":"pt"}}     ', b""),
    "many": safetensors(
        {
            "__metadata__": {"format": "pt"},
            "model.norm.weight": _entry("BF16", [2, 2], 0, 8),
            "é": _entry("F16", [3], 8, 14),
            "scalar": _entry("F64", [], 14, 22),
            "empty": _entry("I64", [0, 7], 22, 22),
            "bool": _entry("BOOL", [5], 22, 27),
        },
        bytes(27),
    ),
}
