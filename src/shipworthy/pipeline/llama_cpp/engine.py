"""llama.cpp through its own C API, in the child: one model, and contexts whose parameters are exact."""

from __future__ import annotations

import ctypes
import os
from typing import Any

import llama_cpp.llama_cpp as c

from .seen import is_of_memory, seen

KV_CACHE_TYPES = {"f32": c.GGML_TYPE_F32, "f16": c.GGML_TYPE_F16}


FILE_TYPES = {
    "q8_0": c.LLAMA_FTYPE_MOSTLY_Q8_0,
    "q4_k_m": c.LLAMA_FTYPE_MOSTLY_Q4_K_M,
    "q5_k_m": c.LLAMA_FTYPE_MOSTLY_Q5_K_M,
    "q6_k": c.LLAMA_FTYPE_MOSTLY_Q6_K,
}


class RefusedError(Exception):
    """llama.cpp returned an error code or no object."""


_DEBUG, _CONTINUED = 1, 5
_last_level = _DEBUG
_of_memory: list[str] = []


def _to_stderr(level: int, text: bytes, user_data: object) -> None:
    global _last_level
    _last_level = _last_level if level == _CONTINUED else level
    if _last_level != _DEBUG:
        os.write(2, text)
    if is_of_memory(line := text.decode(errors="replace")):
        _of_memory.append(line)


_CALLBACK = c.llama_log_callback(_to_stderr)


def log_to_stderr() -> None:
    """Send llama.cpp's log, debug lines left out, to stderr as bytes: its own package decodes and buffers.

    What aborts the process is printed by llama.cpp itself.
    """
    c.llama_log_set(_CALLBACK, None)


class Model:
    """A loaded model; `vocab_only` leaves the weights out."""

    def __init__(self, name: str, *, vocab_only: bool = False) -> None:
        c.llama_backend_init()
        params = c.llama_model_default_params()
        params.n_gpu_layers = 0
        params.vocab_only = vocab_only
        self.handle = c.llama_model_load_from_file(name.encode(), params)
        if not self.handle:
            raise RefusedError("llama.cpp does not load this file")
        self.vocab = c.llama_model_get_vocab(self.handle)
        self.n_vocab = c.llama_vocab_n_tokens(self.vocab)

    def describe(self) -> dict[str, Any]:
        """What llama.cpp took the file for."""
        return {
            "architecture": self._metadata("general.architecture"),
            "description": self._text(lambda buffer, size: c.llama_model_desc(self.handle, buffer, size)),
            "n_vocab": self.n_vocab,
            "n_ctx_train": c.llama_model_n_ctx_train(self.handle),
            "n_params": c.llama_model_n_params(self.handle),
        }

    def tokenize(self, text: bytes, *, parse_special: bool, add_special: bool) -> list[int]:
        """Token ids of UTF-8 text."""
        size = len(text) + 8
        ids = (c.llama_token * size)()
        count = c.llama_tokenize(self.vocab, text, len(text), ids, size, add_special, parse_special)
        if count < 0:
            raise RefusedError(f"llama.cpp needs {-count} tokens for {len(text)} bytes")
        return list(ids[:count])

    def pieces(self, ids: list[int]) -> bytes:
        """The bytes of tokens, special ones included, without any clean-up of spaces."""
        self._check(ids)
        parts = []
        for token in ids:
            buffer = ctypes.create_string_buffer(64)
            count = c.llama_token_to_piece(self.vocab, token, buffer, len(buffer), 0, True)
            if count < 0:
                buffer = ctypes.create_string_buffer(-count)
                count = c.llama_token_to_piece(self.vocab, token, buffer, len(buffer), 0, True)
            parts.append(buffer.raw[:count])
        return b"".join(parts)

    def _check(self, ids: list[int]) -> None:
        for token in ids:
            if not 0 <= token < self.n_vocab:
                raise RefusedError(f"token {token} is outside the vocabulary of {self.n_vocab}")

    def _metadata(self, key: str) -> str:
        return self._text(
            lambda buffer, size: c.llama_model_meta_val_str(self.handle, key.encode(), buffer, size)
        )

    @staticmethod
    def _text(call: Any) -> str:
        buffer = ctypes.create_string_buffer(1024)
        return buffer.value.decode(errors="replace") if call(buffer, len(buffer)) >= 0 else ""


