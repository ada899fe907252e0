"""What the pipeline asks of llama.cpp, each answered by a child process of its own."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from shipworthy.errors import FileError, UsageError

from ..child_limits import Limits
from ..sampling import Sampling
from .process import Child, Frame, LlamaCppCrash, LlamaCppRefused

_DEFAULT = Limits()


Seen = dict[str, Any]
"""Where llama.cpp said that it laid weights and cache: parameters_on, cache_on, cache_dtype, model_bytes,
threads."""


@dataclass(frozen=True)
class Timed:
    """Timed decodes, how many tokens came before them untimed, and where the child had weights and cache."""

    samples: list[dict[str, Any]]
    warm_up_tokens: int
    seen: Seen


@dataclass(frozen=True)
class Generation:
    """Greedy continuation: the tokens, and at each the logit of the best less that of the second best."""

    tokens: list[int]
    margins: list[float]


def load(gguf: Path, *, log: Path, limits: Limits = _DEFAULT, threads: int = 2) -> dict[str, Any]:
    """Load a file and make a small context. A refusal or a crash is a result here, not an error.

    Returns loads, returncode, error ("" if none), network, and, where it loads, architecture,
    description, n_vocab, n_ctx_train, n_params as llama.cpp reports them.
    """
    _need(gguf)
    result: dict[str, Any] = {"loads": False, "returncode": 0, "error": "", "network": "unknown"}
    with Child({"mode": "load"}, gguf=gguf, log=log, limits=limits, threads=threads) as child:
        try:
            for header, _ in child.frames():
                result |= {name: value for name, value in header.items() if name != "kind"}
            result["loads"] = True
        except LlamaCppRefused as error:
            result["error"] = error.message
        except LlamaCppCrash as error:
            result |= {"error": error.message, "returncode": error.returncode}
    return result


class Logits(Iterator[npt.NDArray[np.float32]]):
    """Logits of one prompt after the other, float32 [T, V]; `model` is what llama.cpp says of the file,
    `network` whether the child could reach one, `context` what the last logits were computed with,
    `token_ids` and `pieces` what it made of texts and ids. The child ends with the last prompt or at `close`.
    """

    def __init__(self, child: Child, lengths: list[int], texts: int = 0, ids: int = 0) -> None:
        self._child = child
        self._lengths = lengths
        self._frames = child.frames()
        self._index = 0
        self.context: dict[str, Any] = {}
        self.model = self._next()[0]
        self.network: str = self.model.pop("network")
        self.token_ids: list[list[int]] = [self._next()[0]["ids"] for _ in range(texts)]
        self.pieces: list[bytes] = [self._next()[1].tobytes() for _ in range(ids)]
        if not lengths:
            self.close()

    def __iter__(self) -> Logits:
        return self

    def __next__(self) -> npt.NDArray[np.float32]:
        if self._index == len(self._lengths):
            raise StopIteration
        header, payload = self._next()
        self.context = header["context"]
        shape = (self._lengths[self._index], self.model["n_vocab"])
        self._index += 1
        if self._index == len(self._lengths):
            self.close()
        return payload.view(np.float32).reshape(shape)

    def close(self) -> None:
        """End the child before its last prompt; harmless after it."""
        self._child.close()

    def __enter__(self) -> Logits:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _next(self) -> Frame:
        try:
            return next(self._frames)
        except BaseException:
            self._child.close()
            raise


def logits(
    gguf: Path,
    prompts: Sequence[Sequence[int]],
    *,
    log: Path,
    texts: Sequence[str] = (),
    ids: Sequence[Sequence[int]] = (),
    together: int = 1,
    stepwise: bool = False,
    threads: int = 2,
    limits: Limits = _DEFAULT,
    kv_cache: str = "f32",
    flash_attention: bool = False,
) -> Logits:
    """Logits at every position of every prompt, in order, one [T, V] float32 array at a time.

    Each prompt has an empty cache and sees no other; about `together` tokens are computed in one batch, of
    prompts of one length, and a longer prompt in as many batches as it takes. With `stepwise` every token is
    a batch of its own. Before that the same child tokenizes `texts` and turns `ids` into bytes, as `tokenize`
    and `detokenize` do. Raises UsageError for an empty prompt, LlamaCppRefused and LlamaCppCrash.
    """
    _need(gguf)
    _need_tokens(prompts)
    longest = max(map(len, prompts), default=1)
    request = {
        "mode": "logits",
        "prompts": [list(prompt) for prompt in prompts],
        "texts": list(texts),
        "ids": [list(one) for one in ids],
        "parse_special": True,
        "add_special": False,
        "stepwise": stepwise,
        "sequences": 1 if stepwise else max(1, together // longest),
        "ubatch": max(together, 1) if together > 1 else longest,
        "kv_cache": kv_cache,
        "flash_attention": flash_attention,
    }
    child = Child(request, gguf=gguf, log=log, limits=limits, threads=threads)
    return Logits(child, [len(prompt) for prompt in prompts], len(texts), len(ids))


def generate(
    gguf: Path,
    ids: Sequence[int],
    n: int,
    *,
    log: Path,
    threads: int = 2,
    limits: Limits = _DEFAULT,
    kv_cache: str = "f32",
    flash_attention: bool = False,
) -> Generation:
    """The `n` most likely next tokens, each decoded on its own after a batched prompt; no stop token."""
    (one,) = continuations(
        gguf,
        [ids],
        n,
        log=log,
        threads=threads,
        limits=limits,
        kv_cache=kv_cache,
        flash_attention=flash_attention,
    )
    return one


def continuations(
    gguf: Path,
    prompts: Sequence[Sequence[int]],
    n: int,
    *,
    log: Path,
    threads: int = 2,
    limits: Limits = _DEFAULT,
    kv_cache: str = "f32",
    flash_attention: bool = False,
) -> list[Generation]:
    """As `generate`, of several prompts one after the other in one child, each behind an empty cache.

    Of no prompts there are none, and no child. Raises UsageError for an empty prompt.
    """
    if not prompts:
        return []
    request = {
        **_continue(gguf, "generate", prompts, n),
        "eos": None,
        "sampling": asdict(Sampling()),
        "kv_cache": kv_cache,
        "flash_attention": flash_attention,
    }
    found = [Generation([], []) for _ in prompts]
    answers = [header for header, _ in _answers(request, gguf=gguf, log=log, limits=limits, threads=threads)]
    for header in _of_kind(answers, "token"):
        found[header["prompt"]].tokens.append(header["token"])
        found[header["prompt"]].margins.append(header["margin"])
    return found


def stream(
    gguf: Path,
    ids: Sequence[int],
    n: int,
    *,
    eos: int | None,
    sampling: Sampling,
    log: Path,
    threads: int = 2,
    limits: Limits = _DEFAULT,
    told: Callable[[Seen], None] = lambda seen: None,
) -> Generator[int, None, None]:
    """Up to `n` tokens as they are decoded; `eos` ends them and is not given. The child ends with them.

    Before the first, `told` is given where the child has weights and cache.
    """
    request = {**_continue(gguf, "generate", [ids], n), "eos": eos, "sampling": asdict(sampling)}
    with Child(request, gguf=gguf, log=log, limits=limits, threads=threads) as child:
        for header, _ in child.frames():
            if header["kind"] == "seen":
                told(_seen(header))
            if header["kind"] == "token" and header["token"] != eos:
                yield header["token"]


def bench(
    gguf: Path,
    ids: Sequence[int],
    n: int,
    iterations: int,
    warm_up: int,
    *,
    log: Path,
    threads: int = 2,
    limits: Limits = _DEFAULT,
) -> Timed:
    """Time `iterations` greedy decodes of exactly `n` tokens in one child, after a warm-up of `warm_up`.

    Of each: tokens, seconds from before the prompt to the last token, ttft_seconds to the first, as the child
    counted them.
    """
    request = {**_continue(gguf, "bench", [ids], n), "iterations": iterations, "warm_up": warm_up}
    answers = [header for header, _ in _answers(request, gguf=gguf, log=log, limits=limits, threads=threads)]
    (seen,), (warmed,) = _of_kind(answers, "seen"), _of_kind(answers, "warm-up")
    timed = _of_kind(answers, "sample")
    samples = [{name: header[name] for name in ("tokens", "seconds", "ttft_seconds")} for header in timed]
    return Timed(samples, warmed["tokens"], _seen(seen))


def quantize(
    gguf: Path, out: Path, kind: str, *, log: Path, limits: Limits = _DEFAULT, threads: int = 2
) -> None:
    """Write `out` as llama.cpp quantizes `gguf`: q8_0, q4_k_m, q5_k_m, q6_k.

    It may write no larger file than `gguf` is. Raises LlamaCppRefused and LlamaCppCrash.
    """
    _need(gguf)
    # The child starts in the file's directory, and is told of no more of this machine than it needs.
    where = os.path.relpath(out.parent.resolve(), gguf.absolute().parent.resolve())
    request = {"mode": "quantize", "out": os.path.join(where, out.name), "kind": kind}
    may_write = replace(limits, file_bytes=gguf.stat().st_size + (1 << 20))
    _answers(request, gguf=gguf, log=log, limits=may_write, threads=threads)


def tokenize(
    gguf: Path,
    texts: Sequence[str],
    *,
    log: Path,
    parse_special: bool = True,
    add_special: bool = False,
    limits: Limits = _DEFAULT,
) -> list[list[int]]:
    """llama.cpp's token ids of each text; only the vocabulary is loaded.

    `parse_special` recognizes control tokens in the text, `add_special` adds BOS where the file says so.
    """
    _need(gguf)
    request = {
        "mode": "tokenize",
        "texts": list(texts),
        "parse_special": parse_special,
        "add_special": add_special,
    }
    answers = _answers(request, gguf=gguf, log=log, limits=limits, threads=1)
    return [header["ids"] for header, _ in answers]


def detokenize(
    gguf: Path, ids: Sequence[Sequence[int]], *, log: Path, limits: Limits = _DEFAULT
) -> list[bytes]:
    """llama.cpp's bytes of each list of token ids, special tokens included, spaces left as they are."""
    _need(gguf)
    request = {"mode": "detokenize", "prompts": [list(one) for one in ids]}
    answers = _answers(request, gguf=gguf, log=log, limits=limits, threads=1)
    return [payload.tobytes() for _, payload in answers]


def _continue(gguf: Path, mode: str, prompts: Sequence[Sequence[int]], n: int) -> dict[str, Any]:
    """The request for `n` tokens behind each prompt, with a key/value cache in F32."""
    _need(gguf)
    _need_tokens(prompts)
    return {
        "mode": mode,
        "prompts": [list(ids) for ids in prompts],
        "count": n,
        "kv_cache": "f32",
        "flash_attention": False,
    }


def _of_kind(headers: Iterable[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [header for header in headers if header["kind"] == kind]


def _seen(header: dict[str, Any]) -> Seen:
    return {name: value for name, value in header.items() if name != "kind"}


def _answers(request: dict[str, Any], *, gguf: Path, log: Path, limits: Limits, threads: int) -> list[Frame]:
    with Child(request, gguf=gguf, log=log, limits=limits, threads=threads) as child:
        return list(child.frames())[1:]


def _need(gguf: Path) -> None:
    if not gguf.is_file():
        raise FileError("file-missing", "there is no such file", path=gguf)


def _need_tokens(prompts: Sequence[Sequence[int]]) -> None:
    for index, prompt in enumerate(prompts):
        if not prompt:
            raise UsageError("empty-prompt", f"prompt {index} has no tokens; llama.cpp needs at least one")
