"""Bundles: what a dispatch leaves behind, so that a stranger can re-derive every verdict."""

from .bundle import Bundle, bundle_name, bundle_order, json_bytes, list_bundles, read_bundle, write_bundle
from .environment import describe_environment, nvidia_device_present
from .statement import PREDICATE_TYPE, STATEMENT_TYPE, make_statement

__all__ = [
    "PREDICATE_TYPE",
    "STATEMENT_TYPE",
    "Bundle",
    "bundle_name",
    "bundle_order",
    "describe_environment",
    "json_bytes",
    "list_bundles",
    "make_statement",
    "nvidia_device_present",
    "read_bundle",
    "write_bundle",
]
