"""Small good checkpoints on which planted defects are made: random weights, a real tokenizer.

Weights are drawn with standard deviation 0.05; norms and biases are perturbed, so that no structural defect
hides behind ones and zeros. The same seed gives the same bytes. Fixtures of sixteen levels have matrices that
4 bits hold to 1e-5: a correct Q4_K of ordinary weights has a cosine of 0.997 only.
"""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from ..architecture import FAMILIES, ArchitectureConfig
from ..checkpoint import TensorSource, TokenizerSpec, write_apr
from ..contract import Catalogue, Registration
from ..contract.proof import FIXTURE_TOKENIZER
from .chats import read_chats

TRAINED = "fixture-llama"
"""The fixture whose training is the fixture of defects of a run."""
WEIGHTS_STD = 0.05
_SIXTEEN_LEVELS = frozenset({"wide-llama", "wide-qwen2"})
_LEVEL, _RUN = 0.0125, 32
"""The distance of two levels, and the neighbours of a row among which each level is twice: a block of Q4_K
has a scale and a minimum for as many."""
CHATS = {"fixture-qwen2": "chat-qwen2"}
"""The data file whose chat template a fixture embeds; the others have none."""
_SPECIAL = 3
_CONTROL, _NORMAL = 3, 1


def fixture_config(registration: Registration) -> ArchitectureConfig:
    """The architecture that a fixture's registration states."""
    constants = registration.constants
    return ArchitectureConfig(**constants, qk_norm=FAMILIES[constants["architecture"]].qk_norm)


def fixture_tokenizer(catalogue: Catalogue) -> TokenizerSpec:
    """The 1,000-token byte-level BPE of contracts/data/fixture-tokenizer.json."""
    path = catalogue.data[FIXTURE_TOKENIZER].path
    stored = json.loads(path.read_bytes())
    tokens = stored["tokens"]
    fields = {
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "smollm",
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.token_type": [_CONTROL] * _SPECIAL + [_NORMAL] * (len(tokens) - _SPECIAL),
        "tokenizer.ggml.merges": stored["merges"],
        "tokenizer.ggml.bos_token_id": 1,
        "tokenizer.ggml.eos_token_id": 2,
        "tokenizer.ggml.add_bos_token": False,
    }
    return TokenizerSpec.from_gguf(fields, path)


def write_fixture(catalogue: Catalogue, name: str, path: Path, *, seed: int = 0) -> str:
    """Write the fixture `name` (a registration's id) as `.apr` and return its SHA-256."""
    registration = catalogue.registrations[name]
    config = fixture_config(registration)
    generator = np.random.default_rng(seed)
    tensors = {}
    for tensor, shape in config.tensor_shapes().items():
        if name in _SIXTEEN_LEVELS and len(shape) > 1:
            values = _on_sixteen_levels(generator, shape)
        else:
            values = generator.normal(0.0, WEIGHTS_STD, shape).astype(np.float32)
        if tensor.endswith("norm.weight"):
            values += np.float32(1.0)
        tensors[tensor] = TensorSource("F32", shape, partial(np.asarray, values))
    metadata = {
        **config.to_metadata(),
        "name": name,
        "license": registration.licence,
        "source": f"drawn by shipworthy, seed {seed}",
    }
    tokenizer = fixture_tokenizer(catalogue)
    if (chats := catalogue.data.get(CHATS.get(name, ""))) is not None:
        tokenizer = replace(tokenizer, chat_template=read_chats(chats.path).template)
    return write_apr(path, metadata=metadata, tensors=tensors, tokenizer=tokenizer)


def _on_sixteen_levels(generator: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Every level twice in each run of 32, in any order."""
    runs = np.tile(np.arange(_RUN, dtype=np.int64) // 2 - 8, (int(np.prod(shape)) // _RUN, 1))
    return (generator.permuted(runs, axis=1).reshape(shape) * _LEVEL).astype(np.float32)


def train_fixture(catalogue: Catalogue, folder: Path) -> Path:
    """Train the small llama for four steps on the canary texts and return the directory of the run."""
    from ..pipeline.recipe import BenchSpec, DataSpec, Recipe, TrainSpec
    from ..pipeline.train import pretrain
    from .canary import read_texts

    initial, texts = folder / f"{TRAINED}.apr", folder / "texts"
    write_fixture(catalogue, TRAINED, initial)
    texts.mkdir()
    for text in read_texts(catalogue.data["canary-100"].path):
        (texts / f"{text.id}.txt").write_text(text.text, newline="")
    train = TrainSpec(
        epochs=2,
        steps_per_epoch=2,
        batch_size=2,
        sequence_length=32,
        learning_rate=1e-3,
        warmup_steps=1,
        weight_decay=0.0,
        gradient_clip=1.0,
        validation_batches=1,
        seed=0,
    )
    data = DataSpec(str(texts), 0.5, "apache-2.0")
    recipe = Recipe(
        "fixture-run", TRAINED, str(initial), data, train, "cpu", "f32", BenchSpec(2, 4), ("f32",)
    )
    return pretrain(recipe, folder / "runs", progress=False).run_dir
