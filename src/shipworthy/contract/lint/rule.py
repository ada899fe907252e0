"""What a rule is: the code by which a problem is known, and what a reader of the catalogue wants to know."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """One entry of the catalogue.

    `title` says what is wrong, `why` what it leads to, `looks_at` what is read for it, `fix` what to do where
    the problem itself does not say it better.
    """

    code: str
    title: str
    why: str
    looks_at: str
    fix: str
