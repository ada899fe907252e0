"""Decides whether a trained language-model checkpoint may ship."""

__version__ = "0.1.0"
