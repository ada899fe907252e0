"""Real tokenizers of others: llama.cpp's goldens, llama.cpp itself, and Hugging Face's ids by hash."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import textwrap
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from test_tokens import CONVERTER_TEXT, assert_same, telling_characters

from shipworthy.checkpoint import TokenizerSpec, open_checkpoint
from tokenizer_cases import TEXTS, write_vocabulary
from upstream_vocabularies import CONVERTER, NAMES, SEPARATOR, upstream_vocabularies

pytestmark = pytest.mark.slow


LARGEST = "command-r"
"""Of 256,000 tokens and 253,333 merges."""
PEAK = """
import sys
from pathlib import Path
import gguf.constants
import shipworthy.checkpoint.tokenizer_gguf
from shipworthy.checkpoint import open_checkpoint

def peak():
    return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) * 1024

before = peak()
with open_checkpoint(Path(sys.argv[1])) as checkpoint:
    assert len(checkpoint.tokenizer().tokens) == 256_000
    for key in checkpoint.native_metadata:
        checkpoint.native_metadata[key]
print(peak() - before)
"""


@cache
def load(name: str) -> TokenizerSpec:
    with open_checkpoint(path(name)) as checkpoint:
        spec = checkpoint.tokenizer()
    assert spec is not None
    return spec


def path(name: str) -> Path:
    return upstream_vocabularies() / f"ggml-vocab-{name}.gguf"


@pytest.mark.parametrize("name", NAMES)
def test_goldens(name: str) -> None:
    gguf = path(name)
    texts = gguf.with_name(f"{gguf.name}.inp").read_text(encoding="utf-8").split(SEPARATOR)
    lines = gguf.with_name(f"{gguf.name}.out").read_text(encoding="utf-8").split("\n")
    expected = [[int(number) for number in line.split()] for line in lines[: len(texts)]]
    assert len(texts) >= 47
    built = load(name).build()
    assert [built.encode(text, add_special_tokens=False).ids for text in texts] == expected


@pytest.mark.parametrize("name", NAMES)
def test_real_text_and_odd_characters_as_llama_cpp(name: str, log: Path) -> None:
    source = Path(textwrap.__file__).read_text(encoding="utf-8")
    assert_same(load(name), path(name), [*TEXTS, source, CONVERTER_TEXT, *telling_characters()], log)


@pytest.mark.parametrize("name", ["deepseek-coder", "mpt", "qwen2"])
def test_written_again_it_is_the_same_tokenizer(name: str, tmp_path: Path, log: Path) -> None:
    spec = load(name)
    gguf = write_vocabulary(tmp_path / "again.gguf", spec.to_gguf(len(spec.tokens) + 5))
    with open_checkpoint(gguf) as checkpoint:
        again = checkpoint.tokenizer()
    assert again is not None
    assert replace(again, chat_template=None) == replace(spec, chat_template=None)
    assert again.digest() == spec.digest()
    assert_same(spec, gguf, [*TEXTS, CONVERTER_TEXT], log)


# The file of qwen35 holds the tokens of qwen2.
@pytest.mark.parametrize("name", [name for name in NAMES if name != "qwen35"])
def test_ids_are_those_of_hugging_face(name: str) -> None:
    """llama.cpp's converter recognizes a tokenizer by the hash of the ids that transformers gives."""
    source = (upstream_vocabularies() / CONVERTER).read_text(encoding="utf-8")
    known = set(re.findall(r'chkhsh == "([0-9a-f]{64})":\n.*\n\s+res = "([^"]+)"', source))
    ids = load(name).build().encode(CONVERTER_TEXT).ids
    assert (hashlib.sha256(str(ids).encode()).hexdigest(), name) in known


def test_a_vocabulary_without_weights_opens_within_twice_its_size_and_32_mib() -> None:
    argv = [sys.executable, "-c", PEAK, str(path(LARGEST))]
    peak = int(subprocess.run(argv, check=True, capture_output=True, timeout=60).stdout)
    assert peak < 2 * path(LARGEST).stat().st_size + (32 << 20)
