"""`inspect --quality`: every part can be earned and lost, missing earns nothing, and no weight is read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from shipworthy.checkpoint import Checkpoint, TokenizerSpec, open_checkpoint
from shipworthy.checkpoint.quality import WEIGHTS, Quality, quality
from small_checkpoints import CONFIGS, random_weights, save_small
from tokenizer_cases import small_spec

LLAMA = CONFIGS["llama"]
WHOLE: dict[str, Any] = {
    "source": "initial weights",
    "version": "1",
    "data_source": "text",
    "data_license": "psf",
    "shipworthy.producer": {"name": "shipworthy"},
    "shipworthy.run_id": "1",
}


def chatty() -> TokenizerSpec:
    return replace(small_spec("smollm"), chat_template="{{ messages }}")


def of(path: Path) -> Quality:
    with open_checkpoint(path) as checkpoint:
        return quality(checkpoint)


def scored(
    folder: Path, *, tokenizer: TokenizerSpec | None = None, weights: Any = None, **stated: Any
) -> Quality:
    path = folder / "m.apr"
    spec = chatty() if tokenizer is None else tokenizer
    return of(save_small(path, LLAMA, metadata={**WHOLE, **stated}, tokenizer=spec, weights=weights))


def lost(found: Quality) -> set[str]:
    return {item.name for item in found.items if item.earned == 0}


def test_the_weights_sum_to_100() -> None:
    assert sum(WEIGHTS.values()) == 100


def test_a_whole_statement_earns_everything(tmp_path: Path) -> None:
    found = scored(tmp_path)
    assert (found.score, lost(found)) == (100, set())
    assert {item.why for item in found.items} == {"as it should be"}


def test_a_file_that_states_nothing_earns_nothing(tmp_path: Path) -> None:
    stated = dict.fromkeys((*LLAMA.to_metadata(), "name", "license"))
    found = of(save_small(tmp_path / "m.apr", LLAMA, metadata=stated, tokenizer=None))
    assert (found.score, lost(found)) == (0, set(WEIGHTS))


PARTS: dict[str, dict[str, Any]] = {
    "identity: name": {"name": None},
    "identity: licence": {"license": ""},
    "identity: source": {"source": None},
    "identity: version": {"version": None},
    "provenance: training data": {"data_source": None},
    "provenance: licence of the data": {"data_license": None},
    "provenance: producer": {"shipworthy.producer": {}},
    "provenance: run": {"shipworthy.run_id": None},
    "architecture: all fields plausible": {"rms_norm_eps": 1.0},
    "agreement: dimensions with tensors": {"num_layers": 3},
    "agreement: family with tensors": {"architecture": "qwen2"},
}


@pytest.mark.parametrize("name", sorted(PARTS))
def test_what_is_missing_or_wrong_is_lost_with_a_reason(name: str, tmp_path: Path) -> None:
    found = scored(tmp_path, **PARTS[name])
    assert name in lost(found)
    (item,) = [item for item in found.items if item.name == name]
    assert item.why != "as it should be"
    assert found.score == 100 - sum(WEIGHTS[part] for part in lost(found))


def test_parts_that_build_on_another_fall_with_it(tmp_path: Path) -> None:
    found = scored(tmp_path, rope_theta=None)
    assert lost(found) == {
        "architecture: every field that a runtime needs",
        "architecture: all fields plausible",
        "agreement: dimensions with tensors",
        "agreement: tensor names and shapes complete",
    }
    assert {item.why for item in found.items if "needs" in item.name} == {
        "1 of 10 fields are missing: rope_theta"
    }


def test_an_unknown_family(tmp_path: Path) -> None:
    found = scored(tmp_path, architecture="mamba")
    assert {"architecture: a known family", "agreement: family with tensors"} <= lost(found)


def test_a_tensor_too_few(tmp_path: Path) -> None:
    weights = random_weights(LLAMA)
    del weights["model.norm.weight"]
    assert lost(scored(tmp_path, weights=weights)) == {"agreement: tensor names and shapes complete"}


def test_the_parts_of_a_tokenizer(tmp_path: Path) -> None:
    spec = chatty()
    cases = {
        "tokenizer: can be built": replace(spec, components={}),
        "tokenizer: names its end of text": replace(spec, eos_token_id=None),
        "chat: a template": replace(spec, chat_template=None),
    }
    for name, changed in cases.items():
        assert lost(scored(tmp_path, tokenizer=changed)) == {name}
    broken = scored(tmp_path, tokenizer=replace(spec, merges=("no such",)))
    parts = {name for name in WEIGHTS if name.startswith(("tokenizer", "chat"))}
    assert lost(broken) == parts
    small = replace(LLAMA, vocab_size=len(spec.tokens) - 1)
    path = save_small(tmp_path / "small.apr", small, metadata=WHOLE, tokenizer=spec)
    assert lost(of(path)) == {"tokenizer: fits the embedding"}


def test_no_value_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def reads(*arguments: object) -> None:
        raise AssertionError("a weight was read")

    for name in ("read", "blocks", "raw", "raw_blocks", "mapped", "verify"):
        monkeypatch.setattr(Checkpoint, name, reads)
    assert scored(tmp_path).to_json()["content"] == "not verified"
