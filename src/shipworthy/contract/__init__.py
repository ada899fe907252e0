"""Contracts: read, checked, compiled to gates, and held against what was measured. No torch, no model."""

from .defect import PlantedDefect, defect_registry
from .expectation import Check, Judgement, Outcome, combine, judge, judge_values
from .language import (
    Catalogue,
    ChangelogEntry,
    Contract,
    DataFile,
    Falsifier,
    Host,
    Limits,
    Needs,
    Planted,
    Registration,
    Release,
)
from .load import load_catalogue, load_contract
from .probe import DATA_REFERENCE, MeasurementError, Probe, Quantity, quantities_of, registry

__all__ = [
    "DATA_REFERENCE",
    "Catalogue",
    "ChangelogEntry",
    "Check",
    "Contract",
    "DataFile",
    "Falsifier",
    "Host",
    "Judgement",
    "Limits",
    "MeasurementError",
    "Needs",
    "Outcome",
    "Planted",
    "PlantedDefect",
    "Probe",
    "Quantity",
    "Registration",
    "Release",
    "combine",
    "defect_registry",
    "judge",
    "judge_values",
    "load_catalogue",
    "load_contract",
    "quantities_of",
    "registry",
]
