"""The rules that contracts are held against, and lint, which reports every problem of every file."""

from .rule import Rule
from .rules import GROUPS, RULES, markdown
from .run import Problem, Report, lint

__all__ = ["GROUPS", "RULES", "Problem", "Report", "Rule", "lint", "markdown"]
