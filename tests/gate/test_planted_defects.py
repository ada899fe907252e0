"""What contracts may plant is what can be made, and each defect changes exactly what it says."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shipworthy.checkpoint import Checkpoint, open_checkpoint
from shipworthy.contract import Catalogue, Planted, load_catalogue
from shipworthy.contract.defects import DEFECTS, TOPICS, training
from shipworthy.errors import ContractError, FileError
from shipworthy.gate.fixtures import fixture_config, write_fixture
from shipworthy.gate.planted import (
    FILE_DEFECTS,
    RAW_DEFECTS,
    answer_receipts,
    battery,
    chat,
    evaluation_receipts,
    evaluations,
    golden,
    parity_receipts,
    plant_in_file,
    plant_in_raw,
    publication,
    run_statements,
    sweeps,
)

REPOSITORY = Path(__file__).parents[2]
OWN_TOPICS = {defect.name for topic in TOPICS for defect in topic.DECLARED}
_MATRIX = "model.layers.1.mlp.up_proj.weight"
PARAMETERS: dict[str, dict[str, Any]] = {
    "metadata_key_missing": {"key": "rope_theta"},
    "metadata_value_changed": {"key": "num_layers", "value": 3},
    "metadata_alias_added": {"key": "hidden_size", "alias": "n_embd"},
    "metadata_value_null": {"key": "rope_theta"},
    "metadata_value_as_text": {"key": "num_layers"},
    "metadata_value_as_fraction": {"key": "hidden_size"},
    "metadata_value_off_by_one": {"key": "vocab_size"},
    "wrong_architecture_label": {"label": "qwen2"},
    "export_relabelled": {"label": "lama"},
    "exported_in_another_dtype": {"dtype": "q8_0"},
    "licence_replaced_in_export": {"licence": "mit"},
    "blocks_along_the_wrong_axis": {"dtype": "q8_0", "tensor": _MATRIX},
    "quantized_twice": {"dtype": "q8_0", "tensor": _MATRIX},
    "made_from_another_export": {"dtype": "f16"},
    "type_mislabelled": {"dtype": "f16", "tensor": _MATRIX, "label": "BF16"},
    "file_type_misstated": {"dtype": "q8_0", "stated": "ALL_F32"},
    "scale_zeroed": {"dtype": "q8_0", "tensor": _MATRIX},
    "scales_lost": {"dtype": "q8_0", "tensor": _MATRIX},
    "nan_scale": {"dtype": "q8_0", "tensor": _MATRIX},
    "scales_rounded_down": {"dtype": "q8_0", "tensor": _MATRIX},
    "cast_by_truncation": {"dtype": "bf16"},
    "context_zeroed": {"dtype": "q8_0"},
    "receipt_of_another_dtype": {"asked": "q6_k"},
}
SEEN_BY_NO_PROBE_YET = {*training.DECLARED}
"""Records of runs: made, and named by no contract."""


def planted(name: str, of: str) -> Planted:
    return Planted(name, of, "any", None, PARAMETERS.get(name, {}))  # type: ignore[arg-type]


def test_what_is_declared_is_what_can_be_made() -> None:
    declared = {(of, name) for name, defect in DEFECTS.items() for of in defect.of}
    made = {*FILE_DEFECTS, *(("measurement", name) for name in RAW_DEFECTS)}
    assert declared == made


def test_every_defect_that_a_probe_can_see_is_planted_by_a_contract(catalogue: Catalogue) -> None:
    used = {
        planted.defect
        for contract in catalogue.contracts.values()
        for falsifier in contract.falsifiers
        for planted in falsifier.planted
    }
    assert used == set(DEFECTS) - {defect.name for defect in SEEN_BY_NO_PROBE_YET}


def test_there_are_sixty_kinds_and_more_over_every_topic() -> None:
    assert len(DEFECTS) >= 60
    assert all(topic.DECLARED for topic in TOPICS)
    assert {kind for defect in DEFECTS.values() for kind in defect.of} >= {
        "apr",
        "gguf",
        "run",
        "measurement",
    }


def test_each_says_how_it_happens_and_each_function_what_it_does() -> None:
    made = {**FILE_DEFECTS, **{("measurement", name): make for name, make in RAW_DEFECTS.items()}}
    assert len({defect.description for defect in DEFECTS.values()}) == len(DEFECTS)
    assert [key for key, make in made.items() if not (make.__doc__ or "").strip()] == []


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


@pytest.fixture(scope="module")
def good(
    catalogue: Catalogue,
    fixture_llama: Path,
    fixture_qwen2: Path,
    fixture_gguf: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[tuple[str, str], Path]:
    """The good file of each kind and fixture."""
    from shipworthy.pipeline.export import export_gguf

    folder = tmp_path_factory.mktemp("good")
    exported = folder / "qwen2.gguf"
    export_gguf(fixture_qwen2, exported, "f32")
    write_fixture(catalogue, "wide-llama", folder / "wide.apr")
    export_gguf(folder / "wide.apr", folder / "wide.gguf", "f32")
    return {
        ("apr", "wide-llama"): folder / "wide.apr",
        ("gguf", "wide-llama"): folder / "wide.gguf",
        ("apr", "fixture-llama"): fixture_llama,
        ("apr", "fixture-qwen2"): fixture_qwen2,
        ("gguf", "fixture-llama"): fixture_gguf,
        ("gguf", "fixture-qwen2"): exported,
    }


@pytest.mark.parametrize(
    ("of", "name"), [key for key in FILE_DEFECTS if key[0] in ("apr", "gguf") and key[1] in OWN_TOPICS]
)
def test_a_defect_of_a_file_changes_its_bytes_and_leaves_the_good_one(
    good: dict[tuple[str, str], Path], tmp_path: Path, of: str, name: str
) -> None:
    source = good[of, DEFECTS[name].fixture]
    before = source.read_bytes()
    bad = tmp_path / f"bad.{of}"
    plant_in_file(planted(name, of), source, bad)
    assert source.read_bytes() == before
    assert bad.read_bytes() != before


def test_a_defect_of_what_is_not_there_does_not_fit(fixture_gguf: Path, tmp_path: Path) -> None:
    with pytest.raises(
        ContractError, match=r"bias_zeroed changes 'blk\.1\.attn_q\.bias', which is not there"
    ):
        plant_in_file(planted("bias_zeroed", "gguf"), fixture_gguf, tmp_path / "bad.gguf")


LAYER = "model.layers.1."
OF_APR: dict[str, set[str]] = {
    "metadata_key_missing": {"rope_theta"},
    "metadata_value_changed": {"num_layers"},
    "metadata_alias_added": {"n_embd"},
    "wrong_architecture_label": {"architecture"},
    "metadata_value_null": {"rope_theta"},
    "metadata_value_as_text": {"num_layers"},
    "metadata_value_as_fraction": {"hidden_size"},
    "metadata_value_off_by_one": {"vocab_size"},
    "head_counts_exchanged": {"num_heads", "num_kv_heads"},
    "widths_exchanged": {"hidden_size", "intermediate_size"},
    "special_token_id_out_of_range": {"tokenizer.eos_token_id"},
    "token_renamed": {"tokenizer.vocabulary"},
    "token_listed_twice": {"tokenizer.vocabulary"},
    "vocabulary_outgrew_embedding": {"tokenizer.vocabulary"},
    "decoder_lost": {"shipworthy.tokenizer"},
    "normalizer_added": {"shipworthy.tokenizer"},
    "cut_at_spaces": {"shipworthy.tokenizer"},
    "final_norm_missing": {"model.norm.weight"},
    "tensor_renamed": {LAYER + "mlp.up_proj.weight", "layers.1.mlp.up_proj.weight"},
    "buffer_saved": {"model.layers.0.self_attn.rotary_emb.inv_freq"},
    "output_duplicated": {"lm_head.weight"},
    "embedding_rows_cut": {"model.embed_tokens.weight"},
    "embedding_zeroed": {"model.embed_tokens.weight"},
    "matrix_transposed": {"model.layers.0.mlp.gate_proj.weight"},
    "infinite_weight": {LAYER + "self_attn.q_proj.weight"},
    "biases_added": {f"model.layers.{n}.self_attn.{p}_proj.bias" for n in range(2) for p in "qkv"},
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
SHAPES = fixture_config(
    load_catalogue(REPOSITORY / "contracts").registrations["fixture-llama"]
).tensor_shapes()
NORMS = {name for name, shape in SHAPES.items() if len(shape) == 1}
MATRICES = set(SHAPES) - NORMS
LAYERS = {name for name in SHAPES if ".layers." in name}
OF_GGUF: dict[str, set[str]] = {
    "rope_layout": {f"model.layers.{n}.self_attn.{p}_proj.weight" for n in range(2) for p in "qk"},
    "projection_zeroed": Q1,
    "one_weight_changed": Q1,
    "nan_weight": Q1,
    "infinite_weight": Q1,
    "one_norm_element_changed": {LAYER + "input_layernorm.weight"},
    "embedding_row_zeroed": {"model.embed_tokens.weight"},
    "embedding_scaled": {"model.embed_tokens.weight"},
    "head_zeroed": {LAYER + "self_attn.o_proj.weight"},
    "attention_output_transposed": {LAYER + "self_attn.o_proj.weight"},
    "query_heads_interleaved": {f"model.layers.{n}.self_attn.q_proj.weight" for n in range(2)},
    "gate_and_up_swapped": {LAYER + "mlp.gate_proj.weight", LAYER + "mlp.up_proj.weight"},
    "key_and_value_swapped": {LAYER + "self_attn.k_proj.weight", LAYER + "self_attn.v_proj.weight"},
    "rows_shifted": {LAYER + "mlp.gate_proj.weight"},
    "sign_flipped": {LAYER + "mlp.down_proj.weight"},
    "norms_off": NORMS,
    "norms_less_one": NORMS,
    "layer_repeated": {name for name in LAYERS if name.startswith(LAYER)},
    "layers_swapped": LAYERS,
    "rounded_through_bf16": MATRICES,
    "rounded_through_f16": MATRICES,
    "rounded_through_q8_0": MATRICES,
    "output_untied": {"lm_head.weight"},
    "exported_in_another_dtype": {*MATRICES, "general.file_type"},
    "rope_base_of_another_model": {"llama.rope.freq_base"},
    "rope_base_off": {"llama.rope.freq_base"},
    "eps_of_another_model": {"llama.attention.layer_norm_rms_epsilon"},
    "rope_dimension_halved": {"llama.rope.dimension_count"},
    "rope_scaling_added": {"llama.rope.scaling.type", "llama.rope.scaling.factor"},
    "layer_count_short": {"llama.block_count"},
    "tensor_missing": {LAYER + "mlp.up_proj.weight"},
    "final_norm_missing": {"model.norm.weight"},
    "pre_tokenizer_renamed": {"tokenizer.ggml.pre"},
    "merges_lost": {"tokenizer.ggml.merges"},
    "merges_reversed": {"tokenizer.ggml.merges"},
    "tokens_exchanged": {"tokenizer.ggml.tokens"},
    "special_tokens_as_text": {"tokenizer.ggml.token_type"},
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


def raw_of(catalogue: Catalogue, name: str) -> dict[str, Any]:
    """The good samples that a defect of a measurement starts from."""
    stored = json.loads(catalogue.data[DEFECTS[name].fixture].path.read_bytes())
    found: dict[str, Any] = stored["raw"]
    return found


def seconds(raw: dict[str, Any]) -> list[float]:
    return [sample["seconds"] for run in raw["runs"] for sample in run["samples"]]


OF_RAW: dict[str, Callable[[dict[str, Any], dict[str, Any]], bool]] = {
    "constant_samples": lambda _, bad: all(
        len({s["seconds"] for s in r["samples"]}) == 1 for r in bad["runs"]
    ),
    "other_token_count": lambda _, bad: {s["tokens"] for r in bad["runs"] for s in r["samples"]} == {64},
    "sample_dropped": lambda good, bad: max(seconds(bad)) < max(seconds(good)),
    "nan_sample": lambda _, bad: seconds(bad).count(None) == 1,  # type: ignore[arg-type]
    "negative_sample": lambda good, bad: min(seconds(bad)) == -seconds(good)[0],
    "zero_sample": lambda _, bad: seconds(bad).count(0.0) == 1,
    "tokens_short": lambda _, bad: {s["tokens"] for r in bad["runs"] for s in r["samples"]} == {127, 128},
    "sample_repeated": lambda _, bad: {len(r["samples"]) for r in bad["runs"]} == {6},
    "samples_missing": lambda _, bad: [r["samples"] for r in bad["runs"]] == [[], [], []],
    "samples_sorted": lambda good, bad: sorted(seconds(bad)) == sorted(seconds(good)),
    "run_dropped": lambda _, bad: len(bad["runs"]) == 2,
    "run_copied": lambda good, bad: bad["runs"] == [good["runs"][0]] * 3,
    "samples_of_another_run": lambda good, bad: (
        [r["process"] for r in bad["runs"]] == [r["process"] for r in good["runs"]]
        and seconds(bad) == seconds(good)[:5] * 3
    ),
    "one_process": lambda _, bad: len({r["process"] for r in bad["runs"]}) == 1,
    "fallback_not_listed": lambda good, bad: bad["listed"] == good["listed"][1:],
    "fallback_without_reason": lambda _, bad: [one["reason"] for one in bad["listed"]].count("") == 1,
    "fallback_listed_for_nothing": lambda good, bad: len(bad["listed"]) == len(good["listed"]) + 1,
    "tensor_not_in_the_receipt": lambda good, bad: bad["tensors"] == good["tensors"][:-1],
    "nothing_in_the_receipt": lambda _, bad: bad["tensors"] == bad["names"]["gguf"] == [],
    "receipt_of_another_dtype": lambda _, bad: bad["asked"] == "q6_k",
    "cosine_not_finite": lambda _, bad: [one["cosine"] for one in bad["tensors"]].count(None) == 1,
    "every_tensor_a_copy": lambda _, bad: all(
        row["copied"] and row["independent_sha256"] is None for row in bad["tensors"]
    ),
    "quantizer_run_once": lambda good, bad: bad["runs"] == good["runs"][:1],
    "quantizer_runs_differ": lambda _, bad: len(set(bad["runs"])) == 2,
    "prompt_dropped": lambda _, bad: len(bad["samples"]) == 99,
    "prompt_repeated": lambda _, bad: (
        len(bad["samples"]) == 100 and len({one["prompt"] for one in bad["samples"]}) == 99
    ),
    "prompt_cut_short": lambda _, bad: min(one["positions"] for one in bad["samples"]) == 1,
    "vocabulary_of_another_model": lambda good, bad: bad["model"]["n_vocab"] == good["model"]["n_vocab"] + 1,
    "slowed_down": lambda good, bad: seconds(bad) == [1000 * s for s in seconds(good)],
    "runs_missing": lambda _, bad: bad["runs"] == [],
    "samples_nearly_constant": lambda _, bad: all(
        len({s["seconds"] for s in r["samples"]}) == 2 for r in bad["runs"]
    ),
    "runs_permuted": lambda good, bad: (
        [sorted(s["seconds"] for s in r["samples"]) for r in bad["runs"]] == [sorted(seconds(good)[:5])] * 3
    ),
    "faster_than_memory": lambda good, bad: max(seconds(bad)) < min(seconds(good)) / 10,
    "first_token_after_the_last": lambda _, bad: (
        [s["ttft_seconds"] > s["seconds"] for r in bad["runs"] for s in r["samples"]].count(True) == 1
    ),
    "extension_not_declared": lambda _, bad: [r["extension"] for r in bad["runs"]] == [0] * 6,
    "extension_needless": lambda good, bad: (
        [r["extension"] for r in bad["runs"]] == [0, 0, 0, 1, 1, 1] and bad["runs"][:3] == good["runs"]
    ),
    "extension_twice": lambda _, bad: {r["extension"] for r in bad["runs"]} == {0, 1, 2},
    "extension_in_the_same_process": lambda _, bad: len({r["process"] for r in bad["runs"]}) == 3,
    "slower_by_a_fifth": lambda _, bad: (
        max(128 / 2 / t for t in seconds(bad))
        < 0.81 * bad["baseline"]["record"]["quantities"]["median_tokens_per_second"]
    ),
    "slower_beside_faster_memory": lambda good, bad: (
        [r["read_bandwidth_bytes_per_second"] for r in bad["runs"]]
        == [2 * r["read_bandwidth_bytes_per_second"] for r in good["runs"]]
    ),
    "baseline_of_another_host": lambda good, bad: bad["baseline"]["host"] != good["host"] == bad["host"],
    "baseline_of_another_device": lambda _, bad: (
        bad["baseline"]["record"]["quantities"]["device_name"] == "another device"
    ),
    "baseline_of_other_parameters": lambda _, bad: (
        bad["baseline"]["record"]["with"]["max_tokens"] * 2 == bad["with"]["max_tokens"]
    ),
    "baseline_of_another_model": lambda _, bad: (
        bad["baseline"]["record"]["quantities"]["bytes_per_token"] < bad["runs"][0]["bytes_per_token"]
    ),
    "baseline_of_another_probe": lambda _, bad: bad["baseline"]["record"]["probe"] == "human_eval@1",
    "baseline_without_a_figure": lambda _, bad: (
        bad["baseline"]["record"]["quantities"]["median_tokens_per_second"] is None
    ),
    "baseline_of_zero": lambda _, bad: (
        bad["baseline"]["record"]["quantities"]["median_fraction_of_bandwidth"] == 0.0
    ),
}


def test_every_defect_of_samples_is_tried_here() -> None:
    """Or in test_planted_evaluations.py, _parity.py, _battery.py, _golden.py, _publication.py,
    _answers.py, _run_statements.py, or test_chat_template.py."""
    topics = (
        answer_receipts,
        battery,
        chat,
        evaluation_receipts,
        evaluations,
        golden,
        parity_receipts,
        publication,
        run_statements,
        sweeps,
    )
    elsewhere = {name for topic in topics for _, name in topic.MADE}
    assert set(OF_RAW) == set(RAW_DEFECTS) - elsewhere


@pytest.mark.parametrize("name", OF_RAW)
def test_a_defect_of_samples_does_what_it_says_to_a_copy(catalogue: Catalogue, name: str) -> None:
    raw = raw_of(catalogue, name)
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
