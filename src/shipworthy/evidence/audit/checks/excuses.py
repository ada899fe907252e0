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
    r"\b(?:nobody|no one|whether|if|never|deny|denies|doubt\w*|wrong\w*|claim\w*|n't|cannot"
    r"|not (?:think|say|believe|hold|agree|claim|because|that))\b",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"\"[^\"]*\"|\u201c[^\u201d]*\u201d")


def explains_away(text: str, *, of_failure: bool) -> bool:
    """Whether a text calls a failure no matter. `of_failure`: it is among what is said of failed gates."""
    text = _QUOTED.sub('""', text)
    if of_failure and _BEGINS.search(text):
        return True
    for match in _SAID.finditer(text):
        clause = re.split(r"[.;:]", text[max(0, match.start() - 200) : match.start()])[-1]
        if not _DOUBTED.search(clause):
            return True
    return False
