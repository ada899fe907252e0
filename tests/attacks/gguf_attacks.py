"""Every way in which a GGUF file can lie: how it is built, its refusal, and the byte where it shows."""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import Any

from attack import Attack, Data, Stage, file, sparse
from gguf_bytes import (
    ARRAY,
    BOOL,
    F32,
    F64,
    I32,
    I64,
    STRING,
    U8,
    U16,
    U32,
    U64,
    GGUFFile,
    array,
    scalar,
    string,
    text,
    u32,
)

GOOD = GGUFFile()
A, B = GOOD.tensors
KEY = GOOD.keys[0]
FIRST_KEY = 24
VALUE = FIRST_KEY + 8 + 20
"""Where the value of GOOD's only key starts."""
TENSORS = VALUE + 4 + 8 + 5
B_INFO = TENSORS + 8 + 8 + 4 + 16 + 4 + 8
DATA = 160
"""Where tensor a starts."""
LENGTH = len(GOOD.build())
X = FIRST_KEY + 8 + 1 + 4
"""Where the value of the key `x` of `value()` starts, after its type."""


def refused(data: Data, code: str, offset: int | None, at: Stage = "open") -> Attack:
    return file(data, code, offset, name="model.gguf", at=at)


def lie(**fields: Any) -> bytes:
    return replace(GOOD, **fields).build()


def lie_in_b(**fields: Any) -> bytes:
    return lie(tensors=(A, replace(B, **fields)))


def value(data: bytes) -> bytes:
    """A file whose first value, of the key `x`, is `data`: a type of four bytes, then what starts at X."""
    return lie(keys=(("x", data), KEY))


def alignment(data: bytes) -> Attack:
    return refused(
        lie(keys=(KEY, ("general.alignment", data))),
        "alignment",
        TENSORS + 8 + 17 + len(data),
    )


def nested(depth: int) -> bytes:
    return struct.pack("<I", ARRAY) + struct.pack("<IQ", ARRAY, 1) * depth + struct.pack("<IQ", U8, 0)


def strings(*values: str) -> bytes:
    return array(STRING, len(values), b"".join(map(string, values)))


def tokenizer(code: str = "tokenizer-broken", **changes: bytes | None) -> Attack:
    """A file whose tokenizer keys are good but for `changes`; None leaves a key out."""
    keys: dict[str, bytes | None] = {
        "model": text("gpt2"),
        "pre": text("gpt-2"),
        "tokens": strings("a", "b", "ab", "<end>"),
        "token_type": array(I32, 4, struct.pack("<4i", 1, 1, 1, 3)),
        "merges": strings("a b"),
        "eos_token_id": u32(3),
        **changes,
    }
    stated = tuple((f"tokenizer.ggml.{key}", data) for key, data in keys.items() if data is not None)
    return refused(lie(keys=(KEY, *stated)), code, None, "tokenizer")


def added_tokens(count: int) -> Attack:
    """A vocabulary of user-defined tokens and no other."""

    def data() -> bytes:
        tokens = strings(*(f"{number:05x}" for number in range(count)))
        types = array(I32, count, struct.pack("<i", 4) * count)
        stated = {"model": text("gpt2"), "tokens": tokens, "token_type": types}
        return lie(keys=(KEY, *((f"tokenizer.ggml.{key}", value) for key, value in stated.items())))

    return refused(data, "array-length", None, "tokenizer")


def carried(json_text: str, code: str) -> Attack:
    """A file that carries this as what `.apr` metadata a GGUF has no keys for."""
    return refused(lie(keys=(KEY, ("shipworthy.apr_metadata", text(json_text)))), code, None)


