"""Every way in which an `.apr` file can lie is refused by its own name, at the byte where it shows."""

from __future__ import annotations

import struct
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
from apr_bytes import AprFile, AprTensor, with_byte
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shipworthy.checkpoint import open_checkpoint
from shipworthy.errors import FileError

GOOD = AprFile()
A, B = GOOD.tensors
INDEX, DATA, END = 128, 256, 388
"""Where the sections of GOOD start, and its length."""


def lie(**fields: object) -> bytes:
    return replace(GOOD, **fields).build()


def lie_in_b(**fields: object) -> bytes:
    return lie(tensors=(A, replace(B, **fields)))


def metadata(text: str | bytes) -> bytes:
    return lie(metadata=text.encode() if isinstance(text, str) else text)


B_ENTRY = INDEX + 2 + 8 + 2 + 16 + 16
B_NAME, B_DTYPE, B_SHAPE, B_OFFSET = B_ENTRY + 2, B_ENTRY + 10, B_ENTRY + 12, B_ENTRY + 20

ATTACKS = {
    "nothing but the magic": (b"APR\0", "truncated", 4),
    "half a magic": (b"AP", "truncated", 2),
    "version one, APRN": (b"APRN" + GOOD.build()[4:], "version", 0),
    "version one, APR1": (b"APR1" + GOOD.build()[4:], "version", 0),
    "version three": (lie(version=(3, 0)), "version", 4),
    "version two point one": (lie(version=(2, 1)), "version", 4),
    "header checksum wrong": (lie(header_crc=1), "header-crc", 40),
    "reserved byte set": (lie(reserved=bytes(19) + b"\1"), "reserved-bytes", 63),
    "lz4": (lie(flags=0x0401), "unsupported-flag", 6),
    "zstd": (lie(flags=0x0402), "unsupported-flag", 6),
    "encrypted": (lie(flags=0x0404), "unsupported-flag", 6),
    "signed, with no signature to check": (lie(flags=0x0408), "unsupported-flag", 6),
    "sharded": (lie(flags=0x0410), "unsupported-flag", 6),
    "column major": (lie(flags=0x0800), "unsupported-flag", 6),
    "flag that nobody defined": (lie(flags=0x8400), "unsupported-flag", 6),
    "metadata does not follow the header": (lie(metadata_offset=128), "section-order", 12),
    "metadata of four gigabytes": (lie(metadata_size=0xFFFFFFFF), "metadata-size", 20),
    "metadata longer than the file": (lie(metadata_size=4000), "section-order", 24),
    "index before metadata": (lie(index_offset=0), "section-order", 24),
    "index after a gap": (lie(index_offset=192), "section-order", 24),
    "index offset near 2^64": (lie(index_offset=2**64 - 64), "section-order", 24),
    "data before index": (lie(data_offset=64), "section-order", 32),
    "data not aligned": (lie(data_offset=257), "section-order", 32),
    "data offset near 2^64": (lie(data_offset=2**64 - 64), "truncated", END),
    "data past the end": (lie(data_offset=1 << 20), "truncated", END),
    "data after a gap": (lie(data_offset=320), "section-order", 32),
    "four billion tensors": (lie(tensor_count=0xFFFFFFFF), "tensor-count", 8),
    "a tensor more than the index has": (lie(tensor_count=3), "tensor-name-empty", INDEX + 80),
    "a tensor less than the index has": (lie(tensor_count=1), "section-order", 32),
    "cut inside the data": (GOOD.build()[:300], "truncated", 300),
    "cut inside the index": (GOOD.build()[:200], "truncated", 200),
    "footer missing": (GOOD.build()[:-4], "truncated", END - 4),
    "bytes after the footer": (lie(tail=b"x"), "trailing-bytes", END),
    "name without bytes": (lie_in_b(name=b""), "tensor-name-empty", B_ENTRY),
    "name of 257 bytes": (lie_in_b(name=b"b" * 257), "tensor-name-length", B_ENTRY),
    "name longer than the index": (lie_in_b(name_length=250), "index-overrun", B_NAME),
    "name not UTF-8": (lie_in_b(name=b"b\xff"), "tensor-name-encoding", B_NAME),
    "name twice": (lie_in_b(name=A.name), "tensor-name-duplicate", B_NAME),
    "names not sorted": (lie_in_b(name=b"a.veight"), "tensor-name-unsorted", B_NAME),
    "dtype that readers disagree on": (lie_in_b(dtype=8), "tensor-dtype-ambiguous", B_DTYPE),
    "dtype unknown": (lie_in_b(dtype=77), "tensor-dtype", B_DTYPE),
    "nine dimensions": (lie_in_b(dims=(1,) * 9), "tensor-rank", B_DTYPE + 1),
    "255 dimensions": (lie_in_b(rank=255), "tensor-rank", B_DTYPE + 1),
    "elements that wrap around 2^64 to five": (
        lie_in_b(dims=(2**63, 2, 5)),
        "tensor-shape-overflow",
        B_SHAPE,
    ),
    "a dimension of 2^64 - 1 beside one of zero": (
        lie_in_b(dims=(2**64 - 1, 0)),
        "tensor-shape-overflow",
        B_SHAPE,
    ),
    "size is not dtype times shape": (lie_in_b(size=12), "tensor-size", B_OFFSET + 8),
    "size of 2^64 - 1": (lie_in_b(size=2**64 - 1), "tensor-size", B_OFFSET + 8),
    "two tensors on the same bytes": (lie_in_b(offset=0), "tensor-offset", B_OFFSET),
    "offset that leaves a gap": (lie_in_b(offset=128), "tensor-offset", B_OFFSET),
    "offset near 2^64": (lie_in_b(offset=2**64 - 64), "tensor-offset", B_OFFSET),
    "q4_k with a row of 128": (lie_in_b(dtype=12, dims=(2, 128)), "tensor-block", B_SHAPE),
    "padding of the metadata not zero": (with_byte(GOOD.build(), 127, 1), "nonzero-padding", 127),
    "padding of the index not zero": (with_byte(GOOD.build(), 255, 1), "nonzero-padding", 255),
    "metadata empty": (metadata(""), "metadata-json", 64),
    "metadata a list": (metadata("[1]"), "metadata-not-an-object", 64),
    "metadata cut": (metadata('{"a":'), "metadata-json", 69),
    "metadata with a key twice": (metadata('{"a":1,"a":100}'), "metadata-duplicate-key", 71),
    "metadata with a nested key twice": (metadata('{"x":{"a":1,"a":2}}'), "metadata-duplicate-key", 76),
    "metadata with NaN": (metadata('{"a":NaN}'), "metadata-not-finite", 69),
    "metadata with Infinity": (metadata('{"a":-Infinity}'), "metadata-not-finite", 69),
    "metadata with 1e999": (metadata('{"a":1e999}'), "metadata-not-finite", 64),
    "metadata with an integer of 400 digits": (
        metadata('{"a":' + "9" * 400 + "}"),
        "metadata-not-finite",
        69,
    ),
    "metadata with an integer of 5,000 digits": (metadata('{"a":' + "9" * 5000 + "}"), "metadata-json", 64),
    "metadata with bytes after it": (metadata('{"a":1} {}'), "metadata-trailing-bytes", 72),
    "metadata that ends in zeros": (metadata(b'{"a":1}\0'), "metadata-trailing-bytes", 71),
    "metadata 40 deep": (metadata('{"a":' * 40 + "1" + "}" * 40), "metadata-depth", 64),
    "metadata 100,000 deep": (metadata('{"a":' * 100_000 + "1" + "}" * 100_000), "metadata-depth", 64),
    "metadata 100,000 lists deep": (metadata('{"a":' + "[" * 100_000), "metadata-depth", 64),
    "metadata not UTF-8": (metadata(b'{"a":"\xff"}'), "metadata-encoding", 70),
    "metadata with half a surrogate pair": (metadata(r'{"a":"\ud800"}'), "metadata-encoding", 64),
    "metadata with a byte order mark": (metadata(b"\xef\xbb\xbf{}"), "metadata-json", 64),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_a_hostile_apr_is_refused_by_name_and_place(name: str, tmp_path: Path) -> None:
    data, code, offset = ATTACKS[name]
    path = tmp_path / "hostile.apr"
    path.write_bytes(data)
    with pytest.raises(FileError) as refusal:
        open_checkpoint(path)
    assert refusal.value.code == code
    assert refusal.value.offset == offset
    assert "\n" not in str(refusal.value)


AFTER_A, LAST = DATA + 24, END - 5
AT_VERIFY = {
    "footer wrong": (lie(footer=0), "footer-crc", END - 4),
    "padding after the first tensor not zero": (
        with_byte(GOOD.build(), AFTER_A, 9),
        "nonzero-padding",
        AFTER_A,
    ),
    "padding after the last tensor not zero": (with_byte(GOOD.build(), LAST, 9), "nonzero-padding", LAST),
}


@pytest.mark.parametrize("name", AT_VERIFY)
def test_what_only_the_whole_content_shows_is_refused_by_verify(name: str, tmp_path: Path) -> None:
    data, code, offset = AT_VERIFY[name]
    path = tmp_path / "hostile.apr"
    path.write_bytes(data)
    with open_checkpoint(path) as checkpoint, pytest.raises(FileError) as refusal:
        checkpoint.verify()
    assert (refusal.value.code, refusal.value.offset) == (code, offset)


def test_the_file_that_the_attacks_start_from_is_good(tmp_path: Path) -> None:
    path = tmp_path / "good.apr"
    path.write_bytes(GOOD.build())
    assert len(GOOD.build()) == END
    with open_checkpoint(path) as checkpoint:
        checkpoint.verify()
        assert checkpoint.read("b.weight").tolist() == [0, 1, 2, 3, 4]


def test_every_single_bit_of_every_byte_is_protected(tmp_path: Path) -> None:
    good = GOOD.build()
    path = tmp_path / "flipped.apr"
    for at in range(len(good)):
        path.write_bytes(good[:at] + bytes((good[at] ^ (1 << at % 8),)) + good[at + 1 :])
        with pytest.raises(FileError):
            _open_and_verify(path)


def test_every_truncation_is_refused_at_open(tmp_path: Path) -> None:
    good = GOOD.build()
    path = tmp_path / "cut.apr"
    for length in range(len(good)):
        path.write_bytes(good[:length])
        with pytest.raises(FileError):
            open_checkpoint(path)


def test_metadata_of_sixteen_megabytes_is_read_and_one_byte_more_is_not(tmp_path: Path) -> None:
    path = tmp_path / "large.apr"
    text = b'{"a":"' + b"x" * (16_000_000 - 8) + b'"}'
    path.write_bytes(replace(GOOD, metadata=text).build())
    with open_checkpoint(path) as checkpoint:
        assert len(checkpoint.metadata["a"]) == 16_000_000 - 8
    path.write_bytes(replace(GOOD, metadata=text + b" ").build())
    with pytest.raises(FileError) as refusal:
        open_checkpoint(path)
    assert (refusal.value.code, refusal.value.offset) == ("metadata-size", 20)


def test_a_million_tensors_of_no_elements_are_refused_by_the_first_that_lies(tmp_path: Path) -> None:
    path = tmp_path / "many.apr"
    tensor = AprTensor(b"t", 0, (0,), b"")
    path.write_bytes(replace(GOOD, tensors=(tensor,) * 3, tensor_count=1 << 20).build())
    with pytest.raises(FileError) as refusal:
        open_checkpoint(path)
    assert refusal.value.code == "tensor-name-duplicate"


def test_a_quantized_tensor_whose_size_overflows_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "q.apr"
    dims = (2**31, 2**31, 256)
    path.write_bytes(lie_in_b(dtype=14, dims=dims, size=struct.unpack("<Q", b"\xff" * 8)[0]))
    with pytest.raises(FileError) as refusal:
        open_checkpoint(path)
    assert refusal.value.code == "tensor-shape-overflow"


def _open_and_verify(path: Path) -> None:
    with open_checkpoint(path) as checkpoint:
        checkpoint.verify()


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_mutation_with_honest_checksums_does_anything_but_open_or_be_refused(
    data: st.DataObject, tmp_path: Path
) -> None:
    changed = bytearray(GOOD.build())
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(4, DATA - 1))] = data.draw(st.integers(0, 255))
    changed[40:44] = struct.pack("<I", zlib.crc32(changed[:40] + changed[44:64]))
    changed[-4:] = struct.pack("<I", zlib.crc32(changed[:-4]))
    path = tmp_path / "mutated.apr"
    path.write_bytes(changed)
    try:
        with open_checkpoint(path) as checkpoint:
            checkpoint.verify()
            for name, entry in checkpoint.tensors.items():
                assert checkpoint.read(name).shape == entry.shape
    except FileError:
        return
