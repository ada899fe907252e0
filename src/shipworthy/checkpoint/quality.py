"""A score of what a checkpoint says of itself, every part of it shown; information, never a verdict.

What is stated is not proven: no weight is read, and nobody asks whether a licence or a source is true.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ..architecture import canonical_name, disagreements, implausible, is_missing, resolve_aliases
from ..errors import FileError
from .metadata_findings import REQUIRED, config_or_none, tokenizer_findings
from .tensor_set import tensor_problems
from .tokenizer import TokenizerSpec
from .view import Checkpoint


@dataclass(frozen=True)
class QualityItem:
    """One part of the score: points that it is worth, points earned (all or none), and why."""

    name: str
    weight: int
    earned: int
    why: str


@dataclass(frozen=True)
class Quality:
    """Every part; the weights sum to 100, and so the score is the sum of what was earned."""

    items: tuple[QualityItem, ...]

    @property
    def score(self) -> int:
        """0 to 100."""
        return sum(item.earned for item in self.items)

    def to_json(self) -> dict[str, Any]:
        """Strict JSON. `content` is there so that no score is read as a check of the weights."""
        return {
            "score": self.score,
            "of": sum(item.weight for item in self.items),
            "content": "not verified",
            "items": [asdict(item) for item in self.items],
        }


@dataclass(frozen=True)
class _Stated:
    checkpoint: Checkpoint
    metadata: Mapping[str, Any]
    tokenizer: TokenizerSpec | str | None
    """A string says why it is broken."""

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        return {name: entry.shape for name, entry in self.checkpoint.tensors.items()}


def quality(checkpoint: Checkpoint) -> Quality:
    """Score the header of an opened checkpoint by `WEIGHTS`: header, metadata and shapes, no values.

    A part whose subject is missing earns 0, so that nothing is earned by saying nothing.
    """
    stated = _Stated(checkpoint, resolve_aliases(checkpoint.metadata), _tokenizer(checkpoint))
    items = []
    for name, (weight, check) in _PARTS.items():
        problem = check(stated)
        items.append(QualityItem(name, weight, 0 if problem else weight, problem or "as it should be"))
    return Quality(tuple(items))


def _tokenizer(checkpoint: Checkpoint) -> TokenizerSpec | str | None:
    try:
        return checkpoint.tokenizer()
    except FileError as error:
        return error.message


def _states(*fields: str) -> Callable[[_Stated], str]:
    """That one of these fields is stated, and not as an empty string."""

    def check(stated: _Stated) -> str:
        present = any(stated.metadata.get(field) not in (None, "", {}) for field in fields)
        return "" if present else f"no {' or '.join(fields)} is stated"

    return check


def _complete(stated: _Stated) -> str:
    absent = [field for field in REQUIRED if is_missing(stated.metadata, field)]
    return f"{len(absent)} of {len(REQUIRED)} fields are missing: {', '.join(absent)}" if absent else ""


def _known(stated: _Stated) -> str:
    label = stated.metadata.get("architecture")
    known = isinstance(label, str) and canonical_name(label) is not None
    return "" if known else f"the architecture is {label!r}, which is not known"


def _plausible(stated: _Stated) -> str:
    return _complete(stated) or "; ".join(implausible(stated.metadata))


def _dimensions_agree(stated: _Stated) -> str:
    problems = disagreements(stated.metadata, stated.shapes)
    return _complete(stated) or "; ".join(p for p in problems if not p.startswith("architecture "))


def _label_agrees(stated: _Stated) -> str:
    problems = disagreements(stated.metadata, stated.shapes)
    return _known(stated) or "; ".join(p for p in problems if p.startswith("architecture "))


def _names_closed(stated: _Stated) -> str:
    config = config_or_none(stated.checkpoint)
    if config is None:
        return "the metadata does not say which tensors there should be"
    problems = list(tensor_problems(stated.checkpoint, config))
    return f"{len(problems)} problems, first: {problems[0].message}" if problems else ""


def _spec_problem(stated: _Stated) -> str:
    if isinstance(stated.tokenizer, str):
        return f"the tokenizer is broken: {stated.tokenizer}"
    return "no tokenizer is embedded" if stated.tokenizer is None else ""


def _spec(stated: _Stated, check: Callable[[TokenizerSpec], str]) -> str:
    spec = stated.tokenizer
    return check(spec) if isinstance(spec, TokenizerSpec) else _spec_problem(stated)


def _buildable(stated: _Stated) -> str:
    return _spec(stated, lambda spec: "" if spec.components else "it does not say how text is cut into words")


def _fits(stated: _Stated) -> str:
    if "model.embed_tokens.weight" not in stated.checkpoint.tensors:
        return "there is no embedding to fit"
    return _spec(stated, lambda spec: "; ".join(f.what for f in tokenizer_findings(stated.checkpoint, spec)))


def _ends(stated: _Stated) -> str:
    return _spec(stated, lambda spec: "no end-of-text token is named" if spec.eos_token_id is None else "")


def _chat(stated: _Stated) -> str:
    return _spec(stated, lambda spec: "no chat template" if spec.chat_template is None else "")


_PARTS: dict[str, tuple[int, Callable[[_Stated], str]]] = {
    "identity: name": (4, _states("name")),
    "identity: licence": (8, _states("license")),
    "identity: source": (4, _states("source")),
    "identity: version": (4, _states("version")),
    "provenance: training data": (4, _states("data_source", "shipworthy.data")),
    "provenance: licence of the data": (3, _states("data_license")),
    "provenance: producer": (4, _states("shipworthy.producer")),
    "provenance: run": (4, _states("shipworthy.run_id")),
    "architecture: a known family": (5, _known),
    "architecture: every field that a runtime needs": (14, _complete),
    "architecture: all fields plausible": (6, _plausible),
    "agreement: dimensions with tensors": (8, _dimensions_agree),
    "agreement: family with tensors": (6, _label_agrees),
    "agreement: tensor names and shapes complete": (6, _names_closed),
    "tokenizer: embedded and whole": (6, _spec_problem),
    "tokenizer: can be built": (4, _buildable),
    "tokenizer: fits the embedding": (3, _fits),
    "tokenizer: names its end of text": (2, _ends),
    "chat: a template": (5, _chat),
}

WEIGHTS = {name: weight for name, (weight, _) in _PARTS.items()}
"""What each part is worth; they sum to 100."""