HEADER: dict[str, Attack] = {
    "nothing but the magic": refused(b"GGUF", "truncated", 0),
    "half a magic": refused(b"GG", "truncated", 2),
    "cut inside the counts": refused(GOOD.build()[:20], "truncated", 0),
    "version zero": refused(lie(version=0), "version", 4),
    "version one": refused(lie(version=1), "version", 4),
    "version four": refused(lie(version=4), "version", 4),
    "big-endian": refused(lie(version=3 << 24), "byte-order", 4),
    "2^64 - 1 tensors": refused(lie(tensor_count=2**64 - 1), "tensor-count", 8),
    "2^64 - 1 keys": refused(lie(key_count=2**64 - 1), "key-count", 16),
    "100,000 keys, of which there is one": refused(lie(key_count=100_000), "key-count", 16),
    "a key more than there is": refused(lie(key_count=2), "string-length", TENSORS + 22),
    "a tensor more than there is": refused(lie(tensor_count=3), "tensor-rank", DATA - 3),
    "a tensor less than there is": refused(lie(tensor_count=1), "trailing-bytes", DATA),
    "no tensor, of which there are two": refused(lie(tensor_count=0), "trailing-bytes", 96),
}

KEYS_AND_VALUES: dict[str, Attack] = {
    "key twice": refused(lie(keys=(KEY, KEY)), "key-duplicate", TENSORS),
    "key not UTF-8": refused(lie(keys=((b"\xff", u32(1)),)), "string-encoding", FIRST_KEY + 8),
    "key of 70,000 bytes": refused(lie(keys=(("k" * 70_000, u32(1)),)), "string-length", FIRST_KEY),
    "value of type 13": refused(value(scalar(13, "I", 0)), "value-type", X),
    "value of type 2^32 - 1": refused(value(scalar(2**32 - 1, "I", 0)), "value-type", X),
    "array of type 13": refused(value(array(13, 1, bytes(8))), "value-type", X),
    "string of 2^64 - 1 bytes": refused(value(struct.pack("<IQ", STRING, 2**64 - 1)), "string-length", X),
    "string of 2^63 bytes": refused(value(struct.pack("<IQ", STRING, 2**63)), "string-length", X),
    "string past the end": refused(value(struct.pack("<IQ", STRING, 5000)), "truncated", X),
    "string not UTF-8": refused(value(text(b"\xc3\x28")), "string-encoding", X + 8),
    "string with half a surrogate pair": refused(value(text(b"\xed\xa0\x80")), "string-encoding", X + 8),
    "boolean of 2": refused(value(scalar(BOOL, "B", 2)), "bool", X),
    "boolean of 7 in an array": refused(value(array(BOOL, 3, b"\0\1\7")), "bool", X + 14),
    "array of 2^64 - 1 bytes": refused(value(array(U8, 2**64 - 1, b"")), "array-length", X + 4),
    "array of 2^62 integers, 2^64 bytes": refused(value(array(I32, 2**62, b"")), "array-length", X + 4),
    "array of 2^61 numbers, 2^64 bytes": refused(value(array(F64, 2**61, b"")), "array-length", X + 4),
    "array of 2^22 integers, and nothing behind": refused(
        value(array(U32, 2**22, b"")), "array-length", X + 4
    ),
    "array past the end": refused(value(array(U64, 100, b"")), "array-length", X + 4),
    "array of strings past the end": refused(value(array(STRING, 100, b"")), "array-length", X + 4),
    "array of arrays past the end": refused(value(array(ARRAY, 100, b"")), "array-length", X + 4),
    "array of strings, the last past the end": refused(
        value(array(STRING, 2, string("a") + struct.pack("<Q", 900))), "truncated", X + 12 + 9
    ),
    "a vocabulary of 2^40 strings": refused(
        lie(keys=(KEY, ("tokenizer.ggml.tokens", array(STRING, 2**40, string("a"))))),
        "array-length",
        TENSORS + 8 + 21 + 4 + 4,
    ),
    "arrays 3,000 deep": refused(value(nested(3000)), "array-nesting", X + 48),
    "arrays 5 deep": refused(value(nested(5)), "array-nesting", X + 48),
    "3,000 arrays side by side, the last past the end": refused(
        value(array(ARRAY, 3000, struct.pack("<IQ", U8, 0) * 2999 + struct.pack("<IQ", U8, 2**40))),
        "array-length",
        X + 12 + 12 * 2999 + 4,
    ),
    "2.2 million bytes as an array, and no tensor": refused(
        lambda: lie(keys=(KEY, ("x", array(U8, 2_200_000, bytes(2_200_000)))), tensors=(), tensor_count=1),
        "truncated",
        TENSORS + 8 + 1 + 4 + 12 + 2_200_000,
    ),
    "two million strings of two bytes": refused(
        lambda: value(array(STRING, 1 << 21, string("ab") * (1 << 21))), "array-length", X + 4
    ),
    "four million integers": refused(
        lambda: value(array(U32, 1 << 22, bytes(4 << 22))), "array-length", X + 4
    ),
    "a million empty arrays": refused(
        lambda: value(array(ARRAY, 1 << 20, struct.pack("<IQ", U8, 0) * (1 << 20))), "array-length", X + 4
    ),
    "60,000 arrays, each in three others": refused(
        lambda: value(
            array(ARRAY, 60_000, (struct.pack("<IQ", ARRAY, 1) * 2 + struct.pack("<IQ", U8, 0)) * 60_000)
        ),
        "array-length",
        X + 4,
    ),
    "a text of 16 MB": refused(lambda: value(text("🙂" * 4_000_000)), "string-length", X),
    "350,000 texts of 20 smiles": refused(
        lambda: value(array(STRING, 350_000, string("🙂" * 20) * 350_000)),
        "array-length",
        X + 12 + 298 * 256 * 88,
    ),
    "600,000 texts of 5 smiles": refused(
        lambda: value(array(STRING, 600_000, string("🙂" * 5) * 600_000)),
        "array-length",
        X + 4,
    ),
    "eight million empty strings": refused(
        lambda: value(array(STRING, 1 << 23, bytes(8 << 23))), "array-length", X + 4
    ),
    "300 keys of 65,000 letters and a smile": refused(
        lambda: lie(keys=(*((f"{n:03}🙂" + "k" * 65_000, u32(1)) for n in range(300)), KEY)),
        "array-length",
        FIRST_KEY + 162 * (8 + 3 + 4 + 65_000 + 8),
    ),
    "50,000 tensors of nothing": refused(
        lambda: lie(tensors=tuple(replace(A, name=f"{n:05}", dims=(0,), data=b"") for n in range(50_000))),
        "tensor-count",
        TENSORS + 25_827 * (8 + 5 + 4 + 8 + 12),
    ),
    "320,000 tokens of two bytes": refused(
        lambda: lie(keys=(("tokenizer.ggml.tokens", array(STRING, 320_000, string("ab") * 320_000)), KEY)),
        "array-length",
        FIRST_KEY + 8 + 21 + 4 + 4,
    ),
    "split.count of text": refused(lie(keys=(KEY, ("split.count", text("many")))), "split-file", None),
    "part of a split file": refused(
        lie(keys=(KEY, ("split.count", scalar(U16, "H", 3)))), "split-file", None
    ),
}

