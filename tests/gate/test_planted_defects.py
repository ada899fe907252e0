"""What contracts may plant is what can be made, and each defect changes exactly what it says."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shipworthy.checkpoint import Checkpoint, open_checkpoint
from shipworthy.contract import Catalogue, Planted
from shipworthy.contract.defects import DEFECTS
from shipworthy.errors import ContractError, FileError
from shipworthy.gate.planted import FILE_DEFECTS, RAW_DEFECTS, plant_in_file, plant_in_raw

PARAMETERS: dict[str, dict[str, Any]] = {
    "metadata_key_missing": {"key": "rope_theta"},
    "metadata_value_changed": {"key": "num_layers", "value": 3},
    "metadata_alias_added": {"key": "hidden_size", "alias": "n_embd"},
    "wrong_architecture_label": {"label": "qwen2"},
}


def planted(name: str, of: str) -> Planted:
    return Planted(name, of, "any", None, PARAMETERS.get(name, {}))  # type: ignore[arg-type]


def test_what_is_declared_is_what_can_be_made() -> None:
    declared = {(of, name) for name, defect in DEFECTS.items() for of in defect.of}
    made = {*FILE_DEFECTS, *(("measurement", name) for name in RAW_DEFECTS)}
    assert declared == made


def test_every_declared_defect_is_planted_by_a_contract(catalogue: Catalogue) -> None:
    used = {
        planted.defect
        for contract in catalogue.contracts.values()
        for falsifier in contract.falsifiers
        for planted in falsifier.planted
    }
    assert used == set(DEFECTS)


def test_what_nobody_makes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="nothing makes rope_layout of apr"):
        plant_in_file(planted("rope_layout", "apr"), tmp_path / "a", tmp_path / "b")
    with pytest.raises(ContractError, match="nothing makes nan_weight of a measurement"):
        plant_in_raw(planted("nan_weight", "measurement"), {})


def arrays(checkpoint: Checkpoint) -> dict[str, np.ndarray]:
    return {name: np.array(checkpoint.read(name)) for name in checkpoint.tensors}


def changed(good: Path, bad: Path) -> set[str]:
    """The tensors and metadata keys in which two checkpoints differ."""
    with open_checkpoint(good) as left, open_checkpoint(bad) as right:
        ours, theirs = arrays(left), arrays(right)
        keys = {*left.native_metadata, *right.native_metadata}
        different = {k for k in keys if left.native_metadata.get(k) != right.native_metadata.get(k)}
    for name in {*ours, *theirs}:
        one, other = ours.get(name), theirs.get(name)
        if one is None or other is None or not np.array_equal(one, other, equal_nan=True):
            different.add(name)
    return different


LAYER = "model.layers.1."
OF_APR: dict[str, set[str]] = {
    "metadata_key_missing": {"rope_theta"},
    "metadata_value_changed": {"num_layers"},
    "metadata_alias_added": {"n_embd"},
    "wrong_architecture_label": {"architecture"},
    "special_token_id_out_of_range": {"tokenizer.eos_token_id"},
    "tensor_missing": {LAYER + "mlp.up_proj.weight"},
    "nan_weight": {LAYER + "self_attn.q_proj.weight"},
    "projection_zeroed": {LAYER + "self_attn.q_proj.weight"},
}


@pytest.mark.parametrize("name", OF_APR)
def test_an_apr_defect_changes_what_it_says_and_no_more(
    fixture_llama: Path, tmp_path: Path, name: str
) -> None:
    bad = tmp_path / "bad.apr"
    plant_in_file(planted(name, "apr"), fixture_llama, bad)
    assert changed(fixture_llama, bad) - {"total_size", "param_count"} == OF_APR[name]
    with open_checkpoint(bad) as checkpoint:
        checkpoint.verify()


def test_a_dropped_layer_is_gone_from_tensors_and_metadata(fixture_llama: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.apr"
    plant_in_file(planted("layer_dropped", "apr"), fixture_llama, bad)
    found = changed(fixture_llama, bad)
    assert {name for name in found if not name.startswith(LAYER)} - {"total_size"} == {"num_layers"}
    assert len(found) >= 10


def test_a_removed_tokenizer_leaves_none(fixture_llama: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.apr"
    plant_in_file(planted("tokenizer_removed", "apr"), fixture_llama, bad)
    with open_checkpoint(bad) as checkpoint:
        assert checkpoint.tokenizer() is None
    assert all("tokenizer" in name for name in changed(fixture_llama, bad))


Q1 = {LAYER + "self_attn.q_proj.weight"}
OF_GGUF: dict[str, set[str]] = {
    "rope_layout": {f"model.layers.{n}.self_attn.{p}_proj.weight" for n in range(2) for p in "qk"},
    "projection_zeroed": Q1,
    "one_weight_changed": Q1,
    "nan_weight": Q1,
    "tensor_missing": {LAYER + "mlp.up_proj.weight"},
    "pre_tokenizer_renamed": {"tokenizer.ggml.pre"},
}


@pytest.mark.parametrize("name", OF_GGUF)
def test_a_gguf_defect_changes_what_it_says_and_no_more(
    fixture_gguf: Path, tmp_path: Path, name: str
) -> None:
    bad = tmp_path / "bad.gguf"
    plant_in_file(planted(name, "gguf"), fixture_gguf, bad)
    assert changed(fixture_gguf, bad) == OF_GGUF[name]


def test_one_weight_is_one_weight(fixture_gguf: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.gguf"
    plant_in_file(planted("one_weight_changed", "gguf"), fixture_gguf, bad)
    with open_checkpoint(fixture_gguf) as left, open_checkpoint(bad) as right:
        difference = np.abs(right.read(*Q1) - left.read(*Q1))
    assert np.count_nonzero(difference) == 1
    assert difference.max() == pytest.approx(0.01, rel=1e-4)


def test_a_vocabulary_that_is_not_padded_is_shorter_than_the_embedding(
    fixture_qwen2: Path, tmp_path: Path
) -> None:
    from shipworthy.pipeline.export import export_gguf

    good, bad = tmp_path / "good.gguf", tmp_path / "bad.gguf"
    export_gguf(fixture_qwen2, good, "f32")
    plant_in_file(planted("vocabulary_not_padded", "gguf"), good, bad)
    with open_checkpoint(bad) as checkpoint:
        assert len(checkpoint.native_metadata["tokenizer.ggml.tokens"]) == 1000
        assert checkpoint.tensors["model.embed_tokens.weight"].shape == (1024, 64)


def test_a_good_export_is_not_changed_by_copying(fixture_gguf: Path, tmp_path: Path) -> None:
    from shipworthy.gate.planted.gguf_file import rewrite_gguf

    rewrite_gguf(fixture_gguf, tmp_path / "copy.gguf")
    assert changed(fixture_gguf, tmp_path / "copy.gguf") == set()


@pytest.fixture(scope="module")
def raw(catalogue: Catalogue) -> dict[str, Any]:
    stored = json.loads(catalogue.data["fixture-throughput"].path.read_bytes())
    found: dict[str, Any] = stored["raw"]
    return found


def seconds(raw: dict[str, Any]) -> list[float]:
    return [sample["seconds"] for run in raw["runs"] for sample in run["samples"]]


OF_RAW: dict[str, Callable[[dict[str, Any], dict[str, Any]], bool]] = {
    "constant_samples": lambda _, bad: all(
        len({s["seconds"] for s in r["samples"]}) == 1 for r in bad["runs"]
    ),
    "other_token_count": lambda _, bad: {s["tokens"] for r in bad["runs"] for s in r["samples"]} == {64},
    "cpu_under_gpu_label": lambda _, bad: (
        {(r["device"], r["cache_on"]) for r in bad["runs"]} == {("cuda", "cpu")}
    ),
    "sample_dropped": lambda good, bad: max(seconds(bad)) < max(seconds(good)),
    "nan_sample": lambda _, bad: seconds(bad).count(None) == 1,  # type: ignore[arg-type]
    "slowed_down": lambda good, bad: seconds(bad) == [1000 * s for s in seconds(good)],
}


@pytest.mark.parametrize("name", OF_RAW)
def test_a_defect_of_samples_does_what_it_says_to_a_copy(raw: dict[str, Any], name: str) -> None:
    before = json.dumps(raw)
    bad = plant_in_raw(planted(name, "measurement"), raw)
    assert json.dumps(raw) == before
    assert json.dumps(bad) != before
    assert OF_RAW[name](raw, bad)


def test_a_defect_of_a_damaged_file_is_refused(tmp_path: Path, fixture_llama: Path) -> None:
    cut = tmp_path / "cut.apr"
    cut.write_bytes(fixture_llama.read_bytes()[:-1])
    with pytest.raises(FileError):
        plant_in_file(planted("nan_weight", "apr"), cut, tmp_path / "bad.apr")
    assert not (tmp_path / "bad.apr").exists()
