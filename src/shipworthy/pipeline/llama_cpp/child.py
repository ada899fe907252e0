"""The child process: reads one request from stdin, restricts itself, answers in frames on stdout."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Any

from ..child_limits import Limits, cut_network, restrict
from .frames import write_frame

if TYPE_CHECKING:
    from .engine import Model

Send = Callable[..., None]
_WITHOUT_WEIGHTS = ("tokenize", "detokenize", "quantize")


def main() -> None:
    """Answer the request on stdin. What llama.cpp refuses is a frame; what kills it ends this process."""
    network = cut_network()
    request = json.load(sys.stdin)
    restrict(Limits(**request["limits"]), request["threads"])
    frames = os.dup(1)
    os.dup2(2, 1)  # whatever a library prints belongs to the log

    def send(kind: str, payload: memoryview | bytes = b"", **header: Any) -> None:
        write_frame(frames, {"kind": kind, **header}, payload)

    from . import engine

    engine.log_to_stderr()
    try:
        mode = request["mode"]
        model = engine.Model(request["gguf"], vocab_only=mode in _WITHOUT_WEIGHTS)
        send("model", network=network, **model.describe())
        MODES[mode](model, request, send)
    except engine.RefusedError as error:
        send("refused", message=str(error))
    send("end")
    sys.stderr.flush()
    os._exit(0)  # what llama.cpp does in its destructors is not on trial


def _load(model: Model, request: dict[str, Any], send: Send) -> None:
    from .engine import Context

    Context(model, 32, threads=request["threads"], kv_cache="f32", flash_attention=False).free()


def _logits(model: Model, request: dict[str, Any], send: Send) -> None:
    from .engine import Context

    _tokenize(model, request, send)
    for ids in request["ids"]:
        send("bytes", model.pieces(ids))
    context: Context | None = None
    for group in _of_one_length(request["prompts"], request["sequences"]):
        length = len(group[0])
        if context is None or context.n_ctx != length:
            if context is not None:
                context.free()
            options = {**_context_options(request), "ubatch": request["ubatch"]}
            context = Context(model, length, sequences=request["sequences"], **options)
        context.clear()
        if request["stepwise"]:
            steps = [bytes(context.decode([token], at)) for at, token in enumerate(group[0])]
            answers = [memoryview(b"".join(steps))]
        else:
            answers = context.decode_together(group)
        for values in answers:
            send("logits", values, shape=[length, model.n_vocab], context=context.describe())


def _of_one_length(prompts: list[list[int]], most: int) -> Iterator[list[list[int]]]:
    """Neighbours of one length, at most so many."""
    for _, alike in groupby(prompts, key=len):
        group = list(alike)
        for start in range(0, len(group), most):
            yield group[start : start + most]


def _generate(model: Model, request: dict[str, Any], send: Send) -> None:
    import numpy as np

    from shipworthy.errors import UsageError
    from shipworthy.pipeline.sampling import Sampling, choose

    from .engine import Context, RefusedError

    prompts, count, sampling = request["prompts"], request["count"], Sampling(**request["sampling"])
    context = Context(model, max(map(len, prompts)) + count, **_context_options(request))
    send("seen", **context.seen())
    for number, ids in enumerate(prompts):
        context.clear()
        draws = sampling.draws()
        position, pending = 0, ids
        for _ in range(count):
            row = np.frombuffer(context.decode(pending, position, last_only=True), np.float32)
            position += len(pending)
            second, first = np.partition(row, -2)[-2:].tolist()
            try:
                pending = [choose(row, sampling, draws)]
            except UsageError as error:
                raise RefusedError(error.message) from error
            send("token", prompt=number, token=pending[0], margin=first - second)
            if pending[0] == request["eos"]:
                break


def _bench(model: Model, request: dict[str, Any], send: Send) -> None:
    import numpy as np

    from .engine import Context

    ids, count = request["prompts"][0], request["count"]
    context = Context(model, len(ids) + count, **_context_options(request))
    send("seen", **context.seen())

    def step(pending: list[int], position: int) -> list[int]:
        return [int(np.frombuffer(context.decode(pending, position, last_only=True), np.float32).argmax())]

    for number, wanted in enumerate([min(request["warm_up"], count)] + [count] * request["iterations"]):
        context.clear()
        started = time.perf_counter()
        chosen = step(ids, 0)
        first = time.perf_counter() - started
        made = 1
        for position in range(len(ids), len(ids) + wanted - 1):
            chosen = step(chosen, position)
            made += 1
        seconds = time.perf_counter() - started
        send("sample" if number else "warm-up", tokens=made, seconds=seconds, ttft_seconds=first)


def _quantize(model: Model, request: dict[str, Any], send: Send) -> None:
    from .engine import quantize

    quantize(request["gguf"], request["out"], request["kind"], request["threads"])


def _tokenize(model: Model, request: dict[str, Any], send: Send) -> None:
    for text in request["texts"]:
        ids = model.tokenize(
            text.encode(), parse_special=request["parse_special"], add_special=request["add_special"]
        )
        send("ids", ids=ids)


def _detokenize(model: Model, request: dict[str, Any], send: Send) -> None:
    for ids in request["prompts"]:
        send("bytes", model.pieces(ids))


def _context_options(request: dict[str, Any]) -> dict[str, Any]:
    return {name: request[name] for name in ("threads", "kv_cache", "flash_attention")}


MODES: dict[str, Callable[[Any, dict[str, Any], Send], None]] = {
    "load": _load,
    "logits": _logits,
    "generate": _generate,
    "bench": _bench,
    "quantize": _quantize,
    "tokenize": _tokenize,
    "detokenize": _detokenize,
}

if __name__ == "__main__":
    main()
