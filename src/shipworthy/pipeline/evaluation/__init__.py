"""Evaluations of what a checkpoint writes: raw completions are kept, code is run only in isolation."""

from .human_eval import Attempt, HumanEval, Problem, problems
from .kept import Row, rows_in
from .python_syntax import Continuation, Prompt, PythonSyntax
from .run import COMPLETIONS, Suite, evaluate, evaluate_opened

__all__ = [
    "COMPLETIONS",
    "Attempt",
    "Continuation",
    "HumanEval",
    "Problem",
    "Prompt",
    "PythonSyntax",
    "Row",
    "Suite",
    "evaluate",
    "evaluate_opened",
    "problems",
    "rows_in",
]