ALIGNMENT: dict[str, Attack] = {
    "alignment of zero": alignment(u32(0)),
    "alignment of 3": alignment(u32(3)),
    "alignment of 2^31": alignment(u32(2**31)),
    "alignment of 2^63": alignment(scalar(U64, "Q", 2**63)),
    "alignment of -32": alignment(scalar(I64, "q", -32)),
    "alignment of 'a'": alignment(text("a")),
    "alignment of true": alignment(scalar(BOOL, "B", 1)),
    "alignment of 32.0": alignment(scalar(F32, "f", 32.0)),
    "alignment of [32]": alignment(array(U32, 1, struct.pack("<I", 32))),
}

TENSOR_INFOS: dict[str, Attack] = {
    "five dimensions": refused(lie_in_b(dims=(1,) * 5), "tensor-rank", B_INFO),
    "2^32 - 1 dimensions": refused(lie_in_b(rank=2**32 - 1), "tensor-rank", B_INFO),
    "elements that wrap around 2^64 to 32": refused(
        lie_in_b(dims=(2**63, 2, 32)), "tensor-shape-overflow", B_INFO
    ),
    "a dimension of 2^64 - 1 beside one of zero": refused(
        lie_in_b(dims=(2**64 - 1, 0)), "tensor-shape-overflow", B_INFO
    ),
    "a dimension of 2^62 beside one of zero": refused(
        lie_in_b(dims=(0, 2**62), dtype=0, data=b""), "tensor-shape-overflow", B_INFO
    ),
    "bytes that wrap around 2^64 to four": refused(
        lie_in_b(dims=(2**62 + 1,), dtype=0), "tensor-shape-overflow", B_INFO
    ),
    "dtype that was removed": refused(lie_in_b(dtype=4), "tensor-dtype", B_INFO),
    "dtype 999": refused(lie_in_b(dtype=999), "tensor-dtype", B_INFO),
    "dtype 2^32 - 1": refused(lie_in_b(dtype=2**32 - 1), "tensor-dtype", B_INFO),
    "q8_0 with a row of 33": refused(lie_in_b(dims=(33,)), "tensor-block", B_INFO),
    "q8_0 without dimensions": refused(lie_in_b(dims=()), "tensor-block", B_INFO),
    "q4_k with a row of 32": refused(lie_in_b(dtype=12), "tensor-block", B_INFO),
    "tensor larger than the file": refused(lie_in_b(dims=(3200,)), "truncated", LENGTH),
    "tensor of 2^62 bytes": refused(lie_in_b(dims=(2**31, 2**29), dtype=0), "truncated", LENGTH + 32),
    "two tensors on the same bytes": refused(lie_in_b(offset=0), "tensor-offset", B_INFO),
    "offset that leaves a gap": refused(lie_in_b(offset=64), "tensor-offset", B_INFO),
    "offset near 2^64": refused(lie_in_b(offset=2**64 - 32), "tensor-offset", B_INFO),
    "offset not aligned": refused(lie_in_b(offset=33), "tensor-offset", B_INFO),
    "tensor name twice": refused(lie_in_b(name="a.weight"), "tensor-name-duplicate", B_INFO),
    "tensor name not UTF-8": refused(lie_in_b(name=b"b\xff"), "string-encoding", B_INFO + 8),
    "tensor name of 5,000 bytes": refused(lie_in_b(name="b" * 5000), "string-length", B_INFO),
    "two spellings of one tensor": refused(
        lie(tensors=(replace(A, name="token_embd.weight"), replace(B, name="model.embed_tokens.weight"))),
        "tensor-name-duplicate",
        None,
    ),
}

