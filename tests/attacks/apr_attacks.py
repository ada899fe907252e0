"""Every way in which an `.apr` file can lie: how it is built, its refusal, and the byte where it shows."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from apr_bytes import AprFile, AprTensor, with_byte
from attack import Attack, Data, Stage, file, sparse

GOOD = AprFile()
A, B = GOOD.tensors
INDEX, DATA, END = 128, 256, 388
"""Where the sections of GOOD start, and its length."""
B_ENTRY = INDEX + 2 + 8 + 2 + 16 + 16
B_NAME, B_DTYPE, B_SHAPE, B_OFFSET = B_ENTRY + 2, B_ENTRY + 10, B_ENTRY + 12, B_ENTRY + 20
AFTER_A, LAST = DATA + 24, END - 5
"""The first byte of padding after tensor a, and the last byte of padding in the file."""


def refused(data: Data, code: str, offset: int | None, at: Stage = "open") -> Attack:
    return file(data, code, offset, name="model.apr", at=at)


def lie(**fields: Any) -> bytes:
    return replace(GOOD, **fields).build()


def lie_in_b(**fields: Any) -> bytes:
    return lie(tensors=(A, replace(B, **fields)))


def metadata(text: str | bytes) -> bytes:
    return lie(metadata=text.encode() if isinstance(text, str) else text)


def stated(**fields: Any) -> bytes:
    """A file whose metadata is these fields."""
    return metadata(json.dumps({"architecture": "llama", **fields}))


def tokenizer(own: Mapping[str, Any] | None = None, **changes: Any) -> Attack:
    """A file whose tokenizer keys are good but for `changes`; `own` replaces parts of our own key."""
    keys = {
        "tokenizer.vocabulary": ["a", "b", "ab", "<end>"],
        "tokenizer.merges": ["a b"],
        "tokenizer.eos_token_id": 3,
        "shipworthy.tokenizer": {
            "pre": "gpt-2",
            "added_tokens": [{"id": 3, "content": "<end>", "special": True}],
            "components": {"model": {}},
            **(own or {}),
        },
    }
    changed = {f"tokenizer.{key}": value for key, value in changes.items()}
    return refused(stated(**{**keys, **changed}), "tokenizer-broken", None, at="tokenizer")


def flag(bits: int) -> Attack:
    return refused(lie(flags=0x0400 | bits), "unsupported-flag", 6)


HEADER: dict[str, Attack] = {
    "nothing but the magic": refused(b"APR\0", "truncated", 4),
    "half a magic": refused(b"AP", "truncated", 2),
    "one byte": refused(b"A", "truncated", 1),
    "version one, APRN": refused(b"APRN" + GOOD.build()[4:], "version", 0),
    "version one, APR1": refused(b"APR1" + GOOD.build()[4:], "version", 0),
    "version three": refused(lie(version=(3, 0)), "version", 4),
    "version two point one": refused(lie(version=(2, 1)), "version", 4),
    "header checksum wrong": refused(lie(header_crc=1), "header-crc", 40),
    "header checksum that covers its own field": refused(
        lie(header_crc=zlib.crc32(GOOD.build()[:64])), "header-crc", 40
    ),
    "reserved byte set": refused(lie(reserved=bytes(19) + b"\1"), "reserved-bytes", 63),
    "lz4": flag(0x0001),
    "zstd": flag(0x0002),
    "encrypted": flag(0x0004),
    "signed, with no signature to check": flag(0x0008),
    "sharded": flag(0x0010),
    "column major": flag(0x0800),
    "flag that nobody defined": flag(0x8000),
    "metadata does not follow the header": refused(lie(metadata_offset=128), "section-order", 12),
    "metadata at 2^64 - 64": refused(lie(metadata_offset=2**64 - 64), "section-order", 12),
    "metadata of four gigabytes": refused(lie(metadata_size=0xFFFFFFFF), "metadata-size", 20),
    "metadata longer than the file": refused(lie(metadata_size=4000), "section-order", 24),
    "index before metadata": refused(lie(index_offset=0), "section-order", 24),
    "index after a gap": refused(lie(index_offset=192), "section-order", 24),
    "index offset near 2^64": refused(lie(index_offset=2**64 - 64), "section-order", 24),
    "data before index": refused(lie(data_offset=64), "section-order", 32),
    "data not aligned": refused(lie(data_offset=257), "section-order", 32),
    "data offset near 2^64": refused(lie(data_offset=2**64 - 64), "truncated", END),
    "data past the end": refused(lie(data_offset=1 << 20), "truncated", END),
    "data after a gap": refused(lie(data_offset=320), "section-order", 32),
    "four billion tensors": refused(lie(tensor_count=0xFFFFFFFF), "tensor-count", 8),
}

INDEX_ENTRIES: dict[str, Attack] = {
    "a tensor more than the index has": refused(lie(tensor_count=3), "tensor-name-empty", INDEX + 80),
    "a tensor less than the index has": refused(lie(tensor_count=1), "section-order", 32),
    "ten thousand tensors, the second named as the first": refused(
        lie(tensors=(AprTensor(b"t", 0, (0,), b""),) * 3, tensor_count=10_000),
        "tensor-name-duplicate",
        INDEX + 29 + 2,
    ),
    "a million tensors in a file of 388 bytes": refused(lie(tensor_count=1 << 20), "tensor-count", 8),
    "name without bytes": refused(lie_in_b(name=b""), "tensor-name-empty", B_ENTRY),
    "name of 257 bytes": refused(lie_in_b(name=b"b" * 257), "tensor-name-length", B_ENTRY),
    "name longer than the index": refused(lie_in_b(name_length=250), "index-overrun", B_NAME),
    "name not UTF-8": refused(lie_in_b(name=b"b\xff"), "tensor-name-encoding", B_NAME),
    "name twice": refused(lie_in_b(name=A.name), "tensor-name-duplicate", B_NAME),
    "names not sorted": refused(lie_in_b(name=b"a.veight"), "tensor-name-unsorted", B_NAME),
    "dtype that readers disagree on": refused(lie_in_b(dtype=8), "tensor-dtype-ambiguous", B_DTYPE),
    "dtype unknown": refused(lie_in_b(dtype=77), "tensor-dtype", B_DTYPE),
    "nine dimensions": refused(lie_in_b(dims=(1,) * 9), "tensor-rank", B_DTYPE + 1),
    "255 dimensions": refused(lie_in_b(rank=255), "tensor-rank", B_DTYPE + 1),
    "elements that wrap around 2^64 to five": refused(
        lie_in_b(dims=(2**63, 2, 5)), "tensor-shape-overflow", B_SHAPE
    ),
    "a dimension of 2^64 - 1 beside one of zero": refused(
        lie_in_b(dims=(2**64 - 1, 0)), "tensor-shape-overflow", B_SHAPE
    ),
    "a dimension of 2^62 beside one of zero": refused(
        lie_in_b(dtype=0, dims=(2**62, 0), data=b""), "tensor-shape-overflow", B_SHAPE
    ),
    "quantized elements past 2^63": refused(
        lie_in_b(dtype=14, dims=(2**31, 2**31, 256), size=2**64 - 1), "tensor-shape-overflow", B_SHAPE
    ),
    "bytes that wrap around 2^64 to five": refused(
        lie_in_b(dtype=0, dims=(2**62 + 1,), size=4), "tensor-shape-overflow", B_SHAPE
    ),
    "size is not dtype times shape": refused(lie_in_b(size=12), "tensor-size", B_OFFSET + 8),
    "size of 2^64 - 1": refused(lie_in_b(size=2**64 - 1), "tensor-size", B_OFFSET + 8),
    "two tensors on the same bytes": refused(lie_in_b(offset=0), "tensor-offset", B_OFFSET),
    "offset that leaves a gap": refused(lie_in_b(offset=128), "tensor-offset", B_OFFSET),
    "offset not aligned": refused(lie_in_b(offset=24), "tensor-offset", B_OFFSET),
    "offset near 2^64": refused(lie_in_b(offset=2**64 - 64), "tensor-offset", B_OFFSET),
    "q4_k with a row of 128": refused(lie_in_b(dtype=12, dims=(2, 128)), "tensor-block", B_SHAPE),
    "q6_k without dimensions": refused(lie_in_b(dtype=14, dims=()), "tensor-block", B_SHAPE),
}

LENGTH_AND_PADDING: dict[str, Attack] = {
    "cut inside the header": refused(GOOD.build()[:40], "truncated", 40),
    "cut inside the index": refused(GOOD.build()[:200], "truncated", 200),
    "cut inside the data": refused(GOOD.build()[:300], "truncated", 300),
    "cut to 4.5 % of its length": refused(
        lie_in_b(dims=(100_000,), data=bytes(200_000))[:9_000], "truncated", 9_000
    ),
    "footer missing": refused(GOOD.build()[:-4], "truncated", END - 4),
    "half a footer": refused(GOOD.build()[:-2], "truncated", END - 2),
    "bytes after the footer": refused(lie(tail=b"x"), "trailing-bytes", END),
    "the file twice": refused(GOOD.build() * 2, "trailing-bytes", END),
    "a terabyte of zeros after the footer": sparse(
        GOOD.build(), 1 << 40, "trailing-bytes", END, name="model.apr"
    ),
    "padding of the metadata not zero": refused(with_byte(GOOD.build(), 127, 1), "nonzero-padding", 127),
    "padding of the index not zero": refused(with_byte(GOOD.build(), 255, 1), "nonzero-padding", 255),
    "footer wrong": refused(lie(footer=0), "footer-crc", END - 4, "verify"),
    "one bit of a weight changed": refused(
        GOOD.build()[: DATA + 3] + b"\x01" + GOOD.build()[DATA + 4 :], "footer-crc", END - 4, "verify"
    ),
    "padding after the first tensor not zero": refused(
        with_byte(GOOD.build(), AFTER_A, 9), "nonzero-padding", AFTER_A, "verify"
    ),
    "padding after the last tensor not zero": refused(
        with_byte(GOOD.build(), LAST, 9), "nonzero-padding", LAST, "verify"
    ),
}

METADATA: dict[str, Attack] = {
    "metadata empty": refused(metadata(""), "metadata-json", 64),
    "metadata a list": refused(metadata("[1]"), "metadata-not-an-object", 64),
    "metadata null": refused(metadata("null"), "metadata-not-an-object", 64),
    "metadata cut": refused(metadata('{"a":'), "metadata-json", 69),
    "metadata with a key twice": refused(metadata('{"a":1,"a":100}'), "metadata-duplicate-key", 71),
    "metadata with one key in two spellings": refused(
        metadata(r'{"a":1,"\u0061":100}'), "metadata-duplicate-key", 65
    ),
    "metadata with a nested key twice": refused(
        metadata('{"x":{"a":1,"a":2}}'), "metadata-duplicate-key", 76
    ),
    "metadata with NaN": refused(metadata('{"a":NaN}'), "metadata-not-finite", 69),
    "metadata with Infinity": refused(metadata('{"a":-Infinity}'), "metadata-not-finite", 69),
    "metadata with 1e999": refused(metadata('{"a":1e999}'), "metadata-not-finite", 64),
    "metadata with an integer of 400 digits": refused(
        metadata('{"a":' + "9" * 400 + "}"), "metadata-not-finite", 69
    ),
    "metadata with an integer of 5,000 digits": refused(
        metadata('{"a":' + "9" * 5000 + "}"), "metadata-json", 64
    ),
    "metadata with a million digits": refused(
        lambda: metadata('{"a":' + "9" * 1_000_000 + "}"), "metadata-json", 64
    ),
    "metadata with bytes after it": refused(metadata('{"a":1} {}'), "metadata-trailing-bytes", 72),
    "metadata that ends in zeros": refused(metadata(b'{"a":1}\0'), "metadata-trailing-bytes", 71),
    "metadata with a comment": refused(metadata('{"a":1/*2*/}'), "metadata-json", 70),
    "metadata 40 deep": refused(metadata('{"a":' * 40 + "1" + "}" * 40), "metadata-depth", 64),
    "metadata 100,000 deep": refused(
        lambda: metadata('{"a":' * 100_000 + "1" + "}" * 100_000), "metadata-depth", 64
    ),
    "metadata 100,000 lists deep": refused(metadata('{"a":' + "[" * 100_000), "metadata-depth", 64),
    "metadata not UTF-8": refused(metadata(b'{"a":"\xff"}'), "metadata-encoding", 70),
    "metadata in UTF-16": refused(metadata('{"a":1}'.encode("utf-16-le")), "metadata-json", 65),
    "metadata with half a surrogate pair": refused(metadata(r'{"a":"\ud800"}'), "metadata-encoding", 64),
    "metadata with a byte order mark": refused(metadata(b"\xef\xbb\xbf{}"), "metadata-json", 64),
    "metadata one byte too long": refused(
        lambda: metadata(b'{"a":"' + b"x" * 16_000_000 + b'"}'), "metadata-size", 20
    ),
    "metadata of five million empty lists": refused(
        lambda: metadata('{"a":[' + "[]," * 5_000_000 + "[]]}"), "metadata-values", 64
    ),
    "metadata of two million objects of one key": refused(
        lambda: metadata('{"a":[' + '{"":0},' * 2_000_000 + "0]}"), "metadata-values", 64
    ),
    "metadata of 300,000 fields": refused(
        lambda: metadata("{" + ",".join(f'"{index:x}":0' for index in range(300_000)) + "}"),
        "metadata-values",
        64,
    ),
    "metadata of 4 million smiles": refused(
        lambda: metadata('{"a":"' + "🙂" * 3_900_000 + '"}'), "metadata-values", 64
    ),
    "metadata of 12 million letters and one escaped smile": refused(
        lambda: metadata('{"a":"' + "x" * 12_000_000 + r'\ud83d\ude42"}'), "metadata-values", 64
    ),
    "hidden_size under two names, with two values": refused(
        stated(hidden_size=64, n_embd=128), "metadata-alias-conflict", None, "config"
    ),
    "num_layers under three names, with three values": refused(
        stated(num_layers=2, n_layers=3, num_hidden_layers=4), "metadata-alias-conflict", None, "config"
    ),
}

TOKENIZER: dict[str, Attack] = {
    "merges that name an unknown token": tokenizer(merges=["a b", "a zzz"]),
    "a merge that makes an unknown token": tokenizer(merges=["b a"]),
    "a merge of one part": tokenizer(merges=["ab"]),
    "a merge that is a number": tokenizer(merges=[1]),
    "merges that are an object": tokenizer(merges={"a": "b"}),
    "a vocabulary of nothing": tokenizer(vocabulary=[]),
    "a vocabulary with a token twice": tokenizer(vocabulary=["a", "b", "ab", "<end>", "a"]),
    "a vocabulary that is a string": tokenizer(vocabulary="ab"),
    "a vocabulary of numbers": tokenizer(vocabulary=[1, 2]),
    "an end of text past the vocabulary": tokenizer(eos_token_id=4),
    "an end of text of -1": tokenizer(eos_token_id=-1),
    "an end of text of true": tokenizer(eos_token_id=True),
    "an end of text of 3.5": tokenizer(eos_token_id=3.5),
    "an added token past the vocabulary": tokenizer(
        own={"added_tokens": [{"id": 99, "content": "<end>", "special": True}]}
    ),
    "an added token under another's id": tokenizer(
        own={"added_tokens": [{"id": 0, "content": "<end>", "special": True}]}
    ),
    "an added token with an unknown flag": tokenizer(
        own={"added_tokens": [{"id": 3, "content": "<end>", "special": True, "run": "me"}]}
    ),
    "an added token whose id is a word": tokenizer(
        own={"added_tokens": [{"id": "3", "content": "<end>", "special": True}]}
    ),
    "components without a model": tokenizer(own={"components": {"decoder": {"type": "ByteLevel"}}}),
    "a model that is a number": tokenizer(own={"components": {"model": 5}}),
    "a decoder that is text": tokenizer(own={"components": {"model": {}, "decoder": "ByteLevel"}}),
    "a component that nobody knows": tokenizer(own={"components": {"model": {}, "run": {"type": "me"}}}),
    "our own key a list": refused(
        stated(**{"tokenizer.vocabulary": ["a"], "shipworthy.tokenizer": []}),
        "tokenizer-broken",
        None,
        "tokenizer",
    ),
    "merges that name an unknown token, as others write them": refused(
        stated(**{"tokenizer.vocabulary": ["a", "b"], "tokenizer.merges": ["a zzz"]}),
        "tokenizer-broken",
        None,
        "tokenizer",
    ),
    "an end of text past the vocabulary, as others write it": refused(
        stated(**{"tokenizer.vocabulary": ["a", "b"], "tokenizer.eos_token_id": 2}),
        "tokenizer-broken",
        None,
        "tokenizer",
    ),
}

APR_ATTACKS = HEADER | INDEX_ENTRIES | LENGTH_AND_PADDING | METADATA | TOKENIZER
"""Files that start as an `.apr` does."""


def with_honest_checksums(data: bytes) -> bytes:
    """The bytes with header checksum and footer computed again, so that what lies behind them is reached."""
    if len(data) < 68:
        return data
    changed = bytearray(data)
    changed[40:44] = struct.pack("<I", zlib.crc32(changed[44:64], zlib.crc32(changed[:40])))
    changed[-4:] = struct.pack("<I", zlib.crc32(changed[:-4]))
    return bytes(changed)
