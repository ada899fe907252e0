"""`tokenizer.*` fields of a GGUF to a tokenizer and back."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import FileError, UsageError
from .carried import carried_in_gguf
from .gguf_values import GGUFFields
from .packed_texts import PackedTexts
from .pretokenizers import PRE_TOKENIZERS, components_of, surroundings
from .tokenizer import AddedToken, TokenizerSpec
from .tokenizer_carried import OF_GGUF, with_carried
from .tokenizer_check import FIX, checked

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED = 1, 2, 3, 4, 5
"""llama.cpp's token types."""
_ADDED = (UNKNOWN, CONTROL, USER_DEFINED)
_AN_ADDED_TOKEN = 1 << 10
"""Bytes that one is reckoned to take, beside its text: it may be made twice, and once as JSON."""

_SPECIAL = {"bos": "bos", "eos": "eos", "unk": "unknown", "pad": "padding"}
_KNOWN = ", ".join(sorted(PRE_TOKENIZERS))


def spec_from_gguf(fields: Mapping[str, Any], path: Path) -> TokenizerSpec:
    """The tokenizer as llama.cpp reads it: no normalizer, no flags on added tokens, UNUSED rows left out;
    with those where the file carries them (see `tokenizer_carried`).

    Raises FileError tokenizer-unsupported (not byte-level BPE), unknown-pre-tokenizer, tokenizer-broken,
    metadata-conflict.
    """
    model = fields.get("tokenizer.ggml.model")
    if model != "gpt2":
        message = f"tokenizer.ggml.model is {model!r}; only byte-level BPE ('gpt2') is supported"
        raise FileError("tokenizer-unsupported", message, path=path)
    pre = fields.get("tokenizer.ggml.pre", "default")
    if pre not in PRE_TOKENIZERS:
        message = f"tokenizer.ggml.pre is {pre!r}; known are {_KNOWN}"
        raise FileError("unknown-pre-tokenizer", message, path=path)
    if fields.get("tokenizer.ggml.add_eos_token"):
        message = "tokenizer.ggml.add_eos_token is true; only BOS can be added"
        raise FileError("tokenizer-unsupported", message, path=path)
    types, tokens = _types(fields, path), _texts(fields, "tokenizer.ggml.tokens", path)
    if len(types) < len(tokens):
        message = f"{len(tokens)} tokens have {len(types)} types"
        raise FileError("tokenizer-broken", message, path=path, fix=FIX)
    count = len(tokens)
    while count and types[count - 1] == UNUSED:
        count -= 1
    added = tuple(_added_tokens(fields, tokens, types[:count], path))
    ids = {name: _token_id(fields, key, count, path) for name, key in _SPECIAL.items()}
    add_bos = bool(fields.get("tokenizer.ggml.add_bos_token", PRE_TOKENIZERS[pre].adds_bos))
    bos = ids["bos"]
    template = fields.get("tokenizer.chat_template")
    spec = TokenizerSpec(
        tokens=tokens.first(count) if isinstance(tokens, PackedTexts) else tokens[:count],
        merges=_texts(fields, "tokenizer.ggml.merges", path),
        pre=pre,
        added_tokens=added,
        bos_token_id=bos,
        eos_token_id=ids["eos"],
        unk_token_id=ids["unk"],
        pad_token_id=ids["pad"],
        add_bos_token=add_bos,
        chat_template=template if isinstance(template, str) else None,
        components=components_of(pre, (tokens[bos], bos) if add_bos and bos is not None else None),
    )
    return with_carried(checked(spec, path), carried_in_gguf(fields, path), OF_GGUF, path)