LENGTHS: dict[str, Attack] = {
    "data cut": refused(GOOD.build()[:-40], "truncated", LENGTH - 40),
    "cut to 4.5 % of its length": refused(
        lie_in_b(dims=(320_000,), data=bytes(340_000))[:15_300], "truncated", 15_300
    ),
    "cut inside a tensor's name": refused(GOOD.build()[: TENSORS + 10], "truncated", TENSORS),
    "bytes after the last tensor": refused(lie(tail=bytes(32)), "trailing-bytes", LENGTH),
    "the file twice": refused(GOOD.build() * 2, "trailing-bytes", LENGTH),
    "a terabyte of zeros after the last tensor": sparse(
        GOOD.build(), 1 << 40, "trailing-bytes", LENGTH, name="model.gguf"
    ),
}

CARRIED: dict[str, Attack] = {
    "carried metadata a number": refused(
        lie(keys=(KEY, ("shipworthy.apr_metadata", u32(1)))), "carried-json", None
    ),
    "carried metadata not JSON": carried("{", "carried-json"),
    "carried metadata a list": carried("[]", "carried-not-an-object"),
    "carried metadata with a key twice": carried('{"a":1,"a":2}', "carried-duplicate-key"),
    "carried metadata with NaN": carried('{"a":NaN}', "carried-not-finite"),
    "carried metadata with half a surrogate pair": carried(r'{"a":"\ud800"}', "carried-encoding"),
    "carried metadata with something after it": carried("{}{}", "carried-trailing-bytes"),
    "carried metadata 40 deep": carried('{"a":' * 40 + "1" + "}" * 40, "carried-depth"),
    "carried metadata of 340,000 lists": carried('{"a":[' + "[]," * 340_000 + "0]}", "carried-values"),
    "carried metadata that contradicts the file": carried('{"architecture":"qwen2"}', "metadata-conflict"),
    "carried metadata under an alias": carried('{"n_embd":64}', "metadata-conflict"),
    "a vocabulary that is carried": carried('{"tokenizer.vocabulary":["a"]}', "metadata-conflict"),
}

