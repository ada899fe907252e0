"""Planted defects of the numbers beside the weights, by which llama.cpp computes."""

from __future__ import annotations

from pathlib import Path

from .gguf_file import change_field
from .table import makes

_BASE = "{arch}.rope.freq_base"
_EPS = "{arch}.attention.layer_norm_rms_epsilon"
_DEFAULT_BASE, _OTHER_BASE = 1.0e4, 1.0e6
_DEFAULT_EPS, _OTHER_EPS = 1.0e-6, 1.0e-5


def rope_base_of_another_model(source: Path, target: Path) -> None:
    """The rotary base is 1e4, the default of old runtimes; where it is that, 1e6."""
    change_field(source, target, _BASE, lambda base: _OTHER_BASE if base == _DEFAULT_BASE else _DEFAULT_BASE)


def rope_base_off(source: Path, target: Path) -> None:
    """The rotary base is larger by a ten-thousandth."""
    change_field(source, target, _BASE, lambda base: base * 1.0001)


def eps_of_another_model(source: Path, target: Path) -> None:
    """The epsilon of the norms is 1e-6; where it is that, 1e-5."""
    change_field(
        source, target, _EPS, lambda eps: _OTHER_EPS if abs(eps - _DEFAULT_EPS) < 1e-9 else _DEFAULT_EPS
    )


def rope_dimension_halved(source: Path, target: Path) -> None:
    """Only the first half of each head is rotated."""
    change_field(source, target, "{arch}.rope.dimension_count", lambda count: count // 2)


def head_counts_of_another_model(source: Path, target: Path) -> None:
    """As many key heads are stated as query heads."""
    change_field(source, target, "{arch}.attention.head_count_kv", lambda count: count + 1)


def layer_count_short(source: Path, target: Path) -> None:
    """One layer fewer is stated than the file holds."""
    change_field(source, target, "{arch}.block_count", lambda count: count - 1)


MADE = makes(
    "gguf",
    rope_base_of_another_model,
    rope_base_off,
    eps_of_another_model,
    rope_dimension_halved,
    head_counts_of_another_model,
    layer_count_short,
)