def gguf_from_spec(spec: TokenizerSpec, rows: int) -> dict[str, Any]:
    """The fields for an embedding of `rows` rows; rows without a token become UNUSED ones, unlike any other.

    Raises UsageError unknown-pre-tokenizer where llama.cpp has no id for how this tokenizer cuts text,
    tokenizer-unsupported where it adds more than BOS, vocabulary-too-large where tokens exceed rows.
    """
    if spec.pre not in PRE_TOKENIZERS:
        cut = spec.components.get("pre_tokenizer", "not stated")
        message = f"llama.cpp has no known pre-tokenizer id for {spec.pre or cut!r}; known are {_KNOWN}"
        raise UsageError("unknown-pre-tokenizer", message, fix="stay with .apr or a directory")
    wanted = (
        (spec.tokens[spec.bos_token_id], "")
        if spec.add_bos_token and spec.bos_token_id is not None
        else ("",)
    )
    found = surroundings(spec.components.get("post_processor"))
    if found != wanted:
        message = f"the tokenizer makes {found} of a sequence; llama.cpp can only put BOS in front"
        raise UsageError("tokenizer-unsupported", message, fix="stay with .apr or a directory")
    if len(spec.tokens) > rows:
        message = f"the tokenizer has {len(spec.tokens)} tokens, but the embedding only {rows} rows"
        raise UsageError("vocabulary-too-large", message, fix="take the tokenizer of this model")
    added = {token.id: CONTROL if token.special else USER_DEFINED for token in spec.added_tokens}
    types = [
        added.get(identifier, UNUSED if token == f"[PAD{identifier}]" else NORMAL)
        for identifier, token in enumerate(spec.tokens)
    ]
    pads = _pads(set(spec.tokens), len(spec.tokens), rows)
    fields: dict[str, Any] = {
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": spec.pre,
        "tokenizer.ggml.tokens": [*spec.tokens, *pads],
        "tokenizer.ggml.token_type": types + [UNUSED] * len(pads),
        "tokenizer.ggml.merges": list(spec.merges),
    }
    for name, key in _SPECIAL.items():
        value = getattr(spec, f"{name}_token_id")
        if value is not None:
            fields[f"tokenizer.ggml.{key}_token_id"] = value
    fields["tokenizer.ggml.add_bos_token"] = spec.add_bos_token
    if spec.chat_template is not None:
        fields["tokenizer.chat_template"] = spec.chat_template
    return fields


def _pads(taken: set[str], start: int, rows: int) -> list[str]:
    """Names that no token has: llama.cpp aborts on a vocabulary with two equal entries."""
    pads = []
    for identifier in range(start, rows):
        name = f"[PAD{identifier}]"
        while name in taken:
            name = f"[{name}]"
        taken.add(name)
        pads.append(name)
    return pads


def _texts(fields: Mapping[str, Any], key: str, path: Path) -> Sequence[str]:
    """An array of strings: as it is in the file where it was read from one, else as a tuple."""
    values = fields.packed(key) if isinstance(fields, GGUFFields) and key in fields else fields.get(key)
    if isinstance(values, PackedTexts):
        return values
    return tuple(_all(values, lambda value: isinstance(value, str), key, "strings", path))


def _types(fields: Mapping[str, Any], path: Path) -> bytes:
    """A byte for each token; a type that llama.cpp has none of is 0."""
    key = "tokenizer.ggml.token_type"
    values = fields.get(key)
    if values is None:
        return bytes([NORMAL]) * len(_texts(fields, "tokenizer.ggml.tokens", path))
    if isinstance(values, list) and set(map(type, values)) == {int} and 0 <= min(values) <= max(values) < 256:
        return bytes(values)
    numbers = _all(values, _is_number, key, "numbers", path)
    return bytes(int(number) if 0 <= number < 256 else 0 for number in numbers)


def _is_number(value: Any) -> bool:
    return isinstance(value, int) or (isinstance(value, float) and math.isfinite(value))


def _all(values: Any, holds: Callable[[Any], bool], key: str, what: str, path: Path) -> list[Any]:
    """`values`, a list of which all hold. Raises FileError tokenizer-broken."""
    if not isinstance(values, list | tuple):
        found = "absent" if values is None else f"{values!r:.60}"
        message = f"{key} is {found}, not a list of {what}"
        raise FileError("tokenizer-broken", message, path=path, fix=FIX)
    for index, value in enumerate(values):
        if not holds(value):
            message = f"{key} is no list of {what}: entry {index} is {value!r:.60}"
            raise FileError("tokenizer-broken", message, path=path, fix=FIX)
    return list(values)


def _added_tokens(
    fields: Mapping[str, Any], tokens: Sequence[str], types: bytes, path: Path
) -> Iterator[AddedToken]:
    memory = 0
    for identifier, kind in enumerate(types):
        if kind in _ADDED:
            token = tokens[identifier]
            memory += sys.getsizeof(token) + _AN_ADDED_TOKEN
            if isinstance(fields, GGUFFields) and not fields.budget.has_room(memory):
                message = "the added tokens take more memory than is in proportion to the file"
                raise FileError("array-length", message, path=path, fix=FIX)
            yield AddedToken(identifier, token, special=kind != USER_DEFINED)


def _token_id(fields: Mapping[str, Any], key: str, count: int, path: Path) -> int | None:
    value = fields.get(f"tokenizer.ggml.{key}_token_id")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < count:
        message = f"tokenizer.ggml.{key}_token_id is {value!r}, outside 0..{count - 1}"
        raise FileError("tokenizer-broken", message, path=path, fix=FIX)
    return value
