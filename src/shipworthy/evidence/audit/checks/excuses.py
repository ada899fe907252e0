"""Whether a text calls a failure no matter: `the FAIL is expected`, `fails as expected`, `known issue`.

It must say so of the failure. `expected 'Hello', got 'xyz'` and `which is not acceptable` excuse nothing.
"""

from __future__ import annotations

import re

_NO_MATTER = (
    r"(?:expected|acceptable|harmless|benign|a known issue|no matter|to be ignored|nothing to worry about"
    r"|(?:safe|fine|ok) to ignore)"
)
_SAID = re.compile(
    r"\b(?:fail\w*|errors?|misse[sd]|miss|this|that|it|which)\W{1,2}(?:is|was|are|were)\s+"
    r"(?:(?!not|no\b|never|hardly)\w+ly )?"
    rf"{_NO_MATTER}\b(?! (?:to|that|only|if|where|when|by no|output|value|text|tokens?)\b)"
    r"|(?<!not )\bfail\w*\s+as\s+(?:was )?expected\b"
    r"|\b(?:can|may|could) (?:safely )?be ignored\b"
    r"|\b(?:we|I) (?:will |can )?ignored? (?:it|this|that|the fail\w*)\b",
    re.IGNORECASE,
)
_BEGINS = re.compile(
    r"^\W*(?:expected|harmless|benign|known issue|acceptable|ignored)"
    r"(?=\s*(?:$|[\u2013\u2014,;(.]|-\s|because\b|since\b|for\b|on\b))"
    r"(?!.{0,80}\b(?:got|instead|but was|found)\b)",
    re.IGNORECASE,
)
_DOUBTED = re.compile(
    r"\b(?:nobody|no one|whether|if|never|deny|denies|doubt\w*|wrong\w*|claim\w*|cannot"
    r"|not (?:think|say|believe|hold|agree|claim|because|that))\b|n't\b",
    re.IGNORECASE,
)
_DENIED = re.compile(r"\b(?:wrong|untrue|false|not true|no excuse)\b", re.IGNORECASE)
_SENTENCE = re.compile(r"[.;](?=\s|$)")
_QUOTED = re.compile(r"\"[^\"]*\"|\u201c[^\u201d]*\u201d")

_CLAUSE = 200
"""Characters before the words in which a doubt is looked for."""


def explains_away(text: str, *, gate: str = "") -> bool:
    """Whether a text calls the failure of a gate no matter, in the sentence that names it or begins the next.

    Without a gate the text is among what is said of failed gates, and of them.
    """
    text = _QUOTED.sub('""', text)
    if not gate and _BEGINS.search(text):
        return True
    before = ""
    for sentence in _SENTENCE.split(text):
        named, follows = gate in sentence, gate in before
        denied = _DENIED.search(sentence) is not None
        for match in () if denied else _SAID.finditer(sentence):
            clause = sentence[max(0, match.start() - _CLAUSE) : match.start()]
            begins = follows and clause.strip(" (").lower() in ("", "the")
            if (named or begins) and not _DOUBTED.search(clause):
                return True
        before = sentence
    return False
