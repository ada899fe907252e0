"""llama.cpp's `tokenizer.ggml.pre` ids as `tokenizers` components, for byte-level BPE.

An id says how text is cut before the merges: regular expressions applied one after the other, each to the
pieces that the one before left, and then bytes written as characters. Two things follow.

- llama.cpp does not normalize text. Hugging Face's qwen2 and command-r bring it to NFC first. A tokenizer
  rebuilt from a GGUF of others does as llama.cpp does; one read from a Hugging Face directory keeps its
  normalizer, its export to GGUF carries it for us (see `tokenizer_carried`) and says that llama.cpp does not
  apply it: ids differ on text that is not in NFC, and only there.
- Ids that cut alike (smollm, starcoder, refact, command-r) cannot be told apart by their components. For
  llama.cpp they differ in whether spaces before punctuation are cleaned up in decoded text, and that is
  what chooses among them: smollm where they are kept, starcoder where they are not.

Source: `llm_tokenizer_bpe` and `llama_vocab::impl::load` of llama.cpp; the tests compare every id with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from . import pretokenizer_patterns as patterns


@dataclass(frozen=True)
class PreTokenizer:
    """How one id cuts text: `splits` in order; `ignore_merges` takes a piece that is a token whole;
    `adds_bos` is what llama.cpp does where a file does not say."""

    splits: tuple[str, ...]
    ignore_merges: bool = False
    adds_bos: bool = False


_DIGITS_THEN_GPT2 = PreTokenizer((patterns.DIGIT, patterns.GPT2))
_GPT2 = PreTokenizer((patterns.GPT2,))
_LLAMA3 = PreTokenizer((patterns.LLAMA3,), ignore_merges=True, adds_bos=True)
_QWEN2 = PreTokenizer((patterns.QWEN2,))

PRE_TOKENIZERS: dict[str, PreTokenizer] = {
    "smollm": _DIGITS_THEN_GPT2,
    "starcoder": _DIGITS_THEN_GPT2,
    "refact": _DIGITS_THEN_GPT2,
    "command-r": _DIGITS_THEN_GPT2,
    "gpt-2": _GPT2,
    "mpt": _GPT2,
    "qwen2": _QWEN2,
    "deepseek-r1-qwen": _QWEN2,
    "qwen35": PreTokenizer((patterns.QWEN35,)),
    "llama-bpe": _LLAMA3,
    "llama3": _LLAMA3,
    "llama-v3": _LLAMA3,
    "falcon": PreTokenizer((patterns.FALCON_PUNCTUATION, patterns.GPT2, patterns.THREE_DIGITS)),
    "deepseek-coder": PreTokenizer(
        (
            patterns.NEWLINE,
            patterns.CODER_LETTERS,
            patterns.CODER_PUNCTUATION,
            patterns.HAN_HANGUL,
            patterns.DIGIT,
        )
    ),
    "deepseek-llm": PreTokenizer(
        (
            patterns.NEWLINE,
            patterns.LLM_LETTERS,
            patterns.LLM_PUNCTUATION,
            patterns.TRAILING_SPACE,
            patterns.HAN_HANGUL,
            patterns.NUMBER,
        )
    ),
    "default": PreTokenizer(
        (patterns.DEFAULT_PUNCTUATION, patterns.GPT2, patterns.NUMBER, patterns.THREE_DIGITS)
    ),
}
"""`default` is what llama.cpp takes for a file that names no id."""

_RECOGNIZED = ("gpt-2", "qwen2", "qwen35", "llama-bpe", "deepseek-coder", "deepseek-llm")
"""Ids that components of Hugging Face can stand for, besides smollm and starcoder."""

_MODEL = {
    "dropout": None,
    "unk_token": None,
    "continuing_subword_prefix": None,
    "end_of_word_suffix": None,
    "fuse_unk": False,
    "byte_fallback": False,
}


def components_of(pre: str, bos: tuple[str, int] | None) -> dict[str, Any]:
    """The `tokenizers` components of an id; `bos` is the token to put in front, and its id, or None.

    Raises KeyError for an id that is not in the table.
    """
    found = PRE_TOKENIZERS[pre]
    ends_in_gpt2 = found.splits[-1] == patterns.GPT2  # which `tokenizers` has in its byte-level step
    splits = found.splits[:-1] if ends_in_gpt2 else found.splits
    steps = [*map(_step, splits), _byte_level(use_regex=ends_in_gpt2)]
    return {
        "normalizer": None,
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": steps} if len(steps) > 1 else steps[0],
        "post_processor": _post_processor(bos),
        "decoder": _byte_level(use_regex=True),
        "model": {**_MODEL, "ignore_merges": found.ignore_merges},
    }


def _post_processor(bos: tuple[str, int] | None) -> dict[str, Any] | None:
    """None, which adds nothing, or a post-processor that puts `bos` before every sequence."""
    if bos is None:
        return None
    token, identifier = bos
    special = {"SpecialToken": {"id": token, "type_id": 0}}
    pair_special = {"SpecialToken": {"id": token, "type_id": 1}}
    first, second = {"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}
    return {
        "type": "TemplateProcessing",
        "single": [special, first],
        "pair": [special, first, pair_special, second],
        "special_tokens": {token: {"id": token, "ids": [identifier], "tokens": [token]}},
    }


def surroundings(processor: Mapping[str, Any] | None) -> tuple[str, ...]:
    """What a post-processor makes of one sequence: the tokens it adds, and "" for the sequence itself.

    ("",) adds nothing, ("<s>", "") puts a token in front; a kind that is not known here gives its name.
    """
    kind = None if processor is None else processor.get("type")
    if processor is None or kind == "ByteLevel":
        return ("",)
    if kind == "Sequence":
        found = [surroundings(one) for one in processor["processors"]]
        return next((one for one in found if one != ("",)), ("",))
    if kind == "TemplateProcessing":
        return tuple(step.get("SpecialToken", {"id": ""})["id"] for step in processor["single"])
    return (str(kind),)


def recognize(components: Mapping[str, Any], *, cleans_spaces: bool) -> str:
    """The id that cuts as these components do, or "" where the table has none."""
    splits = _splits(components.get("pre_tokenizer"))
    model = components.get("model", {})
    plain = all(not model.get(name) for name in _MODEL if name not in ("unk_token", "fuse_unk"))
    if splits is None or not plain or not _is_byte_level(components.get("decoder")):
        return ""
    if not _normalizers_known(components.get("normalizer")):
        return ""
    for pre in ("starcoder" if cleans_spaces else "smollm", *_RECOGNIZED):
        known = PRE_TOKENIZERS[pre]
        if known.splits == splits and known.ignore_merges == bool(model.get("ignore_merges")):
            return pre
    return ""


def cuts_as(pre: str, components: Mapping[str, Any]) -> bool:
    """Whether these components cut text as an id of the table does; what is done before and after is free."""
    known = PRE_TOKENIZERS.get(pre)
    return (
        known is not None
        and known.splits == _splits(components.get("pre_tokenizer"))
        and known.ignore_merges == bool(components.get("model", {}).get("ignore_merges"))
    )


def normalizers(normalizer: Mapping[str, Any] | None) -> tuple[str, ...]:
    """The types of normalizers that a component applies, in order."""
    if normalizer is None:
        return ()
    if normalizer.get("type") == "Sequence":
        return tuple(name for one in normalizer.get("normalizers", ()) for name in normalizers(one))
    return (str(normalizer.get("type")),)


def _normalizers_known(normalizer: Mapping[str, Any] | None) -> bool:
    return normalizers(normalizer) in ((), ("NFC",))


def _step(pattern: str) -> dict[str, Any]:
    if pattern == patterns.DIGIT:
        return {"type": "Digits", "individual_digits": True}
    return {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False}


def _byte_level(*, use_regex: bool) -> dict[str, Any]:
    return {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": use_regex}


def _is_byte_level(component: Mapping[str, Any] | None) -> bool:
    return component is not None and component.get("type") == "ByteLevel"


def _splits(component: Mapping[str, Any] | None) -> tuple[str, ...] | None:
    """The expressions of a pre-tokenizer that ends in bytes, or None for one that does something else."""
    steps = list(_flatten(component))
    if not steps or not _is_byte_level(steps[-1]) or any(_is_byte_level(step) for step in steps[:-1]):
        return None
    if steps[-1].get("add_prefix_space"):
        return None
    found = [_expression(step) for step in steps[:-1]]
    if steps[-1].get("use_regex", True):
        found.append(patterns.GPT2)
    known = tuple(one for one in found if one is not None)
    return known if len(known) == len(found) else None


def _flatten(component: Mapping[str, Any] | None) -> Iterator[Mapping[str, Any]]:
    if component is None:
        return
    if component.get("type") == "Sequence":
        for one in component.get("pretokenizers", ()):
            yield from _flatten(one)
    else:
        yield component


def _expression(step: Mapping[str, Any]) -> str | None:
    if step.get("type") == "Digits":
        return patterns.DIGIT if step.get("individual_digits") else patterns.NUMBER
    pattern = step.get("pattern")
    isolated = step.get("type") == "Split" and step.get("behavior") == "Isolated" and not step.get("invert")
    if not isolated or not isinstance(pattern, Mapping) or not isinstance(pattern.get("Regex"), str):
        return None
    expression: str = pattern["Regex"]
    return patterns.SPELLINGS.get(expression, expression)
