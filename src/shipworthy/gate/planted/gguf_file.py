"""Reading a good GGUF, changing one thing and writing it again with the `gguf` package."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import gguf

_SMALL_BYTES = 16_000_000
ARCHITECTURE = "general.architecture"

Fields = dict[str, Any]
Tensors = dict[str, np.ndarray]


@lru_cache(maxsize=8)
def _read_once(source: str, size: int, written_ns: int) -> gguf.GGUFReader:
    import gguf

    return gguf.GGUFReader(source)


def read_gguf(source: Path) -> gguf.GGUFReader:
    """A good GGUF as the `gguf` package reads it, which nobody may change.

    A small one is read once for all the defects that start from it; a real model is not kept mapped.
    """
    import gguf

    found = source.stat()
    if found.st_size > _SMALL_BYTES:
        return gguf.GGUFReader(source)
    return _read_once(str(source), found.st_size, found.st_mtime_ns)


def rewrite_gguf(
    source: Path,
    target: Path,
    *,
    fields: Callable[[Fields], Fields] = dict,
    tensors: Callable[[Tensors], Tensors] = dict,
) -> None:
    """Copy a GGUF of F32 tensors, its fields and tensors, under llama.cpp's names, passed through both.

    A key that was not there is stored as the type of its value; a tensor of F16 values as F16.
    """
    import gguf

    reader = read_gguf(source)
    stored = {name: field for name, field in reader.fields.items() if not name.startswith("GGUF.")}
    values = fields({name: field.contents() for name, field in stored.items()})
    writer = gguf.GGUFWriter(target, values[ARCHITECTURE])
    for name, value in values.items():
        if name == ARCHITECTURE:
            continue
        known = stored.get(name) or stored.get(_under(name, stored[ARCHITECTURE].contents()))
        types = known.types if known is not None else [gguf.GGUFValueType.get_type(value)]
        writer.add_key_value(name, value, types[0], sub_type=types[-1] if len(types) > 1 else None)
    for name, data in tensors({t.name: np.array(t.data) for t in reader.tensors}).items():
        writer.add_tensor(name, np.ascontiguousarray(data))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _under(name: str, architecture: str) -> str:
    """The same key with the architecture's prefix, for a file that was given another."""
    return f"{architecture}.{name.split('.', 1)[-1]}"


def change_field(source: Path, target: Path, key: str, change: Callable[[Any], Any]) -> None:
    """Copy a GGUF, the value of one field changed; `{arch}` in the key is the file's architecture."""

    def changed(fields: Fields) -> Fields:
        name = key.format(arch=fields[ARCHITECTURE])
        return {**fields, name: change(fields.get(name))}

    rewrite_gguf(source, target, fields=changed)


def name_in_gguf(name: str) -> str:
    """What llama.cpp calls a tensor that a checkpoint calls `name`; the families here share the names."""
    import gguf

    layer = int(name.split(".")[2]) if ".layers." in name else 0
    table = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, layer + 1)
    found = table.get_name(name, try_suffixes=(".weight", ".bias"))
    assert found is not None, name
    return found
