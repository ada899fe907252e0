"""What a training run will do, settled and checked before anything is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..checkpoint import Checkpoint
from ..errors import FileError, UsageError
from . import run_record
from .batches import held_out_batches, require_windows, window_count
from .corpus import Corpus, open_corpus
from .device import DtypeChoice, choose_dtype
from .recipe import Recipe
from .shards import Shards, open_shards

if TYPE_CHECKING:
    import torch

    from ..checkpoint.tokenizer import TokenizerSpec


@dataclass(frozen=True)
class Plan:
    """A run before its first step; `identity` is what `run_id` is the hash of."""

    recipe: Recipe
    run_id: str
    identity: dict[str, Any]
    device: torch.device
    compute: DtypeChoice
    tokenizer: TokenizerSpec
    corpus: Corpus
    shards: Shards
    validation: list[np.ndarray]
    steps_per_epoch: int
    base_metadata: Mapping[str, Any]

    @property
    def steps(self) -> int:
        """Steps of the whole run."""
        return self.recipe.train.epochs * self.steps_per_epoch


def make_plan(recipe: Recipe, device: torch.device, initial: Checkpoint) -> Plan:
    """Read and check all that the run needs.

    Raises FileError where the initial weights are damaged or embed no tokenizer, and UsageError where the
    corpus is too short or the sequences are longer than the model's context.
    """
    initial.verify()
    config = initial.config()
    train = recipe.train
    length, batch = train.sequence_length, train.batch_size
    if length > config.max_position_embeddings:
        raise UsageError(
            "sequence-too-long",
            f"train.sequence_length is {length}, the model's context {config.max_position_embeddings}",
            fix="make the sequences shorter",
        )
    tokenizer = initial.tokenizer()
    if tokenizer is None:
        raise FileError(
            "no-tokenizer",
            "the initial weights embed no tokenizer",
            path=initial.path,
            fix="take a checkpoint that does",
        )
    compute = choose_dtype(recipe.dtype, device)
    corpus = open_corpus(recipe.data)
    shards = open_shards(corpus, tokenizer)
    steps = train.steps_per_epoch or max(1, window_count(len(shards.training), length) // batch)
    require_windows("training", shards.training, needed=steps * batch, length=length)
    validation = held_out_batches(
        shards.held_out, length=length, batch_size=batch, batches=train.validation_batches
    )
    identity = run_record.identity(
        recipe,
        initial_weights_sha256=initial.digest(),
        manifest_sha256=corpus.digest,
        compute_dtype=compute.name,
    )
    return Plan(
        recipe=recipe,
        run_id=run_record.run_id(identity),
        identity=identity,
        device=device,
        compute=compute,
        tokenizer=tokenizer,
        corpus=corpus,
        shards=shards,
        validation=validation,
        steps_per_epoch=steps,
        base_metadata=initial.metadata,
    )
