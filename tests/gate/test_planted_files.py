"""Each planted defect of a file changes exactly what it says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from planting import planted
from shipworthy.checkpoint import Checkpoint, open_checkpoint
from shipworthy.contract import Catalogue, load_catalogue
from shipworthy.contract.defects import DEFECTS, TOPICS
from shipworthy.errors import ContractError, FileError
from shipworthy.gate.fixtures import fixture_config, write_fixture
from shipworthy.gate.planted import FILE_DEFECTS, plant_in_file

REPOSITORY = Path(__file__).parents[2]
OWN_TOPICS = {defect.name for topic in TOPICS for defect in topic.DECLARED}


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


def test_a_defect_of_a_damaged_file_is_refused(tmp_path: Path, fixture_llama: Path) -> None:
    cut = tmp_path / "cut.apr"
    cut.write_bytes(fixture_llama.read_bytes()[:-1])
    with pytest.raises(FileError):
        plant_in_file(planted("nan_weight", "apr"), cut, tmp_path / "bad.apr")
    assert not (tmp_path / "bad.apr").exists()
