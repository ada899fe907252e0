"""Code that a model wrote, run where it can reach nothing: no network, no disk, no other process."""

from .run import Ended, IsolationLimits, IsolationMissing, isolation_problem, run_isolated

__all__ = ["Ended", "IsolationLimits", "IsolationMissing", "isolation_problem", "run_isolated"]
