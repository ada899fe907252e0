"""Which code took a measurement: the distribution of a probe, its version, and a digest of its sources."""

from __future__ import annotations

from .. import __version__
from ..contract.extension import brought_probes
from ..own_sources import sources_sha256
from .measure import measuring_module


def probe_source(name: str) -> dict[str, str]:
    """As the measurement keeps it; the digest covers the declaration with `summarize`, and `measure`."""
    if (brought := brought_probes().get(name)) is not None:
        return {
            "distribution": brought.distribution,
            "version": brought.version,
            "sha256": brought.sha256(),
        }
    module = measuring_module(name)
    digest = sources_sha256((f"contract/probes/{module}.py", f"gate/measure/{module}.py"))
    return {"distribution": "shipworthy", "version": __version__, "sha256": digest}
