"""`tokenizer.*` fields of a GGUF to a tokenizer and back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import FileError, UsageError
from .carried import carried_in_gguf
from .pretokenizers import PRE_TOKENIZERS, components_of, surroundings
from .tokenizer import AddedToken, TokenizerSpec
from .tokenizer_carried import OF_GGUF, with_carried
from .tokenizer_check import checked

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED = 1, 2, 3, 4, 5
"""llama.cpp's token types."""

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
    types, tokens = _types(fields, path), _strings(fields, "tokenizer.ggml.tokens", path)
    if len(types) < len(tokens):
        message = f"{len(tokens)} tokens have {len(types)} types"
        raise FileError("tokenizer-broken", message, path=path)
    count = len(tokens)
    while count and types[count - 1] == UNUSED:
        count -= 1
    added = tuple(
        AddedToken(identifier, tokens[identifier], special=types[identifier] != USER_DEFINED)
        for identifier in range(count)
        if types[identifier] in (UNKNOWN, CONTROL, USER_DEFINED)
    )
    ids = {name: _token_id(fields, key, count, path) for name, key in _SPECIAL.items()}
    add_bos = bool(fields.get("tokenizer.ggml.add_bos_token", PRE_TOKENIZERS[pre].adds_bos))
    bos = ids["bos"]
    template = fields.get("tokenizer.chat_template")
    spec = TokenizerSpec(
        tokens=tuple(tokens[:count]),
        merges=tuple(_strings(fields, "tokenizer.ggml.merges", path)),
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


def _strings(fields: Mapping[str, Any], key: str, path: Path) -> list[str]:
    values = fields.get(key)
    if not isinstance(values, list | tuple) or not all(isinstance(value, str) for value in values):
        raise FileError("tokenizer-broken", f"{key} is not a list of strings", path=path)
    return list(values)


def _types(fields: Mapping[str, Any], path: Path) -> list[int]:
    values = fields.get("tokenizer.ggml.token_type")
    if values is None:
        return [NORMAL] * len(_strings(fields, "tokenizer.ggml.tokens", path))
    try:
        return [int(value) for value in values]
    except (TypeError, ValueError):
        raise FileError(
            "tokenizer-broken", "tokenizer.ggml.token_type is not a list of numbers", path=path
        ) from None


def _token_id(fields: Mapping[str, Any], key: str, count: int, path: Path) -> int | None:
    value = fields.get(f"tokenizer.ggml.{key}_token_id")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < count:
        message = f"tokenizer.ggml.{key}_token_id is {value!r}, outside 0..{count - 1}"
        raise FileError("tokenizer-broken", message, path=path)
    return value
