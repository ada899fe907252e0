"""What llama.cpp says of its memory is what a receipt states; what it does not say is unknown."""

from __future__ import annotations

from pathlib import Path

import pytest

from shipworthy.pipeline import llama_cpp
from shipworthy.pipeline.engines import LlamaCppEngine
from shipworthy.pipeline.llama_cpp.seen import is_of_memory, seen
from shipworthy.pipeline.sampling import Sampling

ON_THE_CPU = [
    "load_tensors:   CPU_Mapped model buffer size =   513.13 MiB\n",
    "llama_kv_cache:        CPU KV buffer size =     0.12 MiB\n",
    "llama_kv_cache: size =    0.12 MiB (   256 cells,   2 layers,  1/1 seqs), K (f32):    0.06 MiB, "
    "V (f32):    0.06 MiB\n",
]
OTHERS = [
    "llama_context:        CPU  output buffer size =     0.00 MiB\n",
    "print_info: general.name          = CPU KV buffer size\n",
    "load_tensors: loading model tensors, this can take a while... (load_mode = mmap)\n",
    "sched_reserve:        CPU compute buffer size =     0.07 MiB\n",
]


def test_a_cpu_is_a_cpu_by_any_of_its_buffers() -> None:
    found = {"parameters_on": "cpu", "cache_on": "cpu", "cache_dtype": "f32"}
    assert seen(ON_THE_CPU) == found
    repacked = "load_tensors:   CPU_REPACK model buffer size =   100.00 MiB\n"
    assert seen([*OTHERS, repacked, *ON_THE_CPU]) == found


def test_a_layer_elsewhere_is_seen() -> None:
    offloaded = "load_tensors:        CUDA0 model buffer size =   300.00 MiB\n"
    cached = "llama_kv_cache:      CUDA0 KV buffer size =     0.06 MiB\n"
    found = seen([*ON_THE_CPU, offloaded, cached])
    assert (found["parameters_on"], found["cache_on"]) == ("cpu+cuda", "cpu+cuda")


def test_keys_and_values_of_two_types_are_two() -> None:
    mixed = ON_THE_CPU[2].replace("V (f32)", "V (q8_0)")
    assert seen([*ON_THE_CPU[:2], mixed])["cache_dtype"] == "f32+q8_0"


@pytest.mark.parametrize("left_out", range(3))
def test_what_was_not_said_is_unknown(left_out: int) -> None:
    said = [line for number, line in enumerate(ON_THE_CPU) if number != left_out]
    assert list(seen(said).values()).count("unknown") == 1
    assert list(seen([]).values()) == ["unknown"] * 3


def test_only_lines_of_memory_are_kept() -> None:
    assert [is_of_memory(line) for line in [*ON_THE_CPU, *OTHERS]] == [True] * 3 + [False] * 4


def test_the_child_says_where_it_was_what_it_counted_and_how_many_threads(
    small_gguf: Path, tmp_path: Path
) -> None:
    timed = llama_cpp.bench(small_gguf, [1, 2, 3], 5, 2, 3, log=tmp_path / "log", threads=1)
    assert [sample["tokens"] for sample in timed.samples] == [5, 5]
    assert timed.warm_up_tokens == 3
    places = {"parameters_on": "cpu", "cache_on": "cpu", "cache_dtype": "f32"}
    assert timed.seen == {**places, "threads": 1, "model_bytes": timed.seen["model_bytes"]}
    assert 0 < timed.seen["model_bytes"] < small_gguf.stat().st_size


def test_an_engine_that_has_not_decoded_has_seen_nothing(small_gguf: Path, tmp_path: Path) -> None:
    engine = LlamaCppEngine(small_gguf, 256, threads=2, log=tmp_path / "log")
    places = engine.places()
    assert {places[name] for name in ("parameters_on", "cache_on", "cache_dtype")} == {"unknown"}
    assert (list(places["parameters_by_dtype"]), places["threads"]) == (["unknown"], 0)
    assert len(list(engine.tokens([1, 2], 3, eos=None, sampling=Sampling()))) == 3
    places = engine.places()
    assert (places["parameters_on"], places["cache_on"]) == ("cpu", "cpu")
    assert (list(places["parameters_by_dtype"]), places["cache_dtype"]) == (["float32"], "float32")
    assert (places["threads"], places["warm_up_tokens"]) == (2, 0)
