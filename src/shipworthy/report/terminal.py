"""What `bench` and `doctor` print for people, and the console that every table is printed on."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from ..contract import Release
    from ..gate.doctor import Prognosis


def console() -> Console:
    """A console that does not fold tables to 80 columns when its output is kept in a file."""
    return Console(width=None if sys.stdout.isatty() else 160, highlight=False)


def _facts(out: Console, facts: Mapping[str, Any]) -> None:
    table = Table(show_header=False, box=None, pad_edge=False)
    for name, value in facts.items():
        table.add_row(name, "absent" if value is None else str(value))
    out.print(table)


def print_bench(found: Mapping[str, Any]) -> None:
    """Raw samples first, then their median: a rate without its samples proves nothing."""
    out = console()
    device, batch, whole = found["device"], found["batch"], found["whole_batch"]
    of_all = "" if batch == 1 else f" of the whole batch of {batch}"
    out.print(
        f"{device['type']} ({device['name']}), {found['dtype']}, {found['threads']} threads, "
        f"{found['iterations']} x {found['max_tokens']} tokens at batch {batch}, engine {found['engine']}"
    )
    table = Table("iteration", "tokens", "seconds", "tokens/s", "first token, ms")
    for number, sample in enumerate(found["samples"], start=1):
        table.add_row(
            str(number),
            str(batch * sample["tokens"]),
            f"{sample['seconds']:.4f}",
            f"{batch * sample['tokens'] / sample['seconds']:.1f}",
            f"{1000 * sample['ttft_seconds']:.1f}",
        )
    out.print(table)
    out.print(f"median {whole['median_tokens_per_second']:.1f} tokens/s{of_all}")
    if found["fraction_of_bandwidth"] is not None:
        out.print(
            f"decoding alone {whole['median_decode_tokens_per_second']:.1f} tokens/s{of_all}: "
            f"{found['bytes_per_token'] / 1e6:.1f} MB a {'token' if batch == 1 else 'step'} is "
            f"{found['fraction_of_bandwidth']:.0%} of the "
            f"{found['read_bandwidth_bytes_per_second'] / 1e9:.1f} GB/s at which this memory is read"
        )


def print_doctor(machine: Mapping[str, Any], prognoses: Sequence[Prognosis], release: Release) -> None:
    """This machine, then every criterion of a release: can it be measured here, else why not."""
    out = console()
    versions = {f"  {name}": version for name, version in machine["distributions"].items()}
    _facts(out, {**{k: v for k, v in machine.items() if k != "distributions"}, **versions})
    table = Table("criterion", "here", "why", title=f"What {release.id} can have measured on this machine")
    for entry in prognoses:
        here = "[green]can be measured[/]" if entry.measurable else f"[red]BLOCKED by {entry.reason}[/]"
        table.add_row(entry.criterion, here, entry.detail)
    out.print(table)
