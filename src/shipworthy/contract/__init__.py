"""Contracts: read, checked, compiled to gates, and held against what was measured. No torch, no model."""

from .compile import compile_catalogue, gate_filename, write_gates
from .defect import PlantedDefect, defect_registry
from .expectation import Check, Judgement, Outcome, combine, judge, judge_values
from .extended import judge_falsifier, wants_extension
from .extension import DefectExtension, ProbeExtension
from .identity import criterion_hash, host_digest, planted_digest, registration_digest
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
from .reasons import Reason, Status, VerdictWord
from .status import BundleEntry, status_of
from .verdict import (
    RecordedOutcome,
    Verdict,
    cited_reasons,
    collect_outcomes,
    compound_verdict,
    verdict_of,
)

__all__ = [
    "DATA_REFERENCE",
    "BundleEntry",
    "Catalogue",
    "ChangelogEntry",
    "Check",
    "Contract",
    "DataFile",
    "DefectExtension",
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
    "ProbeExtension",
    "Quantity",
    "Reason",
    "RecordedOutcome",
    "Registration",
    "Release",
    "Status",
    "Verdict",
    "VerdictWord",
    "cited_reasons",
    "collect_outcomes",
    "combine",
    "compile_catalogue",
    "compound_verdict",
    "criterion_hash",
    "defect_registry",
    "gate_filename",
    "host_digest",
    "judge",
    "judge_falsifier",
    "judge_values",
    "load_catalogue",
    "load_contract",
    "planted_digest",
    "quantities_of",
    "registration_digest",
    "registry",
    "status_of",
    "verdict_of",
    "wants_extension",
    "write_gates",
]
