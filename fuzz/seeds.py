"""Write the first corpus of each parser, from good files and attacks: `python fuzz/seeds.py`."""

from __future__ import annotations

import sys
import tempfile
from hashlib import sha256
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests" / "attacks"))

from apr_attacks import APR_ATTACKS  # noqa: E402
from attack import Attack  # noqa: E402
from directory_attacks import DIRECTORY_ATTACKS  # noqa: E402
from gguf_attacks import GGUF_ATTACKS  # noqa: E402
from good_files import APR_FILES, GGUF_FILES, SAFETENSORS_FILES  # noqa: E402

LONGEST = 2048
BESIDE = ("config.json", "model.safetensors.index.json", "tokenizer.json", "tokenizer_config.json")
"""As fuzz_directory.py numbers them."""


def made(attack: Attack) -> Path:
    return attack.make(Path(tempfile.mkdtemp()))


def keep(parser: str, data: bytes) -> None:
    """One file of the corpus, under the name that libFuzzer would give it."""
    folder = HERE / "corpus" / parser
    folder.mkdir(parents=True, exist_ok=True)
    if 0 < len(data) <= LONGEST:
        (folder / sha256(data).hexdigest()[:16]).write_bytes(data)


if __name__ == "__main__":
    for parser, files in (("apr", APR_FILES), ("gguf", GGUF_FILES), ("safetensors", SAFETENSORS_FILES)):
        for data in files.values():
            keep(parser, data)
    for parser, attacks in (("apr", APR_ATTACKS), ("gguf", GGUF_ATTACKS)):
        for attack in attacks.values():
            path = made(attack)
            if path.stat().st_size <= LONGEST:
                keep(parser, path.read_bytes())
    for attack in DIRECTORY_ATTACKS.values():
        for path in made(attack).iterdir():
            if not path.is_file() or path.stat().st_size > LONGEST:
                continue
            if path.name == "model.safetensors":
                keep("safetensors", path.read_bytes())
            elif path.name in BESIDE:
                keep("directory", bytes((BESIDE.index(path.name),)) + path.read_bytes())
