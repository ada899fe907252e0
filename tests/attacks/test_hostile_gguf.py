"""Every way in which a GGUF file can lie is refused by name, fast, and before memory is spent on it."""

from __future__ import annotations

import struct
import time
import tracemalloc
from dataclasses import replace
from pathlib import Path

import pytest
from gguf_bytes import (
    ARRAY,
    BOOL,
    F32,
    I32,
    STRING,
    U8,
    U32,
    U64,
    GGUFFile,
    array,
    scalar,
    string,
    text,
    u32,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shipworthy.checkpoint import open_checkpoint
from shipworthy.errors import FileError

GOOD = GGUFFile()
A, B = GOOD.tensors
KEY = GOOD.keys[0]
VALUE = 24 + 8 + 20
"""Where the value of the first key starts."""
TENSORS = VALUE + 4 + 8 + 5
B_INFO = TENSORS + 8 + 8 + 4 + 16 + 4 + 8


def lie(**fields: object) -> bytes:
    return replace(GOOD, **fields).build()


def lie_in_b(**fields: object) -> bytes:
    return lie(tensors=(A, replace(B, **fields)))


def value(data: bytes) -> bytes:
    """A file whose first value, of the key `x`, is `data`; it starts at byte 33."""
    return lie(keys=(("x", data), KEY))


def nested(depth: int) -> bytes:
    return struct.pack("<I", ARRAY) + struct.pack("<IQ", ARRAY, 1) * depth + struct.pack("<IQ", U8, 0)


ATTACKS = {
    "nothing but the magic": (b"GGUF", "truncated"),
    "version one": (lie(version=1), "version"),
    "version four": (lie(version=4), "version"),
    "big-endian": (lie(version=3 << 24), "byte-order"),
    "2^64 - 1 tensors": (lie(tensor_count=2**64 - 1), "tensor-count"),
    "2^64 - 1 keys": (lie(key_count=2**64 - 1), "key-count"),
    "a key more than there is": (lie(key_count=2), None),
    "a tensor more than there is": (lie(tensor_count=3), None),
    "a tensor less than there is": (lie(tensor_count=1), "trailing-bytes"),
    "key twice": (lie(keys=(KEY, KEY)), "key-duplicate"),
    "key not UTF-8": (lie(keys=((b"\xff", u32(1)),)), "string-encoding"),
    "key of 70,000 bytes": (lie(keys=(("k" * 70_000, u32(1)),)), "string-length"),
    "value of type 13": (value(scalar(13, "I", 0)), "value-type"),
    "value of type 2^32 - 1": (value(scalar(2**32 - 1, "I", 0)), "value-type"),
    "array of type 13": (value(array(13, 1, bytes(8))), "value-type"),
    "string of 2^64 - 1 bytes": (value(struct.pack("<IQ", STRING, 2**64 - 1)), "string-length"),
    "string past the end": (value(struct.pack("<IQ", STRING, 5000)), "truncated"),
    "string not UTF-8": (value(text(b"\xc3\x28")), "string-encoding"),
    "boolean of 2": (value(scalar(BOOL, "B", 2)), "bool"),
    "boolean of 7 in an array": (value(array(BOOL, 3, b"\0\1\7")), "bool"),
    "array of 2^64 - 1 bytes": (value(array(U8, 2**64 - 1, b"")), "array-length"),
    "array of 2^62 integers, 2^64 bytes": (value(array(I32, 2**62, b"")), "array-length"),
    "array past the end": (value(array(U64, 100, b"")), "array-length"),
    "array of strings past the end": (value(array(STRING, 100, b"")), "array-length"),
    "array of strings, the last past the end": (
        value(array(STRING, 2, string("a") + struct.pack("<Q", 900))),
        "truncated",
    ),
    "arrays 3,000 deep": (value(nested(3000)), "array-nesting"),
    "arrays 5 deep": (value(nested(5)), "array-nesting"),
    "alignment of zero": (lie(keys=(KEY, ("general.alignment", u32(0)))), "alignment"),
    "alignment of 3": (lie(keys=(KEY, ("general.alignment", u32(3)))), "alignment"),
    "alignment of 2^31": (lie(keys=(KEY, ("general.alignment", u32(2**31)))), "alignment"),
    "alignment of 'a'": (lie(keys=(KEY, ("general.alignment", text("a")))), "alignment"),
    "alignment of true": (lie(keys=(KEY, ("general.alignment", scalar(BOOL, "B", 1)))), "alignment"),
    "five dimensions": (lie_in_b(dims=(1,) * 5), "tensor-rank"),
    "2^32 - 1 dimensions": (lie_in_b(rank=2**32 - 1), "tensor-rank"),
    "elements that wrap around 2^64 to 32": (lie_in_b(dims=(2**63, 2, 32)), "tensor-shape-overflow"),
    "a dimension of 2^64 - 1 beside one of zero": (lie_in_b(dims=(2**64 - 1, 0)), "tensor-shape-overflow"),
    "dtype that was removed": (lie_in_b(dtype=4), "tensor-dtype"),
    "dtype 999": (lie_in_b(dtype=999), "tensor-dtype"),
    "q8_0 with a row of 33": (lie_in_b(dims=(33,)), "tensor-block"),
    "q4_k with a row of 32": (lie_in_b(dtype=12), "tensor-block"),
    "tensor larger than the file": (lie_in_b(dims=(3200,)), "truncated"),
    "tensor of 2^62 bytes": (lie_in_b(dims=(2**31, 2**30), dtype=0), "truncated"),
    "two tensors on the same bytes": (lie_in_b(offset=0), "tensor-offset"),
    "offset that leaves a gap": (lie_in_b(offset=64), "tensor-offset"),
    "offset near 2^64": (lie_in_b(offset=2**64 - 32), "tensor-offset"),
    "offset not aligned": (lie_in_b(offset=33), "tensor-offset"),
    "tensor name twice": (lie_in_b(name="a.weight"), "tensor-name-duplicate"),
    "tensor name of 5,000 bytes": (lie_in_b(name="b" * 5000), "string-length"),
    "two spellings of one tensor": (
        lie(tensors=(replace(A, name="token_embd.weight"), replace(B, name="model.embed_tokens.weight"))),
        "tensor-name-duplicate",
    ),
    "data cut": (GOOD.build()[:-40], "truncated"),
    "bytes after the last tensor": (lie(tail=bytes(32)), "trailing-bytes"),
    "part of a split file": (lie(keys=(KEY, ("split.count", scalar(2, "H", 3)))), "split-file"),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_a_hostile_gguf_is_refused_by_name(name: str, tmp_path: Path) -> None:
    data, code = ATTACKS[name]
    path = tmp_path / "hostile.gguf"
    path.write_bytes(data)
    with pytest.raises(FileError) as refusal:
        open_checkpoint(path)
    assert refusal.value.code == code or code is None
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "offset"),
    [
        ("version one", 4),
        ("2^64 - 1 tensors", 8),
        ("2^64 - 1 keys", 16),
        ("boolean of 7 in an array", 33 + 16 + 2),
        ("array of 2^64 - 1 bytes", 33 + 8),
        ("tensor name twice", B_INFO),
        ("data cut", len(GOOD.build()) - 40),
    ],
)
def test_the_refusal_names_the_byte(name: str, offset: int, tmp_path: Path) -> None:
    path = tmp_path / "hostile.gguf"
    path.write_bytes(ATTACKS[name][0])
    with pytest.raises(FileError) as refusal:
        open_checkpoint(path)
    assert refusal.value.offset == offset