TOKENIZER: dict[str, Attack] = {
    "merges that name an unknown token": tokenizer(merges=strings("a b", "a zzz")),
    "a merge that makes an unknown token": tokenizer(merges=strings("b a")),
    "a merge of one part": tokenizer(merges=strings("ab")),
    "merges that are numbers": tokenizer(merges=array(I32, 1, bytes(4))),
    "no merges": tokenizer(merges=None),
    "a vocabulary of nothing": tokenizer(tokens=strings(), token_type=None, eos_token_id=None),
    "a vocabulary with a token twice": tokenizer(tokens=strings("a", "b", "ab", "a")),
    "a vocabulary of numbers": tokenizer(tokens=array(I32, 1, bytes(4))),
    "a vocabulary of text": tokenizer(tokens=text("ab")),
    "an end of text past the vocabulary": tokenizer(eos_token_id=u32(4)),
    "an end of text of 2^32 - 1": tokenizer(eos_token_id=u32(2**32 - 1)),
    "an end of text of -1": tokenizer(eos_token_id=scalar(I64, "q", -1)),
    "an end of text of true": tokenizer(eos_token_id=scalar(BOOL, "B", 1)),
    "fewer types than tokens": tokenizer(token_type=array(I32, 1, struct.pack("<i", 1))),
    "300,000 tokens, all of them added ones": added_tokens(300_000),
    "types that are infinite": tokenizer(token_type=array(F32, 4, struct.pack("<f", float("inf")) * 4)),
    "types that are words": tokenizer(token_type=strings("x", "x", "x", "x")),
    "types that are NaN": tokenizer(token_type=array(F32, 4, struct.pack("<f", float("nan")) * 4)),
    "a type that is one number": tokenizer(token_type=u32(1)),
    "a BOS to add, and none named": tokenizer(add_bos_token=scalar(BOOL, "B", 1)),
    "an added token of no text": tokenizer(tokens=strings("a", "b", "ab", "")),
}

GGUF_ATTACKS = HEADER | KEYS_AND_VALUES | ALIGNMENT | TENSOR_INFOS | LENGTHS | CARRIED | TOKENIZER
"""Files that start as a GGUF does."""

BULKY: dict[str, tuple[tuple[str, bytes], ...]] = {
    "2.2 MB of bytes": (("x", array(U8, 2_200_000, bytes(2_200_000))),),
    "100,000 empty strings": (("x", array(STRING, 100_000, bytes(8 * 100_000))),),
    "100,000 strings of two bytes": (("x", array(STRING, 100_000, string("ab") * 100_000)),),
    "5,000 empty arrays": (("x", array(ARRAY, 5_000, struct.pack("<IQ", U8, 0) * 5_000)),),
    "6,000 keys": tuple((f"k{index}", array(F32, 0, b"")) for index in range(6_000)),
}
"""Keys that cost the readers of others seconds or gigabytes."""


def bulky(name: str) -> bytes:
    """A good file with these keys."""
    return replace(GOOD, keys=BULKY[name]).build()
