"""Shards hold the corpus's tokens, are made once, and are made again where they are damaged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from shipworthy.checkpoint.tokenizer import TokenizerSpec
from shipworthy.pipeline.corpus import Corpus, open_corpus, split_of
from shipworthy.pipeline.recipe import DataSpec
from shipworthy.pipeline.shards import open_shards

TEXT = "def f(x):\n    return '<|im_end|>' + 'héllo 🌍'\n"


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    root = tmp_path / "texts"
    root.mkdir()
    for side in ("held_out", "training"):
        names = (f"{side}{index}.py" for index in range(1000))
        chosen = [name for name in names if split_of(name, 0.5) == side][:2]
        for name in chosen:
            (root / name).write_text(f"# {side}\n{TEXT}")
    return open_corpus(DataSpec(str(root), 0.5, "MIT"))


def test_documents_decode_to_the_texts(corpus: Corpus, tokenizer: TokenizerSpec, tmp_path: Path) -> None:
    shards = open_shards(corpus, tokenizer, cache=tmp_path)
    eos = tokenizer.eos_token_id
    assert shards.training.dtype == np.uint16
    ends = np.flatnonzero(shards.training == eos)
    assert len(ends) == 2
    assert ends[-1] == len(shards.training) - 1
    first = tokenizer.build().decode(shards.training[: ends[0]].tolist(), skip_special_tokens=False)
    assert first == f"# training\n{TEXT}"


def test_sides_do_not_mix(corpus: Corpus, tokenizer: TokenizerSpec, tmp_path: Path) -> None:
    shards = open_shards(corpus, tokenizer, cache=tmp_path)
    decode = tokenizer.build().decode
    assert "held_out" not in decode(shards.training.tolist())
    assert "# training" not in decode(shards.held_out.tolist())


def test_they_are_made_once(corpus: Corpus, tokenizer: TokenizerSpec, tmp_path: Path) -> None:
    first = open_shards(corpus, tokenizer, cache=tmp_path)
    made = {path: path.stat().st_mtime_ns for path in tmp_path.glob("corpus/*/*.bin")}
    second = open_shards(corpus, tokenizer, cache=tmp_path)
    assert len(made) == 2
    assert made == {path: path.stat().st_mtime_ns for path in made}
    assert first.index == second.index


@pytest.mark.parametrize("damage", ["training.bin", "held_out.bin", "index.json"])
def test_damaged_ones_are_made_again(
    corpus: Corpus, tokenizer: TokenizerSpec, tmp_path: Path, damage: str
) -> None:
    whole = np.array(open_shards(corpus, tokenizer, cache=tmp_path).training)
    (path,) = tmp_path.glob(f"corpus/*/{damage}")
    path.write_bytes(path.read_bytes()[:-3])
    assert np.array_equal(open_shards(corpus, tokenizer, cache=tmp_path).training, whole)


def test_the_mapping_is_read_only(corpus: Corpus, tokenizer: TokenizerSpec, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="read-only"):
        open_shards(corpus, tokenizer, cache=tmp_path).training[0] = 0
