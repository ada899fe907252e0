"""A Hugging Face directory's tokenizer: tokenizer.json, tokenizer_config.json, chat_template.jinja."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ..canonical import strict_loads
from ..errors import FileError
from .hf_files import member, refusing_unreadable
from .pretokenizers import recognize, surroundings
from .tokenizer import AddedToken, TokenizerSpec
from .tokenizer_carried import OF_CONFIG, with_carried
from .tokenizer_check import FIX, checked
from .tokenizer_json import added_token, said

_COMPONENTS = ("normalizer", "pre_tokenizer", "post_processor", "decoder")
_MAX_BYTES = 64_000_000
_NOT_FLAGS = ("type", "vocab", "merges")


def spec_from_hf(directory: Path, carried: Mapping[str, Any] = MappingProxyType({})) -> TokenizerSpec:
    """The tokenizer with its components as they are; `pre` is "" where llama.cpp has no id for them.

    An id that neither the vocabulary nor the added tokens use becomes "[PADn]", as in llama.cpp's converter.
    `carried` is what config.json carries of it (see `tokenizer_carried`).
    Raises FileError tokenizer-missing, tokenizer-unsupported (not BPE), tokenizer-broken, and what `member`
    raises.
    """
    path = member(directory, "tokenizer.json")
    if path is None:
        raise FileError("tokenizer-missing", "the directory has no tokenizer.json", path=directory)
    stated = _read(path)
    config_path = member(directory, "tokenizer_config.json")
    config = {} if config_path is None else _read(config_path)
    try:
        template = _chat_template(directory, config)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        message = f"the tokenizer is broken: {said(error)}"
        raise FileError("tokenizer-broken", message, path=path, fix=FIX) from None
    return with_carried(spec_from_json(stated, config, template, path), carried, OF_CONFIG, path)


def spec_from_json(
    stated: Mapping[str, Any], config: Mapping[str, Any], template: str | None, path: Path
) -> TokenizerSpec:
    """The tokenizer of tokenizer.json, tokenizer_config.json and a chat template.

    Raises FileError tokenizer-unsupported, tokenizer-broken, naming `path`.
    """
    model = stated.get("model")
    if not isinstance(model, Mapping) or model.get("type", "BPE") != "BPE":
        kind = model.get("type") if isinstance(model, Mapping) else model
        message = f"the tokenizer's model is {kind!r}; only byte-level BPE is supported"
        raise FileError("tokenizer-unsupported", message, path=path)
    if not _mentions_byte_level(stated.get("decoder")):
        message = "the tokenizer does not decode bytes; only byte-level BPE is supported"
        raise FileError("tokenizer-unsupported", message, path=path)
    try:
        spec = _spec(stated, model, config, template, path)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        message = f"the tokenizer is broken: {said(error)}"
        raise FileError("tokenizer-broken", message, path=path, fix=FIX) from None
    return checked(spec, path)


def json_from_spec(spec: TokenizerSpec) -> dict[str, str]:
    """The files of a tokenizer by name: tokenizer.json, tokenizer_config.json, chat_template.jinja.

    A special token that is not an added one is left out: transformers would make it one, and text that
    spells it would encode otherwise. Raises UsageError tokenizer-incomplete.
    """
    added = {token.id for token in spec.added_tokens}
    ids = {f"{name}_token": getattr(spec, f"{name}_token_id") for name in ("bos", "eos", "unk", "pad")}
    config: dict[str, Any] = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        **{name: spec.tokens[identifier] for name, identifier in ids.items() if identifier in added},
        "clean_up_tokenization_spaces": spec.pre == "starcoder",
    }
    files = {"tokenizer.json": json.dumps(spec.to_json(), ensure_ascii=False)}
    template = spec.chat_template
    if template is not None and "\r" not in template:
        files["chat_template.jinja"] = template
    elif template is not None:
        # Line ends of a file of text are read as newlines; those of JSON stay.
        config["chat_template"] = template
    return {**files, "tokenizer_config.json": json.dumps(config, ensure_ascii=False, indent=2) + "\n"}


def _spec(
    stated: Mapping[str, Any],
    model: Mapping[str, Any],
    config: Mapping[str, Any],
    template: str | None,
    path: Path,
) -> TokenizerSpec:
    added = tuple(
        sorted((added_token(token) for token in stated.get("added_tokens") or []), key=lambda token: token.id)
    )
    tokens = _tokens(model["vocab"], added, path)
    components: dict[str, Any] = {name: stated.get(name) for name in _COMPONENTS}
    components["model"] = {name: value for name, value in model.items() if name not in _NOT_FLAGS}
    ids = {name: _token_id(config, name, added) for name in ("bos", "eos", "unk", "pad")}
    bos = ids["bos"]
    # As transformers 5 has it: add_bos_token of the configuration counts only without a tokenizer.json.
    put_around = surroundings(components["post_processor"])
    add_bos = bos is not None and put_around[0] == tokens[bos]
    return TokenizerSpec(
        tokens=tokens,
        merges=tuple(merge if isinstance(merge, str) else _joined(merge) for merge in model["merges"]),
        pre=recognize(components, cleans_spaces=bool(config.get("clean_up_tokenization_spaces", False))),
        added_tokens=added,
        bos_token_id=bos,
        eos_token_id=ids["eos"],
        unk_token_id=ids["unk"],
        pad_token_id=ids["pad"],
        add_bos_token=add_bos,
        chat_template=template,
        components=components,
    )


def _tokens(vocab: Mapping[str, int], added: tuple[AddedToken, ...], path: Path) -> tuple[str, ...]:
    by_id: dict[int, str] = {}
    for token, identifier in vocab.items():
        if type(identifier) is not int:
            raise ValueError(f"the id of {token!r:.80} is {identifier!r:.80}, not a whole number")
        if by_id.setdefault(identifier, token) != token:
            raise ValueError(f"{by_id[identifier]!r:.80} and {token!r:.80} both have the id {identifier}")
    by_id |= {token.id: token.content for token in added}
    size = max(by_id) + 1
    if min(by_id) < 0 or size > 2 * len(by_id) + 1024:
        raise ValueError(f"{len(by_id)} tokens have ids from {min(by_id)} to {size - 1}")
    return tuple(by_id.get(identifier, f"[PAD{identifier}]") for identifier in range(size))


def _joined(merge: list[str]) -> str:
    if len(merge) != 2:
        raise ValueError(f"a merge is {merge!r:.60}, not of two parts")
    left, right = merge
    if " " in left[1:] or " " in right:
        raise ValueError(f"merge {merge!r} has a space inside a part")
    return f"{left} {right}"


def _token_id(config: Mapping[str, Any], name: str, added: tuple[AddedToken, ...]) -> int | None:
    stated = config.get(f"{name}_token")
    content = stated.get("content") if isinstance(stated, Mapping) else stated
    if content is None:
        return None
    found = next((token.id for token in added if token.content == content), None)
    if found is None:
        raise ValueError(f"the {name} token {content!r} of tokenizer_config.json is not an added token")
    return found


def _mentions_byte_level(decoder: Any) -> bool:
    if not isinstance(decoder, Mapping):
        return False
    inner = decoder.get("decoders")
    return decoder.get("type") == "ByteLevel" or (
        isinstance(inner, list) and any(_mentions_byte_level(one) for one in inner)
    )


def _chat_template(directory: Path, config: Mapping[str, Any]) -> str | None:
    own_file = member(directory, "chat_template.jinja")
    if own_file is not None:
        return _text(own_file)
    stated = config.get("chat_template")
    if isinstance(stated, list):
        stated = next((one["template"] for one in stated if one.get("name") == "default"), None)
    return stated if isinstance(stated, str) else None


def _text(path: Path) -> str:
    with refusing_unreadable(path):
        size = path.stat().st_size
        if size > _MAX_BYTES:
            raise ValueError(f"{size} bytes, at most {_MAX_BYTES} are read")
        return path.read_text(encoding="utf-8")


def _read(path: Path) -> dict[str, Any]:
    try:
        value = strict_loads(_text(path))
    except ValueError as error:
        raise FileError("tokenizer-broken", f"this is not JSON: {error}", path=path) from None
    if not isinstance(value, dict):
        raise FileError("tokenizer-broken", "this is not a JSON object", path=path)
    return value
