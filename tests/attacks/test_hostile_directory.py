"""Hugging Face directories that lie, or that lead elsewhere, are refused by name."""

from __future__ import annotations

import json
import pickle
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from shipworthy.checkpoint import open_checkpoint
from shipworthy.errors import FileError

CONFIG: dict[str, Any] = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 4}
NORM = {"model.norm.weight": np.ones(4, np.float32)}
INDEX = "model.safetensors.index.json"


def directory(root: Path) -> Path:
    root.mkdir(exist_ok=True)
    (root / "config.json").write_text(json.dumps(CONFIG))
    save_file(NORM, root / "model.safetensors")
    return root


def header(root: Path, text: str, data: bytes = b"") -> None:
    raw = text.encode()
    (root / "model.safetensors").write_bytes(struct.pack("<Q", len(raw)) + raw + data)


def index(root: Path, weight_map: object) -> None:
    (root / "model.safetensors").rename(root / "model-00001-of-00001.safetensors")
    (root / INDEX).write_text(json.dumps({"weight_map": weight_map}))


def only(name: str) -> Callable[[Path], None]:
    """The weights replaced by one file of this name."""

    def change(root: Path) -> None:
        (root / "model.safetensors").unlink()
        (root / name).write_bytes(pickle.dumps({}))

    return change


def link(name: str, target: str) -> Callable[[Path], None]:
    def change(root: Path) -> None:
        (root / name).unlink(missing_ok=True)
        (root / name).symlink_to(target)

    return change


def config(text: str) -> Callable[[Path], None]:
    return lambda root: (root / "config.json").write_text(text) and None


ONE = '{"t":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}'

