"""What must hold of a tokenizer before anything is built from it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from itertools import islice
from pathlib import Path
from typing import AnyStr

from ..errors import FileError
from .packed_texts import PackedTexts
from .tokenizer import AddedToken, TokenizerSpec, split_merge

_AT_ONCE = 1024
"""Merges that are looked at together."""
_ADDED_FIELDS = tuple(field.name for field in fields(AddedToken))
_COMPONENTS = ("model", "normalizer", "pre_tokenizer", "post_processor", "decoder")
FIX = "convert the model again from its original"


def checked(spec: TokenizerSpec, path: Path) -> TokenizerSpec:
    """The spec itself. Raises FileError `tokenizer-broken` naming the first thing that does not hold."""
    problem = (
        _types_problem(spec)
        or _components_problem(spec)
        or _vocabulary_problem(spec)
        or _added_problem(spec)
        or _special_problem(spec)
    )
    if problem:
        raise FileError("tokenizer-broken", problem, path=path, fix=FIX)
    return spec


def _types_problem(spec: TokenizerSpec) -> str:
    for token in spec.added_tokens:
        for field in _ADDED_FIELDS:
            value = getattr(token, field)
            wanted = {"id": int, "content": str}.get(field, bool)
            if type(value) is not wanted:
                return f"an added token has {field} {value!r:.60}, not a {wanted.__name__}"
    return ""


def _components_problem(spec: TokenizerSpec) -> str:
    if spec.components and not isinstance(spec.components.get("model"), Mapping):
        return "its components have no 'model'"
    for name, value in spec.components.items():
        if name not in _COMPONENTS:
            return f"{name!r:.60} is no component of a tokenizer"
        if value is not None and not isinstance(value, Mapping):
            return f"its {name} is {value!r:.60}, not an object"
    return ""


def _vocabulary_problem(spec: TokenizerSpec) -> str:
    if not spec.tokens:
        return "the vocabulary is empty"
    # Encoded strings take half of the memory, and a file without weights is hardly larger than they are.
    if isinstance(spec.tokens, PackedTexts) and isinstance(spec.merges, PackedTexts):
        return _merges_problem(spec, spec.tokens.encoded(), spec.merges.encoded(), str.encode)
    return _merges_problem(spec, spec.tokens, spec.merges, str)


def _merges_problem(
    spec: TokenizerSpec, tokens: Iterable[AnyStr], merges: Iterable[AnyStr], encoded: Callable[[str], AnyStr]
) -> str:
    known = set(tokens)
    if len(known) != len(spec.tokens):
        return _repeated(spec.tokens, known, encoded)
    nothing = encoded("")
    if nothing not in known and _plainly_known(merges, known, encoded(" "), nothing):
        return ""
    for rank, merge in enumerate(spec.merges):
        if " " not in merge[1:-1]:
            return f"merge {rank} is {merge!r:.200}, not two parts with a space between"
        left, right = split_merge(merge)
        for part in (left, right, left + right):
            if encoded(part) not in known:
                return f"merge {rank} is {merge!r:.200}, but {part!r:.200} is not in the vocabulary"
    return ""


def _repeated(tokens: Sequence[str], known: set[AnyStr], encoded: Callable[[str], AnyStr]) -> str:
    for token in tokens:
        if encoded(token) not in known:
            return f"the vocabulary has {token!r:.200} {sum(one == token for one in tokens)} times"
        known.remove(encoded(token))
    return ""


def _plainly_known(merges: Iterable[AnyStr], known: set[AnyStr], space: AnyStr, nothing: AnyStr) -> bool:
    """Whether every merge is two known parts that make a known token: two set tests, a third of the time."""
    left = iter(merges)
    while piece := list(islice(left, _AT_ONCE)):
        joined = space.join(piece)
        plain = (
            joined.count(space) == 2 * len(piece) - 1
            and known.issuperset(joined.split(space))
            and known.issuperset(merge.replace(space, nothing) for merge in piece)
            and all(space in merge for merge in piece)
        )
        if not plain:
            return False
    return True


def _added_problem(spec: TokenizerSpec) -> str:
    for token in spec.added_tokens:
        if not 0 <= token.id < len(spec.tokens):
            return f"added token {token.content!r} has id {token.id}, outside 0..{len(spec.tokens) - 1}"
        if spec.tokens[token.id] != token.content:
            return f"added token {token.content!r} has the id {token.id} of {spec.tokens[token.id]!r}"
        if not token.content:
            return f"added token {token.id} is empty"
    return ""


def _special_problem(spec: TokenizerSpec) -> str:
    for name in ("bos", "eos", "unk", "pad"):
        value = getattr(spec, f"{name}_token_id")
        if value is not None and not 0 <= value < len(spec.tokens):
            return f"the {name} token is {value}, outside 0..{len(spec.tokens) - 1}"
    if spec.add_bos_token and spec.bos_token_id is None:
        return "a BOS token is to be added, but none is named"
    return ""