def quantize(source: str, target: str, kind: str, threads: int) -> None:
    """Write `target`, the GGUF `source` quantized as llama.cpp's `kind`, one of FILE_TYPES."""
    params = c.llama_model_quantize_default_params()
    params.nthread = threads
    params.ftype = FILE_TYPES[kind]
    code = c.llama_model_quantize(source.encode(), target.encode(), ctypes.byref(params))
    if code != 0:
        raise RefusedError(f"llama.cpp does not quantize this file as {kind}: code {code}")


class Context:
    """A context for `sequences` sequences of `n_ctx` positions each, which do not see each other.

    `ubatch` is how many tokens are computed together at most; all of them unless it is said.
    """

    def __init__(
        self,
        model: Model,
        n_ctx: int,
        *,
        threads: int,
        kv_cache: str,
        flash_attention: bool,
        sequences: int = 1,
        ubatch: int | None = None,
    ) -> None:
        params = c.llama_context_default_params()
        params.n_ctx = params.n_batch = n_ctx * sequences
        params.n_ubatch = min(ubatch or params.n_ctx, params.n_ctx)
        params.n_seq_max = sequences
        params.kv_unified = False
        params.n_threads = params.n_threads_batch = threads
        params.type_k = params.type_v = KV_CACHE_TYPES[kv_cache]
        params.flash_attn_type = (
            c.LLAMA_FLASH_ATTN_TYPE_ENABLED if flash_attention else c.LLAMA_FLASH_ATTN_TYPE_DISABLED
        )
        params.no_perf = True
        self.model = model
        self.n_ctx, self.sequences = n_ctx, sequences
        self._params = params
        self.handle = c.llama_init_from_model(model.handle, params)
        if not self.handle:
            raise RefusedError(f"llama.cpp makes no context of {n_ctx * sequences} positions")
        self._batch = c.llama_batch_init(n_ctx * sequences, 0, 1)

    def describe(self) -> dict[str, Any]:
        """What llama.cpp was given: the cache's type, flash attention, threads."""
        params = self._params
        types = [name for name, kind in KV_CACHE_TYPES.items() if kind == params.type_k == params.type_v]
        return {
            "kv_cache": types[0],
            "flash_attention": params.flash_attn_type != c.LLAMA_FLASH_ATTN_TYPE_DISABLED,
            "threads": params.n_threads,
        }

    def seen(self) -> dict[str, Any]:
        """Where llama.cpp said that it laid weights and cache, the bytes of tensors that it counted, and the
        threads that it computes with; of a process that made one context."""
        return {
            **seen(_of_memory),
            "model_bytes": c.llama_model_size(self.model.handle),
            "threads": c.llama_n_threads(self.handle),
        }

    def clear(self) -> None:
        """Forget every position."""
        c.llama_memory_clear(c.llama_get_memory(self.handle), True)

    def decode(self, ids: list[int], start: int = 0, *, last_only: bool = False) -> memoryview:
        """Logits [len(ids), n_vocab] float32 as bytes, or the last row alone; valid until the next call."""
        return self._decode([ids], start, last_only)

    def decode_together(self, prompts: list[list[int]]) -> list[memoryview]:
        """As `decode`, of several prompts of one length, each a sequence of its own."""
        values, size = self._decode(prompts, 0, False), len(prompts[0]) * self.model.n_vocab * 4
        return [values[start : start + size] for start in range(0, len(values), size)]

    def _decode(self, prompts: list[list[int]], start: int, last_only: bool) -> memoryview:
        batch, index = self._batch, 0
        for sequence, ids in enumerate(prompts):
            self.model._check(ids)
            for offset, token in enumerate(ids):
                batch.token[index] = token
                batch.pos[index] = start + offset
                batch.n_seq_id[index] = 1
                batch.seq_id[index][0] = sequence
                batch.logits[index] = not last_only or offset == len(ids) - 1
                index += 1
        batch.n_tokens = index
        code = c.llama_decode(self.handle, batch)
        if code != 0:
            raise RefusedError(f"llama_decode returned {code} for {index} tokens at position {start}")
        first = c.llama_get_logits(self.handle)
        size = (len(prompts) if last_only else index) * self.model.n_vocab
        return memoryview((ctypes.c_float * size).from_address(ctypes.addressof(first.contents))).cast("B")

    def free(self) -> None:
        """Give the memory back."""
        c.llama_batch_free(self._batch)
        c.llama_free(self.handle)
