"""The quantities of the qa battery's samples: what a loop is, what gibberish is, what a crash is."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipworthy.canonical import strict_loads
from shipworthy.contract import Catalogue, Outcome, judge
from shipworthy.contract.probes import PROBES
from shipworthy.contract.probes.device_speed_up import summarize as speed_up
from shipworthy.contract.probes.hostile_prompts import summarize as hostile
from shipworthy.contract.probes.text_quality import LONGEST_PERIOD, gibberish, loops, summarize


@pytest.mark.parametrize(
    ("tokens", "looping"),
    [
        ([], False),
        ([7] * 64, True),
        ([1, 2, 3, 4] * 16, True),
        (list(range(64)), False),
        (list(range(32)) + [5] * 32, True),
        (list(range(48)) + [5] * 16, False),
        ([1, 2], False),
        (list(range(17)) * 4, False),
        (list(range(16)) * 4, True),
    ],
)
def test_half_that_goes_round_is_a_loop(tokens: list[int], looping: bool) -> None:
    assert loops(tokens) is looping


@given(
    st.lists(st.integers(0, 9), min_size=1, max_size=LONGEST_PERIOD),
    st.lists(st.integers(10, 99), max_size=30),
)
def test_a_cycle_is_found_behind_any_beginning_that_is_shorter(cycle: list[int], before: list[int]) -> None:
    going = cycle * (3 + len(before) // len(cycle))
    assert loops([*before, *going])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", False),
        ("def f():\n\treturn 1\r\n", False),
        ("日本語 العربية 👨‍👩‍👧", False),
        ("cut in a character\ufffd", False),
        ("\ufffd" * 9, True),
        ("\x00\x01\x02 abc", True),
        ("a" * 95 + "\ufffd" * 4 + "b", False),
        ("\ue000" * 10, True),
    ],
)
def test_gibberish_is_more_than_one_in_twenty_that_no_text_has(text: str, found: bool) -> None:
    assert gibberish(text) is found


SEEN = {
    "engine": "torch",
    "parameters_on": "cpu",
    "cache_on": "cpu",
    "parameters_dtype": "float32",
    "read_on": "cpu",
    "read_dtype": "float32",
}


def written(**change: Any) -> dict[str, Any]:
    row = {"prompt": "a", "tokens": [1, 2, 3], "text": "xyz", "ended": False}
    read = [{"prompt": "a", "bytes": 4, "nats": 2.0}]
    return {**SEEN, "asked": 3, "continuations": [{**row, **change}], "texts": read}


def test_a_continuation_that_ended_at_the_eos_is_not_short() -> None:
    assert summarize(written(tokens=[1], ended=True))["short"] == []
    assert summarize(written(tokens=[1]))["short"] == ["a"]
    assert summarize(written(tokens=[1, 2, 3, 4]))["short"] == ["a"]


def test_no_text_has_no_loss() -> None:
    found = summarize({**SEEN, "asked": 3, "continuations": [], "texts": []})
    assert (found["prompts"], found["finite"], found["bits_per_byte"]) == (0, False, None)


def test_a_loss_that_is_null_is_not_left_out() -> None:
    raw = written()
    raw["texts"].append({"prompt": "b", "bytes": 4, "nats": None})
    found = summarize(raw)
    assert (found["texts"], found["finite"], found["bits_per_byte"]) == (2, False, None)


def answers(*rows: tuple[str, str, str]) -> dict[str, Any]:
    samples = [{"prompt": p, "tokens": 1, "torch": ours, "llama_cpp": theirs} for p, ours, theirs in rows]
    return {"error": None, "network": "cut", "context": 8, "samples": samples}


def test_what_is_neither_an_answer_nor_a_named_refusal_is_a_crash() -> None:
    found = hostile(
        answers(
            ("a", "answered", "answered"),
            ("b", "refused: context-exceeded", "refused: context-exceeded"),
            ("c", "answered", "not finite"),
            ("d", "Answered", "answered"),
            ("e", "crash: RuntimeError: x", "refused"),
        )
    )
    assert (found["prompts"], found["answered"]) == (5, 1)
    assert found["not_finite"] == ["c by llama_cpp"]
    assert found["crashes"] == [
        "d by torch: Answered",
        "e by torch: crash: RuntimeError: x",
        "e by llama_cpp: refused",
    ]


def test_a_prompt_that_is_there_twice_counts_once() -> None:
    found = hostile(answers(("a", "answered", "answered"), ("a", "answered", "answered")))
    assert (found["prompts"], found["answered"], found["repeated"]) == (1, 1, ["a"])


def test_what_failed_stays_though_the_same_prompt_went_well_afterwards() -> None:
    """The last row of a prompt once won: run again until green."""
    found = hostile(answers(("a", "crash: Segfault", "not finite"), ("a", "answered", "answered")))
    assert found["crashes"] == ["a by torch: crash: Segfault"]
    assert found["not_finite"] == ["a by llama_cpp"]
    raw = written(text="", tokens=[])
    raw["continuations"].append({"prompt": "a", "tokens": [1, 2, 3], "text": "xyz", "ended": False})
    again = summarize(raw)
    assert (again["prompts"], again["empty"], again["repeated"]) == (1, ["a"], ["a"])


@pytest.mark.parametrize(
    ("tokens", "said", "wrongly", "unrefused"),
    [
        (0, "refused: x", [], []),
        (0, "answered", [], ["a by torch", "a by llama_cpp"]),
        (1, "refused: x", ["a by torch: refused: x", "a by llama_cpp: refused: x"], []),
        (7, "answered", [], []),
        (8, "answered", [], ["a by torch", "a by llama_cpp"]),
        (8, "refused: x", [], []),
    ],
)
def test_who_must_be_refused_follows_from_tokens_and_context(
    tokens: int, said: str, wrongly: list[str], unrefused: list[str]
) -> None:
    raw = answers(("a", said, said))
    raw["samples"][0]["tokens"] = tokens
    found = hostile(raw)
    assert (found["wrongly_refused"], found["not_refused"]) == (wrongly, unrefused)


def test_what_was_seen_in_several_places_or_dtypes_is_mixed() -> None:
    assert summarize(written())["device"] == "cpu"
    assert summarize({**written(), "cache_on": "cuda"})["device"] == "mixed"
    assert summarize({**written(), "read_dtype": "bfloat16"})["dtype"] == "mixed"


def test_so_much_was_written_of_what_was_asked_for() -> None:
    assert summarize(written())["tokens_written"] == 1
    assert summarize(written(tokens=[1], ended=True))["tokens_written"] == pytest.approx(1 / 3)


def test_the_speed_up_of_exchanged_sides_is_the_inverse(catalogue: Catalogue) -> None:
    raw = strict_loads(catalogue.data["fixture-speed-up"].path.read_bytes())["raw"]
    one_run = {side: raw[side][:1] for side in raw}
    forth = speed_up(one_run)["speed_up"]
    back = speed_up({"runs": one_run["reference"], "reference": one_run["runs"]})["speed_up"]
    assert back["low"] == pytest.approx(1 / forth["high"])
    assert back["high"] == pytest.approx(1 / forth["low"])
    assert forth["level"] == pytest.approx((1 - 2**-4) ** 2)


SPEED_UPS = [("AC-SHIP2-006", "fixture-speed-up"), ("AC-SHIP1-006", "fixture-speed-up-bf16")]


@pytest.mark.parametrize(("criterion", "fixture"), SPEED_UPS)
def test_a_speed_up_looks_at_both_sides_as_a_throughput_is_looked_at(
    catalogue: Catalogue, criterion: str, fixture: str
) -> None:
    """What one receipt is asked for is asked of the device's runs, and of the CPU's but for the GPU's own."""
    asked = {
        f.probe.split("@")[0]: dict(f.expect)
        for name in ("AC-SHIP2-010", criterion)
        for f in catalogue.contracts[name].falsifiers
    }
    alone, both = asked["decode_throughput"], asked["device_speed_up"]
    assert alone.keys() - both.keys() == {"extension_runs", "tokens_per_second"}
    gpu = {
        "memory_on_device",
        "gpu_state_recorded",
        "read_bandwidth",
        "dtype_proven",
        "device_proven",
        "finite",
    }
    assert {f"reference_{name}" for name in alone.keys() & both.keys() - gpu} <= both.keys()
    raw = strict_loads(catalogue.data[fixture].path.read_bytes())["raw"]
    found = speed_up(raw)
    probe = PROBES["device_speed_up@1"]
    assert judge(both, found, probe, {}).outcome is Outcome.PASS
    assert found["reference_dtype_kept"] is True


def test_a_side_without_runs_has_no_speed_up(catalogue: Catalogue) -> None:
    raw = strict_loads(catalogue.data["fixture-speed-up"].path.read_bytes())["raw"]
    for side in raw:
        assert speed_up({**raw, side: []})["speed_up"] is None
