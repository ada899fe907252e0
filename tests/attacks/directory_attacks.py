"""Every way in which a Hugging Face directory can lie or lead elsewhere, and how it is refused."""

from __future__ import annotations

import json
import os
import pickle
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from attack import Attack, Data, Stage
from safetensors.numpy import save_file

CONFIG: dict[str, Any] = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 4}
NORM = {"model.norm.weight": np.ones(4, np.float32)}
WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"
SHARD = "model-00001-of-00001.safetensors"
ONE = '{"t":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}'
"""The header of a tensor of one number, to be closed with a brace."""

Change = Callable[[Path], object]


def directory(root: Path) -> Path:
    """A good directory of one norm, and a file beside it that links may not lead to."""
    root.mkdir(exist_ok=True)
    (root / "config.json").write_text(json.dumps(CONFIG))
    save_file(NORM, root / WEIGHTS)
    save_file(NORM, root.parent / "outside")
    return root


def refused(change: Change, code: str, offset: int | None = None, at: Stage = "open") -> Attack:
    """A good directory after a change."""

    def make(folder: Path) -> Path:
        root = directory(folder / "model")
        change(root)
        return root

    return Attack(make, code, offset, at)


def write(name: str, data: str | Data) -> Change:
    def change(root: Path) -> None:
        made = data() if callable(data) else data
        (root / name).write_bytes(made.encode() if isinstance(made, str) else made)

    return change


def remove(name: str) -> Change:
    return lambda root: (root / name).unlink()


def pipe(name: str) -> Change:
    """A named pipe that nobody writes to: whoever opens it without care waits for ever."""

    def change(root: Path) -> None:
        (root / name).unlink(missing_ok=True)
        os.mkfifo(root / name)

    return change


def folder_named(name: str) -> Change:
    def change(root: Path) -> None:
        (root / name).unlink(missing_ok=True)
        (root / name).mkdir()

    return change


def link(name: str, target: str) -> Change:
    def change(root: Path) -> None:
        (root / name).unlink(missing_ok=True)
        (root / name).symlink_to(target)

    return change


def hole(name: str, size: int, start: bytes = b"") -> Change:
    """A file that starts with these bytes and goes on with a hole."""

    def change(root: Path) -> None:
        (root / name).write_bytes(start)
        os.truncate(root / name, size)

    return change


def only(name: str) -> Change:
    """The weights replaced by one pickle of this name."""

    def change(root: Path) -> None:
        (root / WEIGHTS).unlink()
        (root / name).write_bytes(pickle.dumps({}))

    return change


def header(text: str | Callable[[], str], data: bytes = b"") -> Change:
    """The weights as a file with this header."""

    def make() -> bytes:
        raw = (text() if callable(text) else text).encode()
        return struct.pack("<Q", len(raw)) + raw + data

    return write(WEIGHTS, make)


def one(old: str, new: str, code: str = "safetensors-header", offset: int = 8) -> Attack:
    """A header of one tensor in which a text is replaced."""
    assert old in ONE
    return refused(header(ONE.replace(old, new) + "}", bytes(4)), code, offset)


def index(weight_map: object) -> Change:
    """The weights as one shard, with an index that has this map."""

    def change(root: Path) -> None:
        (root / WEIGHTS).rename(root / SHARD)
        (root / INDEX).write_text(json.dumps({"weight_map": weight_map}))

    return change


def shard_twice(root: Path) -> None:
    """Two shards that both hold the one tensor."""
    index({"model.norm.weight": SHARD, "other": "more.safetensors"})(root)
    (root / "more.safetensors").write_bytes((root / SHARD).read_bytes())