ATTACKS: dict[str, tuple[Callable[[Path], Any], str]] = {
    "no config.json": (lambda root: (root / "config.json").unlink(), "no-config"),
    "config.json empty": (config(""), "empty-file"),
    "config.json not JSON": (config("architectures: llama"), "metadata-json"),
    "config.json with a key twice": (
        config('{"hidden_size":4,"hidden_size":8}'),
        "metadata-duplicate-key",
    ),
    "config.json with NaN": (config('{"rope_theta":NaN}'), "metadata-not-finite"),
    "two rotary bases": (
        config('{"rope_theta":10000.0,"rope_parameters":{"rope_theta":500000.0,"rope_type":"default"}}'),
        "rope-theta-conflict",
    ),
    "only pytorch_model.bin": (only("pytorch_model.bin"), "pickle"),
    "only a .pt": (only("weights.pt"), "pickle"),
    "only a .pth": (only("weights.pth"), "pickle"),
    "only a .ckpt": (only("last.ckpt"), "pickle"),
    "only a .pkl": (only("model.pkl"), "pickle"),
    "no weights": (lambda root: (root / "model.safetensors").unlink(), "no-weights"),
    "weights once alone and once in shards": (
        lambda root: (root / INDEX).write_text('{"weight_map":{"a":"model.safetensors"}}'),
        "two-weight-sets",
    ),
    "config.json that leads to /etc": (link("config.json", "/etc/hostname"), "link-leaves-directory"),
    "weights that lead outside": (link("model.safetensors", "../outside"), "link-leaves-directory"),
    "weights that lead nowhere": (link("model.safetensors", "gone"), "broken-link"),
    "a shard's name that climbs": (lambda root: index(root, {"a": "../outside.safetensors"}), "shard-name"),
    "a shard's name that is absolute": (lambda root: index(root, {"a": "/x.safetensors"}), "shard-name"),
    "a shard's name that is a pickle's": (lambda root: index(root, {"a": "x.bin"}), "shard-name"),
    "a shard's name that is a number": (lambda root: index(root, {"a": 1}), "shard-name"),
    "a shard that is not there": (lambda root: index(root, {"a": "b.safetensors"}), "shard-missing"),
    "an index without a map": (lambda root: index(root, {}), "shard-index"),
    "a map that is a list": (lambda root: index(root, ["a"]), "shard-index"),
    "a tensor that the index does not place": (
        lambda root: index(root, {"other": "model-00001-of-00001.safetensors"}),
        "shard-tensor",
    ),
    "a tensor that no shard has": (
        lambda root: index(
            root,
            dict.fromkeys(["model.norm.weight", "x"], "model-00001-of-00001.safetensors"),
        ),
        "shard-tensor",
    ),
    "header of 2^64 - 1 bytes": (
        lambda root: (root / "model.safetensors").write_bytes(b"\xff" * 8 + b"{}"),
        "safetensors-header",
    ),
    "header longer than the file": (
        lambda root: (root / "model.safetensors").write_bytes(struct.pack("<Q", 500) + b"{}"),
        "truncated",
    ),
    "header that is a pickle": (
        lambda root: (root / "model.safetensors").write_bytes(struct.pack("<Q", 20) + pickle.dumps([0] * 20)),
        "safetensors-encoding",
    ),
    "header with a tensor twice": (
        lambda root: header(root, ONE + "," + ONE[1:] + "}", bytes(4)),
        "safetensors-duplicate-key",
    ),
    "data cut": (lambda root: header(root, ONE + "}", bytes(3)), "truncated"),
    "bytes after the data": (lambda root: header(root, ONE + "}", bytes(5)), "trailing-bytes"),
    "offsets backwards": (
        lambda root: header(root, ONE.replace("[0,4]", "[4,0]") + "}", bytes(4)),
        "safetensors-header",
    ),
    "offsets that are not the shape's": (
        lambda root: header(root, ONE.replace("[1]", "[2]") + "}", bytes(4)),
        "safetensors-header",
    ),
    "offsets that leave a hole": (
        lambda root: header(root, ONE.replace("[0,4]", "[4,8]") + "}", bytes(8)),
        "safetensors-header",
    ),
    "negative offsets": (
        lambda root: header(root, ONE.replace("[0,4]", "[-4,0]") + "}", bytes(4)),
        "safetensors-header",
    ),
    "a shape of true": (
        lambda root: header(root, ONE.replace("[1]", "[true]") + "}", bytes(4)),
        "safetensors-header",
    ),
    "a shape that wraps around 2^64 to one": (
        lambda root: header(root, ONE.replace("[1]", "[4294967296,4294967296,1]") + "}", bytes(4)),
        "safetensors-header",
    ),
    "a dtype that nobody knows": (
        lambda root: header(root, ONE.replace("F32", "F33") + "}", bytes(4)),
        "safetensors-header",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ATTACKS)
def test_a_hostile_directory_is_refused_by_name(name: str, tmp_path: Path) -> None:
    change, code = ATTACKS[name]
    root = directory(tmp_path / "model")
    save_file(NORM, tmp_path / "outside")
    change(root)
    with pytest.raises(FileError) as refusal:
        open_checkpoint(root)
    assert refusal.value.code == code
    assert "\n" not in str(refusal.value)


def test_the_pickle_is_named(tmp_path: Path) -> None:
    root = directory(tmp_path / "model")
    only("pytorch_model.bin")(root)
    with pytest.raises(FileError, match=r"pytorch_model\.bin is a pickle"):
        open_checkpoint(root)


def test_a_pickle_beside_safetensors_is_left_alone(tmp_path: Path) -> None:
    root = directory(tmp_path / "model")
    (root / "training_args.bin").write_bytes(pickle.dumps({}))
    with open_checkpoint(root) as checkpoint:
        assert list(checkpoint.tensors) == ["model.norm.weight"]


def test_links_inside_a_hub_cache_are_followed_and_others_not(tmp_path: Path) -> None:
    repository = tmp_path / "models--owner--name"
    blobs, snapshot = repository / "blobs", repository / "snapshots" / ("0" * 40)
    blobs.mkdir(parents=True)
    snapshot.mkdir(parents=True)
    plain = directory(tmp_path / "plain")
    for name in ("config.json", "model.safetensors"):
        (blobs / name).write_bytes((plain / name).read_bytes())
        (snapshot / name).symlink_to(f"../../blobs/{name}")
    with open_checkpoint(snapshot) as checkpoint, open_checkpoint(plain) as same:
        assert checkpoint.read("model.norm.weight").tolist() == [1, 1, 1, 1]
        assert checkpoint.digest() == same.digest()
    (snapshot / "tokenizer.json").symlink_to(tmp_path / "plain" / "config.json")
    with open_checkpoint(snapshot) as checkpoint, pytest.raises(FileError, match="link-leaves-directory"):
        checkpoint.digest()
