"""Coverage-guided fuzzing of what lies beside the weights of a directory. See fuzz_apr.py for its use.

The first byte of an input says which file it is; the others of the directory are good ones.
"""

from __future__ import annotations

import atexit
import struct
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["shipworthy.checkpoint", "shipworthy.architecture"]):
    from usable import tried

    from shipworthy.checkpoint.hf_directory import read_hf_directory
    from shipworthy.checkpoint.view import Checkpoint

WEIGHTS, INDEX, SHARD = "model.safetensors", "model.safetensors.index.json", "a.safetensors"
FILES = ("config.json", INDEX, "tokenizer.json", "tokenizer_config.json", "chat_template.jinja", "README.md")
"""By the first byte of an input, modulo their number."""
HEADER = b'{"t":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
GOOD = {
    "config.json": b'{"architectures":["LlamaForCausalLM"],"hidden_size":4}',
    WEIGHTS: struct.pack("<Q", len(HEADER)) + HEADER + bytes(4),
    "tokenizer.json": (
        b'{"model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2},"merges":[["a","b"]]},'
        b'"added_tokens":[{"id":3,"content":"<end>","special":true}],"decoder":{"type":"ByteLevel"}}'
    ),
}

memory = Path("/dev/shm")
folder = tempfile.TemporaryDirectory(prefix="fuzz-", dir=memory if memory.is_dir() else None)
atexit.register(folder.cleanup)
ROOT = Path(folder.name)
for _name, _data in GOOD.items():
    (ROOT / _name).write_bytes(_data)


def one_input(data: bytes) -> None:
    """Raises only where there is a bug."""
    if not data:
        return
    name, content = FILES[data[0] % len(FILES)], data[1:]
    (ROOT / name).write_bytes(content)
    if name == INDEX:
        (ROOT / WEIGHTS).rename(ROOT / SHARD)
    try:
        tried(lambda: Checkpoint(read_hf_directory(ROOT)), data)
    finally:
        if name == INDEX:
            (ROOT / SHARD).rename(ROOT / WEIGHTS)
        if name in GOOD:
            (ROOT / name).write_bytes(GOOD[name])
        else:
            (ROOT / name).unlink()


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
