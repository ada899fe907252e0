"""Measures hostile_prompts@1: every prompt through our decoder and through llama.cpp in a child process."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...canonical import strict_loads
from ...checkpoint import TokenizerSpec, open_checkpoint
from ...contract.probes.hostile_prompts import ANSWERED, NOT_FINITE
from ...errors import FileError, ShipworthyError
from ...pipeline import llama_cpp
from ...pipeline.engines import Engine, LlamaCppEngine, TorchEngine
from ...pipeline.generate import generate


def measure(subject: Path, artifacts: Mapping[str, Path], *, log: Path, prompts: Path) -> dict[str, Any]:
    """Raw: the context, and per prompt its number of tokens and what became of it in either runtime.

    An empty prompt and one beyond the context go the way of `shipworthy run`, which must refuse them.
    """
    import torch

    from ...model import Decoder, load_decoder

    texts = read_hostile(prompts)
    gguf = artifacts["gguf"]
    loaded = llama_cpp.load(gguf, log=log)
    raw: dict[str, Any] = {
        "error": None if loaded["loads"] else loaded["error"],
        "network": loaded["network"],
        "context": 0,
        "samples": [],
    }
    if not loaded["loads"]:
        return raw
    with open_checkpoint(subject) as checkpoint:
        decoder: Decoder = load_decoder(checkpoint, device=torch.device("cpu"), dtype=torch.float32).eval()
        spec, context = checkpoint.tokenizer(), checkpoint.config().max_position_embeddings
    if spec is None:
        raise FileError("no-tokenizer", "embeds no tokenizer to encode the prompts with", path=subject)
    tokenizer = spec.build()
    ids = {name: tokenizer.encode(text, add_special_tokens=False).ids for name, text in texts.items()}
    fit = {name: tokens for name, tokens in ids.items() if 0 < len(tokens) < context}
    ours = {name: _ours(decoder, tokens) for name, tokens in fit.items()}
    theirs = _theirs(gguf, fit, log)
    engines: Mapping[str, Engine] = {
        "torch": TorchEngine(decoder),
        "llama_cpp": LlamaCppEngine(gguf, context, threads=_threads(), log=log),
    }
    said = {
        name: {"torch": ours[name], "llama_cpp": theirs[name]}
        if name in fit
        else {key: _generated(engine, spec, text) for key, engine in engines.items()}
        for name, text in texts.items()
    }
    samples = [{"prompt": name, "tokens": len(ids[name]), **said[name]} for name in texts]
    return {**raw, "context": context, "samples": samples}


def read_hostile(path: Path) -> dict[str, str]:
    """The prompts by id; `times` repeats a text. Raises FileError for a line that is none, or an id twice."""
    texts: dict[str, str] = {}
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        try:
            entry = strict_loads(line)
            name, text = str(entry["id"]), str(entry["text"]) * int(entry.get("times", 1))
        except (ValueError, KeyError, TypeError) as error:
            message = f"line {number} is not {{id, kind, text, times}}: {error}"
            raise FileError("bad-text", message, path=path) from error
        if name in texts:
            raise FileError("duplicate-text", f"two prompts are called {name!r}", path=path)
        texts[name] = text
    return texts


def _ours(decoder: Any, tokens: Sequence[int]) -> str:
    import torch

    from ...model import prefill_logits

    try:
        logits = prefill_logits(decoder, torch.tensor([list(tokens)], dtype=torch.int64, device="cpu"))
    except (RuntimeError, IndexError, ValueError) as error:  # what torch raises for what it cannot compute
        return _crash(error)
    return ANSWERED if bool(torch.isfinite(logits).all()) else NOT_FINITE


def _theirs(gguf: Path, prompts: Mapping[str, Sequence[int]], log: Path) -> dict[str, str]:
    """All in one child; after a prompt that ends it, another child goes on with the next."""
    found: dict[str, str] = {}
    left = list(prompts)
    while left:
        try:
            with llama_cpp.logits(
                gguf, [prompts[name] for name in left], log=log, threads=_threads()
            ) as rows:
                for name, row in zip(list(left), rows, strict=True):
                    found[name] = ANSWERED if bool(np.isfinite(row).all()) else NOT_FINITE
                    left.remove(name)
        except ShipworthyError as error:
            found[left.pop(0)] = _crash(error)
    return found


def _generated(engine: Engine, spec: TokenizerSpec, text: str) -> str:
    """What a user who runs the prompt sees: an answer, or the code of a refusal."""
    try:
        list(generate(engine, spec, text, 1))
    except (llama_cpp.LlamaCppCrash, RuntimeError, IndexError) as error:
        return _crash(error)
    except ShipworthyError as error:
        return NOT_FINITE if error.code == "not-finite" else f"refused: {error.code}"
    return ANSWERED


def _crash(error: Exception) -> str:
    return f"crash: {type(error).__name__}: {error}".splitlines()[0][:300]


def _threads() -> int:
    return len(os.sched_getaffinity(0))
