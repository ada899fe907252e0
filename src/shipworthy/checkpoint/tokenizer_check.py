"""What must hold of a tokenizer before anything is built from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from ..errors import FileError
from .tokenizer import TokenizerSpec, split_merge

_COMPONENTS = ("model", "normalizer", "pre_tokenizer", "post_processor", "decoder")
_FIX = "convert the model again from its original"


def checked(spec: TokenizerSpec, path: Path) -> TokenizerSpec:
    """The spec itself. Raises FileError `tokenizer-broken` naming the first thing that does not hold."""
    problem = (
        _types_problem(spec)
        or _components_problem(spec)
        or _tokens_problem(spec)
        or _merges_problem(spec)
        or _added_problem(spec)
        or _special_problem(spec)
    )
    if problem:
        raise FileError("tokenizer-broken", problem, path=path, fix=_FIX)
    return spec


def _types_problem(spec: TokenizerSpec) -> str:
    for token in spec.added_tokens:
        for field, value in vars(token).items():
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


def _tokens_problem(spec: TokenizerSpec) -> str:
    if not spec.tokens:
        return "the vocabulary is empty"
    known = set(spec.tokens)
    if len(known) != len(spec.tokens):
        token, count = Counter(spec.tokens).most_common(1)[0]
        return f"the vocabulary has {token!r} {count} times"
    return ""


def _merges_problem(spec: TokenizerSpec) -> str:
    known = set(spec.tokens)
    if "" not in known and _plainly_known(spec.merges, known):
        return ""
    for rank, merge in enumerate(spec.merges):
        if " " not in merge[1:-1]:
            return f"merge {rank} is {merge!r}, not two parts with a space between"
        left, right = split_merge(merge)
        for part in (left, right, left + right):
            if part not in known:
                return f"merge {rank} is {merge!r}, but {part!r} is not in the vocabulary"
    return ""


def _plainly_known(merges: tuple[str, ...], known: set[str]) -> bool:
    """Whether every merge is two known parts that make a known token: two set tests, a third of the time."""
    joined = " ".join(merges)
    return (
        joined.count(" ") == max(2 * len(merges) - 1, 0)
        and known.issuperset(joined.split(" ") if merges else ())
        and known.issuperset(merge.replace(" ", "") for merge in merges)
        and all(" " in merge for merge in merges)
    )


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