def test_the_file_that_the_attacks_start_from_is_good(tmp_path: Path) -> None:
    path = tmp_path / "good.gguf"
    path.write_bytes(GOOD.build())
    with open_checkpoint(path) as checkpoint:
        checkpoint.verify()
        assert checkpoint.tensors["a.weight"].shape == (2, 3)
        assert checkpoint.read("b.weight").tolist() == [value / 2 for value in range(-16, 16)]


def test_every_truncation_is_refused(tmp_path: Path) -> None:
    # The last tensor's padding may be missing: writers differ.
    whole = len(GOOD.build()) - (-len(B.data) % 32)
    path = tmp_path / "cut.gguf"
    for length in range(whole):
        path.write_bytes(GOOD.build()[:length])
        with pytest.raises(FileError):
            open_checkpoint(path)
    path.write_bytes(GOOD.build()[:whole])
    open_checkpoint(path).close()


@pytest.mark.parametrize(
    "keys",
    [
        (("x", array(U8, 2_200_000, bytes(2_200_000))),),
        (("x", array(STRING, 100_000, bytes(8 * 100_000))),),
        (("x", array(ARRAY, 40_000, struct.pack("<IQ", U8, 0) * 40_000)),),
        tuple((f"k{index}", array(F32, 0, b"")) for index in range(15_000)),
        (("x", array(U32, 2**22, b"")),),
    ],
    ids=["2.2 MB of bytes", "100,000 empty strings", "40,000 empty arrays", "15,000 keys", "count only"],
)
def test_work_and_memory_stay_in_proportion_to_the_file(
    keys: tuple[tuple[str, bytes], ...], tmp_path: Path
) -> None:
    path = tmp_path / "bulky.gguf"
    path.write_bytes(replace(GOOD, keys=keys).build())
    start = time.perf_counter()
    _open(path)
    assert time.perf_counter() - start < 2
    tracemalloc.start()
    _open(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40 * path.stat().st_size + 1_000_000


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_mutation_of_a_header_does_anything_but_open_or_be_refused(
    data: st.DataObject, tmp_path: Path
) -> None:
    keys = (KEY, ("t", array(STRING, 2, string("a") + string("b"))), ("f", scalar(F32, "f", 1.0)))
    changed = bytearray(replace(GOOD, keys=keys).build())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(changed) - 1))
        changed[at] = data.draw(st.integers(0, 255))
    path = tmp_path / "mutated.gguf"
    path.write_bytes(changed)
    _open(path)


def _open(path: Path) -> None:
    """Open and read everything; being refused is fine, any other exception is not."""
    try:
        with open_checkpoint(path) as checkpoint:
            checkpoint.verify()
            for name in checkpoint.tensors:
                checkpoint.read(name)
    except FileError:
        return