def tokenizer(
    config: Mapping[str, Any] | None = None,
    code: str = "tokenizer-broken",
    added: Any = ({"id": 3, "content": "<end>", "special": True},),
    **changes: Any,
) -> Attack:
    """A tokenizer.json that is good but for `changes` of its model, and a tokenizer_config.json."""
    model = {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": [["a", "b"]], **changes}
    stated = {"model": model, "added_tokens": added, "decoder": {"type": "ByteLevel"}}

    def change(root: Path) -> None:
        (root / "tokenizer.json").write_text(json.dumps(stated))
        (root / "tokenizer_config.json").write_text(json.dumps(config or {}))

    return refused(change, code, None, "tokenizer")


CONFIGURATION: dict[str, Attack] = {
    "no config.json": refused(remove("config.json"), "no-config"),
    "config.json empty": refused(write("config.json", ""), "empty-file", 0),
    "config.json not JSON": refused(write("config.json", "architectures: llama"), "metadata-json", 0),
    "config.json a list": refused(write("config.json", "[]"), "metadata-not-an-object", 0),
    "config.json with a key twice": refused(
        write("config.json", '{"hidden_size":4,"hidden_size":8}'), "metadata-duplicate-key", 17
    ),
    "config.json with NaN": refused(write("config.json", '{"rope_theta":NaN}'), "metadata-not-finite", 14),
    "config.json with an integer of 70 bits": refused(
        write("config.json", '{"hidden_size":1180591620717411303424}'), "metadata-not-finite", 15
    ),
    "config.json with an integer of 5,000 digits": refused(
        write("config.json", '{"hidden_size":' + "9" * 5000 + "}"), "metadata-json", 0
    ),
    "config.json 100,000 deep": refused(
        write("config.json", '{"a":' * 100_000 + "1" + "}" * 100_000), "metadata-depth", 0
    ),
    "config.json of five million empty lists": refused(
        write("config.json", lambda: b'{"a":[' + b"[]," * 5_000_000 + b"[]]}"), "metadata-values", 0
    ),
    "config.json of 1 GB": refused(hole("config.json", 1 << 30, b"{"), "metadata-size"),
    "config.json a folder": refused(folder_named("config.json"), "not-a-file"),
    "config.json a pipe that nobody writes to": refused(pipe("config.json"), "not-a-file"),
    "config.json that leads to /etc": refused(link("config.json", "/etc/hostname"), "link-leaves-directory"),
    "config.json that leads to itself": refused(link("config.json", "config.json"), "broken-link"),
    "README.md a pipe that nobody writes to": refused(pipe("README.md"), "not-a-file"),
    "README.md a folder": refused(folder_named("README.md"), "not-a-file"),
    "README.md that leads outside": refused(link("README.md", "/etc/hostname"), "link-leaves-directory"),
    "carried metadata a list": refused(
        write("config.json", '{"shipworthy_apr_metadata":[]}'), "carried-not-an-object"
    ),
    "carried metadata that contradicts config.json": refused(
        write("config.json", '{"hidden_size":4,"shipworthy_apr_metadata":{"hidden_size":8}}'),
        "metadata-conflict",
    ),
    "two rotary bases": refused(
        write(
            "config.json",
            '{"rope_theta":10000.0,"rope_parameters":{"rope_theta":500000.0,"rope_type":"default"}}',
        ),
        "rope-theta-conflict",
    ),
}

WEIGHT_FILES: dict[str, Attack] = {
    "only pytorch_model.bin": refused(only("pytorch_model.bin"), "pickle"),
    "only a .pt": refused(only("weights.pt"), "pickle"),
    "only a .pth": refused(only("weights.pth"), "pickle"),
    "only a .ckpt": refused(only("last.ckpt"), "pickle"),
    "only a .pkl": refused(only("model.pkl"), "pickle"),
    "only a .bin in capitals": refused(only("PYTORCH_MODEL.BIN"), "pickle"),
    "no weights": refused(remove(WEIGHTS), "no-weights"),
    "weights once alone and once in shards": refused(
        write(INDEX, '{"weight_map":{"a":"model.safetensors"}}'), "two-weight-sets"
    ),
    "weights empty": refused(write(WEIGHTS, b""), "empty-file", 0),
    "weights a folder": refused(folder_named(WEIGHTS), "not-a-file"),
    "weights a pipe that nobody writes to": refused(pipe(WEIGHTS), "not-a-file"),
    "weights that lead outside": refused(link(WEIGHTS, "../outside"), "link-leaves-directory"),
    "weights that lead to /dev/zero": refused(link(WEIGHTS, "/dev/zero"), "link-leaves-directory"),
    "weights that lead nowhere": refused(link(WEIGHTS, "gone"), "broken-link"),
    "a shard's name that climbs": refused(index({"a": "../outside.safetensors"}), "shard-name"),
    "a shard's name that is absolute": refused(index({"a": "/x.safetensors"}), "shard-name"),
    "a shard's name that is a pickle's": refused(index({"a": "x.bin"}), "shard-name"),
    "a shard's name that is a number": refused(index({"a": 1}), "shard-name"),
    "a shard's name with a zero byte": refused(index({"a": "x\0.safetensors"}), "shard-name"),
    "a shard that is not there": refused(index({"a": "b.safetensors"}), "shard-missing"),
    "a shard that leads outside": refused(
        lambda root: (
            index({"model.norm.weight": "s.safetensors"})(root),
            link("s.safetensors", "../outside")(root),
        ),
        "link-leaves-directory",
    ),
    "an index without a map": refused(index({}), "shard-index"),
    "a map that is a list": refused(index(["a"]), "shard-index"),
    "an index that leads outside": refused(
        lambda root: (index({"a": SHARD})(root), link(INDEX, "../outside")(root)), "link-leaves-directory"
    ),
    "a tensor that the index does not place": refused(index({"other": SHARD}), "shard-tensor", 8),
    "a tensor that no shard has": refused(
        index(dict.fromkeys(["model.norm.weight", "x"], SHARD)), "shard-tensor"
    ),
    "a tensor that two shards have": refused(shard_twice, "shard-tensor", 8),
    "a tensor placed twice by the index": refused(
        lambda root: (
            index({})(root),
            write(INDEX, '{"weight_map":{"a":"' + SHARD + '","a":"x.safetensors"}}')(root),
        ),
        "metadata-duplicate-key",
        54,
    ),
}

SAFETENSORS: dict[str, Attack] = {
    "seven bytes": refused(write(WEIGHTS, bytes(7)), "truncated", 0),
    "header of 2^64 - 1 bytes": refused(write(WEIGHTS, b"\xff" * 8 + b"{}"), "safetensors-header", 0),
    "header longer than the file": refused(write(WEIGHTS, struct.pack("<Q", 500) + b"{}"), "truncated", 8),
    "header of no bytes": refused(write(WEIGHTS, bytes(8)), "safetensors-json", 8),
    "header of 90 MB of zeros": refused(
        hole(WEIGHTS, 90_000_008, struct.pack("<Q", 90_000_000)), "safetensors-header", 0
    ),
    "header of five million empty lists": refused(
        header(lambda: '{"a":[' + "[]," * 5_000_000 + "[]]}"), "safetensors-values", 8
    ),
    "header 100,000 deep": refused(header('{"a":' * 100_000), "safetensors-depth", 8),
    "header that is a pickle": refused(
        write(WEIGHTS, struct.pack("<Q", 20) + pickle.dumps([0] * 20)), "safetensors-encoding", 8
    ),
    "header that is a list": refused(header("[]"), "safetensors-not-an-object", 8),
    "header with a tensor twice": refused(
        header(ONE + "," + ONE[1:] + "}", bytes(4)), "safetensors-duplicate-key", 62
    ),
    "header with bytes after it": refused(header(ONE + "}x", bytes(4)), "safetensors-trailing-bytes", 62),
    "data cut": refused(header(ONE + "}", bytes(3)), "truncated", 65),
    "cut to 4.5 % of its length": refused(
        header(ONE.replace("[1]", "[25000]").replace("4]", "100000]") + "}", bytes(4_500 - 72)),
        "truncated",
        4_499,
    ),
    "bytes after the data": refused(header(ONE + "}", bytes(5)), "trailing-bytes", 66),
    "a terabyte of zeros after the data": refused(
        lambda root: os.truncate(root / WEIGHTS, 1 << 40), "trailing-bytes", 96
    ),
    "two tensors on the same bytes": refused(
        header(ONE + "," + ONE[1:].replace('"t"', '"u"') + "}", bytes(4)), "safetensors-header", 8
    ),
    "offsets backwards": one("[0,4]", "[4,0]"),
    "offsets that are not the shape's": one("[1]", "[2]"),
    "offsets that leave a hole": one("[0,4]", "[4,8]"),
    "negative offsets": one("[0,4]", "[-4,0]"),
    "three offsets": one("[0,4]", "[0,4,8]"),
    "offsets past 2^64": one(
        "[0,4]", "[18446744073709551616,18446744073709551620]", "safetensors-not-finite", 56
    ),
    "a shape of true": one("[1]", "[true]"),
    "a shape of 1.0": one("[1]", "[1.0]"),
    "a shape that wraps around 2^64 to one": one("[1]", "[4294967296,4294967296,1]"),
    "a length of 2^62 beside one of zero": refused(
        header(ONE.replace("[1]", "[4611686018427387904,0]").replace("[0,4]", "[0,0]") + "}"),
        "safetensors-header",
        8,
    ),
    "a shape of 100,000 dimensions": one("[1]", "[" + "1," * 99_999 + "1]"),
    "a dtype that nobody knows": one("F32", "F33"),
    "an entry without a dtype": one('"dtype":"F32",', ""),
    "an entry that is a list": refused(header('{"t":[1]}'), "safetensors-header", 8),
    "metadata that is not text": refused(header('{"__metadata__":{"a":1}}'), "safetensors-header", 8),
}

TOKENIZER: dict[str, Attack] = {
    "merges that name an unknown token": tokenizer(merges=[["a", "b"], ["a", "zzz"]]),
    "a merge that makes an unknown token": tokenizer(merges=["b a"]),
    "a merge of three parts": tokenizer(merges=[["a", "b", "ab"]]),
    "a merge that is a number": tokenizer(merges=[1]),
    "a token id of 2^60": tokenizer(vocab={"a": 0, "b": 1, "ab": 1 << 60}),
    "a negative token id": tokenizer(vocab={"a": -1, "b": 1, "ab": 2}),
    "a token id that is a word": tokenizer(vocab={"a": "0", "b": 1, "ab": 2}),
    "two tokens with one id": tokenizer(vocab={"a": 0, "b": 0, "ab": 2}),
    "a vocabulary that is a list": tokenizer(vocab=["a", "b", "ab"]),
    "no vocabulary": tokenizer(vocab={}, added=()),
    "an added token that is text": tokenizer(added=["<end>"]),
    "an added token with an unknown flag": tokenizer(
        added=[{"id": 3, "content": "<end>", "special": True, "run": "me"}]
    ),
    "an added token whose id is text": tokenizer(added=[{"id": "3", "content": "<end>", "special": True}]),
    "an end of text that is no token": tokenizer(config={"eos_token": "<gone>"}),
    "tokenizer.json 100,000 deep": refused(
        write("tokenizer.json", '{"a":' * 100_000), "tokenizer-broken", None, "tokenizer"
    ),
    "tokenizer.json with a key twice": refused(
        write("tokenizer.json", '{"model":{},"model":{}}'), "tokenizer-broken", None, "tokenizer"
    ),
    "tokenizer.json not UTF-8": refused(
        write("tokenizer.json", b'{"model":"\xff"}'), "tokenizer-broken", None, "tokenizer"
    ),
    "tokenizer.json of 80 MB": refused(
        hole("tokenizer.json", 80_000_000, b"{"), "tokenizer-broken", None, "tokenizer"
    ),
    "tokenizer.json that leads outside": refused(
        link("tokenizer.json", "../outside"), "link-leaves-directory", None, "tokenizer"
    ),
    "tokenizer_config.json that leads outside": refused(
        lambda root: (
            tokenizer().make(root.parent),
            link("tokenizer_config.json", "../outside")(root),
        ),
        "link-leaves-directory",
        None,
        "tokenizer",
    ),
    "chat_template.jinja that leads outside": refused(
        lambda root: (tokenizer().make(root.parent), link("chat_template.jinja", "/etc/hostname")(root)),
        "link-leaves-directory",
        None,
        "tokenizer",
    ),
    "tokenizer.json a pipe that nobody writes to": refused(
        pipe("tokenizer.json"), "not-a-file", None, "tokenizer"
    ),
    "chat_template.jinja not UTF-8": refused(
        lambda root: (tokenizer().make(root.parent), write("chat_template.jinja", b"\xff")(root)),
        "tokenizer-broken",
        None,
        "tokenizer",
    ),
}

DIRECTORY_ATTACKS = CONFIGURATION | WEIGHT_FILES | SAFETENSORS | TOKENIZER
"""Directories."""
