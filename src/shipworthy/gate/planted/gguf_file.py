"""Reading a good GGUF, changing one thing and writing it again with the `gguf` package."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

Fields = dict[str, Any]
Tensors = dict[str, np.ndarray]


def rewrite_gguf(
    source: Path,
    target: Path,
    *,
    fields: Callable[[Fields], Fields] = dict,
    tensors: Callable[[Tensors], Tensors] = dict,
) -> None:
    """Copy a GGUF of F32 tensors, its fields and tensors passed through the two functions."""
    import gguf

    reader = gguf.GGUFReader(source)
    stored = {name: field for name, field in reader.fields.items() if not name.startswith("GGUF.")}
    values = fields({name: field.contents() for name, field in stored.items()})
    writer = gguf.GGUFWriter(target, values["general.architecture"])
    for name, value in values.items():
        if name == "general.architecture":
            continue
        types = stored[name].types
        writer.add_key_value(name, value, types[0], sub_type=types[-1] if len(types) > 1 else None)
    for name, data in tensors({t.name: np.array(t.data) for t in reader.tensors}).items():
        writer.add_tensor(name, data)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def name_in_gguf(source: Path, name: str) -> str:
    """What llama.cpp calls a tensor of this file that the checkpoint calls `name`."""
    import gguf

    architecture = gguf.GGUFReader(source).fields["general.architecture"].contents()
    arch = next(key for key, label in gguf.MODEL_ARCH_NAMES.items() if label == architecture)
    layer = int(name.split(".")[2]) if ".layers." in name else 0
    found = gguf.get_tensor_name_map(arch, layer + 1).get_name(name, try_suffixes=(".weight", ".bias"))
    assert found is not None, name
    return str(found)
