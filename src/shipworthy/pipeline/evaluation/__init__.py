"""Evaluations of what a checkpoint writes: raw completions are kept, code is run only in isolation."""

from .human_eval import Attempt, Problem, attempt_all, problems
from .interval import exact_interval
from .run import evaluate

__all__ = ["Attempt", "Problem", "attempt_all", "evaluate", "exact_interval", "problems"]
