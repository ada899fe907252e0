"""The probes that contracts may name. To add one: declare it here, measure it in gate/measure/."""

from ..probe import registry
from . import checkpoint_metadata, decode_throughput, llama_cpp_parity, self_contained

PROBES = registry(
    [
        checkpoint_metadata.PROBE,
        decode_throughput.PROBE,
        llama_cpp_parity.PROBE,
        self_contained.PROBE,
    ]
)

__all__ = ["PROBES"]
