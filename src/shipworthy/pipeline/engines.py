"""What decodes: our own decoder in torch, or llama.cpp in a child process on an export of the checkpoint."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self

import psutil

from ..checkpoint import Checkpoint, TensorEntry, open_checkpoint
from ..errors import FileError, UsageError
from .device import choose_dtype, describe_device, resolve_device
from .sampling import Sampling, choose

if TYPE_CHECKING:
    import torch

    from ..checkpoint.tokenizer import TokenizerSpec
    from ..model import DecodeEngine, Decoder
    from .llama_cpp import Limits, Seen

Tokens = Generator[int, None, None]
TORCH, LLAMA_CPP = "torch", "llama.cpp"
ENGINES = (TORCH, LLAMA_CPP)
MOST_TOGETHER = 1024
"""Sequences of a batch at most."""
_TORCH_NAMES = {"F32": "float32", "F16": "float16", "BF16": "bfloat16"}
_UNKNOWN = "unknown"
_EMBEDDING = "model.embed_tokens.weight"


class Engine(Protocol):
    """Something that continues token ids. `context` is how many positions fit at most."""

    name: str
    context: int

    def tokens(self, prompt: list[int], count: int, *, eos: int | None, sampling: Sampling) -> Tokens:
        """Up to `count` token ids behind `prompt`; `eos` ends them and is not given."""
        ...

    def samples(self, prompt: list[int], count: int, iterations: int, warm_up: int) -> list[dict[str, Any]]:
        """Greedy decodes of exactly `count` tokens, timed: tokens, seconds, ttft_seconds of each.

        In a batch, `tokens` are those of each sequence.
        """
        ...

    def places(self) -> dict[str, Any]:
        """What was seen of the last decode: where weights and cache lie, in which dtypes, and their bytes.

        `parameters_by_dtype` has the bytes of the weights that a token reads by torch's name of their dtype,
        `threads` what computes with them and `warm_up_tokens` what `samples` decoded before it timed.
        `device_memory_bytes` is what the process holds in a device's own memory; of the CPU it is None.
        What nobody could see is `unknown`: so is everything of llama.cpp before it has decoded.
        """
        ...


@dataclass
class Opened:
    """An engine with the tokenizer and digest of the checkpoint that it decodes. A context manager."""

    engine: Engine
    tokenizer: TokenizerSpec
    digest: str
    format: str
    device: dict[str, Any]
    dtype: str
    threads: int
    _held: ExitStack = field(repr=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._held.close()


def open_engine(
    path: Path,
    *,
    engine: str | None = None,
    device: str = "cpu",
    dtype: str = "f32",
    threads: int | None = None,
    batch: int = 1,
) -> Opened:
    """Verify a checkpoint and make an engine of it; None takes the faster one on the device.

    That is llama.cpp on the CPU and torch on CUDA; torch alone decodes `batch` sequences together. `threads`
    defaults to the cores that this process may use. Raises UsageError (unknown-engine, no-such-device,
    engine-batch, threads) and FileError (the checkpoint).
    """
    name = engine or (LLAMA_CPP if device == "cpu" and batch == 1 else TORCH)
    if name not in ENGINES:
        raise UsageError(
            "unknown-engine", f"{name!r} is not an engine", fix=f"write one of {', '.join(ENGINES)}"
        )
    where = resolve_device(device)
    choice = choose_dtype(dtype, where)
    if name == LLAMA_CPP and where.type != "cpu":
        raise UsageError("engine-device", "llama.cpp runs on the CPU here", fix="use --engine torch")
    if not 1 <= batch <= MOST_TOGETHER:
        raise UsageError("batch", f"a batch of {batch} is asked for", fix=f"ask for 1 to {MOST_TOGETHER}")
    if name == LLAMA_CPP and batch > 1:
        raise UsageError(
            "engine-batch",
            f"llama.cpp decodes one sequence at a time here, and {batch} are asked for",
            fix="use --engine torch, or a batch of 1",
        )
    cores = len(os.sched_getaffinity(0))
    threads = cores if threads is None else threads
    if not 1 <= threads <= 1024:
        raise UsageError("threads", f"{threads} threads are asked for", fix="ask for 1 to 1024")
    with open_checkpoint(path) as checkpoint:
        checkpoint.verify()
        digest, form = checkpoint.digest(), checkpoint.format
        tokenizer = checkpoint.tokenizer()
        if tokenizer is None:
            raise FileError("no-tokenizer", "the checkpoint embeds no tokenizer", path=path)
        made: Engine
        with ExitStack() as stack:
            if name == TORCH:
                import torch

                from ..model import load_decoder

                torch.set_num_threads(threads)
                made = TorchEngine(load_decoder(checkpoint, device=where, dtype=choice.torch_dtype), batch)
            else:
                from .export_cache import cached_export, holding

                held = Path(stack.enter_context(holding()))
                gguf = cached_export(path, choice.name, held)
                context = checkpoint.config().max_position_embeddings
                made = LlamaCppEngine(gguf, context, threads=threads, log=held / "llama-cpp.log")
            described = describe_device(where)
            return Opened(made, tokenizer, digest, form, described, choice.name, threads, stack.pop_all())


def read_at_a_token(checkpoint: Checkpoint) -> list[TensorEntry]:
    """The tensors that a token reads whole: all, but for an embedding of which it looks one row up."""
    tied = checkpoint.config().tied_embeddings
    return [entry for name, entry in checkpoint.tensors.items() if tied or name != _EMBEDDING]


class TorchEngine:
    """Our decoder. It takes over the weights of the decoder that it is given.

    All sequences of a batch continue one prompt.
    """

    name = TORCH

    def __init__(self, decoder: Decoder, batch: int = 1) -> None:
        from ..model import DecodeEngine

        self.context = decoder.config.max_position_embeddings
        self._make = DecodeEngine
        self._decoder: Decoder | None = decoder
        self._batch = batch
        self._engine: DecodeEngine | None = None
        self._warmed = 0

    def tokens(self, prompt: list[int], count: int, *, eos: int | None, sampling: Sampling) -> Tokens:
        import torch

        engine = self._with(len(prompt) + count)
        draws = sampling.draws()
        logits = engine.prefill(self._prompts(prompt))
        for left in reversed(range(count)):
            chosen = choose(logits[0].cpu().numpy(), sampling, draws)
            if chosen == eos:
                return
            yield chosen
            if left:
                again = [chosen] * self._batch
                logits = engine.step(torch.tensor(again, device=engine.device, dtype=torch.int64))

    def samples(self, prompt: list[int], count: int, iterations: int, warm_up: int) -> list[dict[str, Any]]:
        engine = self._with(len(prompt) + count)
        fed = self._prompts(prompt)
        self._warmed = _timed(engine, fed, min(warm_up, count))["tokens"]
        return [_timed(engine, fed, count) for _ in range(iterations)]

    def places(self) -> dict[str, Any]:
        import torch

        engine = self._with(1)
        *weights, cache = engine.tensors()
        held = _by_dtype((_name(tensor), tensor.numel() * tensor.element_size()) for tensor in weights)
        return {
            "parameters_on": "+".join(sorted({tensor.device.type for tensor in weights})),
            "parameters_dtype": "+".join(held),
            "parameters_by_dtype": held,
            "parameters_bytes": sum(held.values()),
            "bytes_per_token": engine.weight_bytes(),
            "cache_on": cache.device.type,
            "cache_dtype": _name(cache),
            "cache_bytes": cache.numel() * cache.element_size(),
            "device_memory_bytes": _allocated(engine.device),
            "threads": torch.get_num_threads(),
            "warm_up_tokens": self._warmed,
        }

    def _with(self, positions: int) -> DecodeEngine:
        """The engine with room for as many positions; its weights are laid out once."""
        if self._engine is None:
            assert self._decoder is not None
            self._engine = self._make(self._decoder, batch=self._batch, positions=positions)
            self._decoder = None
        elif positions > self._engine.positions:
            self._engine.resize(positions)
        return self._engine

    def _prompts(self, prompt: list[int]) -> torch.Tensor:
        """The prompt once for each sequence, [B, T]."""
        import torch

        assert self._engine is not None
        return torch.tensor([prompt] * self._batch, device=self._engine.device, dtype=torch.int64)


def _name(tensor: torch.Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")


def _by_dtype(parts: Iterable[tuple[str, int]]) -> dict[str, int]:
    """The sum of the bytes of each dtype."""
    sums: dict[str, int] = {}
    for name, nbytes in parts:
        sums[name] = sums.get(name, 0) + nbytes
    return dict(sorted(sums.items()))


def _timed(engine: DecodeEngine, prompt: torch.Tensor, count: int) -> dict[str, Any]:
    """One greedy decode from an empty cache; the chosen tokens never leave the device meanwhile.

    `tokens` are those of each sequence.
    """
    import time

    import torch

    _wait(engine.device)
    started = time.perf_counter()
    chosen = engine.prefill(prompt).argmax(dim=-1)
    _wait(engine.device)
    first = time.perf_counter() - started
    produced = [chosen]
    for _ in range(count - 1):
        chosen = engine.step(chosen).argmax(dim=-1)
        produced.append(chosen)
    ids = torch.stack(produced, dim=1)
    _wait(engine.device)
    return {"tokens": ids.shape[1], "seconds": time.perf_counter() - started, "ttft_seconds": first}


def _allocated(device: torch.device) -> int | None:
    """Bytes that torch holds in the memory of a CUDA device."""
    import torch

    return torch.cuda.memory_allocated(device) if device.type == "cuda" else None


def _wait(device: torch.device) -> None:
    """Until the device has done what it was given; the CPU always has."""
    import torch

    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _limits(tokens: int) -> Limits:
    """Time for a large model on a slow machine, and no more memory than there is."""
    from .llama_cpp import Limits

    return Limits(seconds=300.0 + 10.0 * tokens, memory_bytes=psutil.virtual_memory().total)


class LlamaCppEngine:
    """llama.cpp on a GGUF, on the CPU, with a key/value cache in F32."""

    name = LLAMA_CPP

    def __init__(self, gguf: Path, context: int, *, threads: int, log: Path) -> None:
        self.context = context
        self._gguf, self._threads, self._log = gguf, threads, log
        self._seen: Seen = {}
        self._warmed = 0

    def _told(self, seen: Seen) -> None:
        self._seen = seen

    def tokens(self, prompt: list[int], count: int, *, eos: int | None, sampling: Sampling) -> Tokens:
        from . import llama_cpp

        limits = _limits(len(prompt) + count)
        return llama_cpp.stream(
            self._gguf,
            prompt,
            count,
            eos=eos,
            sampling=sampling,
            log=self._log,
            threads=self._threads,
            limits=limits,
            told=self._told,
        )

    def samples(self, prompt: list[int], count: int, iterations: int, warm_up: int) -> list[dict[str, Any]]:
        from . import llama_cpp

        limits = _limits((iterations + 1) * (len(prompt) + count))
        timed = llama_cpp.bench(
            self._gguf,
            prompt,
            count,
            iterations,
            warm_up,
            log=self._log,
            threads=self._threads,
            limits=limits,
        )
        self._seen, self._warmed = timed.seen, timed.warm_up_tokens
        return timed.samples

    def places(self) -> dict[str, Any]:
        with open_checkpoint(self._gguf) as export:
            stored = sum(entry.nbytes for entry in export.tensors.values())
            read = read_at_a_token(export)
        # llama.cpp does not say in which dtypes it holds tensors; it says how many bytes they have in all.
        as_stored = self._seen.get("model_bytes") == stored
        held = _by_dtype(
            (_TORCH_NAMES.get(entry.dtype, entry.dtype) if as_stored else _UNKNOWN, entry.nbytes)
            for entry in read
        )
        cache = self._seen.get("cache_dtype", _UNKNOWN)
        return {
            "parameters_on": self._seen.get("parameters_on", _UNKNOWN),
            "parameters_dtype": "+".join(held),
            "parameters_by_dtype": held,
            "parameters_bytes": sum(held.values()),
            "bytes_per_token": sum(held.values()),
            "cache_on": self._seen.get("cache_on", _UNKNOWN),
            "cache_dtype": _TORCH_NAMES.get(cache.upper(), cache),
            "cache_bytes": None,
            "device_memory_bytes": None,
            "threads": self._seen.get("threads", 0),
            "warm_up_tokens": self._warmed,
        }
