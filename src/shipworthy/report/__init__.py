"""What evidence adds up to: ship-%, statuses, and the table that a person reads."""

from .ship import history, ship_percent, statuses
from .table import print_table, rows, summary

__all__ = ["history", "print_table", "rows", "ship_percent", "statuses", "summary"]
