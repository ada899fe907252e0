"""A conversion loses nothing unless it is told to, and then says what."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from shipworthy.checkpoint import TensorSource, open_checkpoint, write_apr
from shipworthy.cli import app
from shipworthy.errors import FileError, ShipworthyError, UsageError
from shipworthy.pipeline.base_model import base_model_path
from shipworthy.pipeline.convert import _read_again, convert, target
from shipworthy.pipeline.export import export_gguf
from small_checkpoints import CONFIGS, random_weights, save_small
from tokenizer_cases import small_spec

CONFIG = CONFIGS["llama"]
EMBEDDING = "model.embed_tokens.weight"


def save(path: Path, **extra: Any) -> Path:
    """A small `.apr` whose every value F16 and BF16 can hold; `extra` adds tensors, or replaces them."""
    weights = {name: np.round(array * 64) / 64 for name, array in random_weights(CONFIG).items()}
    arrays = {**weights, **extra}
    tensors = {
        name: TensorSource("F32", array.shape, lambda array=array: array)  # type: ignore[misc]
        for name, array in arrays.items()
    }
    metadata = {**CONFIG.to_metadata(), "license": "mit"}
    write_apr(path, metadata=metadata, tensors=tensors, tokenizer=small_spec("smollm"))
    return path


@pytest.mark.parametrize("dtype", ["f16", "bf16"])
@pytest.mark.parametrize("to", ["apr", "hf", "gguf"])
def test_values_that_fit_a_narrower_dtype_lose_nothing(to: str, dtype: str, tmp_path: Path) -> None:
    source = save(tmp_path / "a.apr")
    report = convert(source, tmp_path / "out", to, dtype)
    assert report.lost == ()
    with open_checkpoint(source) as before, open_checkpoint(tmp_path / "out") as after:
        assert after.format == to
        assert after.digest() == report.sha256
        assert {name: entry.dtype for name, entry in after.tensors.items()} == report.tensor_types
        assert report.tensor_types[EMBEDDING] == dtype.upper()
        for name in before.tensors:
            assert np.array_equal(after.read(name), before.read(name))


@pytest.mark.parametrize(("dtype", "value"), [("f16", 1e6), ("f16", 1 + 2**-12), ("bf16", 1 + 2**-9)])
@pytest.mark.parametrize("to", ["apr", "hf", "gguf"])
def test_a_value_that_would_be_rounded_is_a_loss(dtype: str, value: float, to: str, tmp_path: Path) -> None:
    weights = random_weights(CONFIG)
    one = np.zeros_like(weights[EMBEDDING])
    one[-1, -1] = value
    source = save(tmp_path / "a.apr", **{EMBEDDING: one})
    with pytest.raises(UsageError, match=EMBEDDING) as caught:
        convert(source, tmp_path / "out", to, dtype)
    assert caught.value.code == "conversion-loses"
    assert not (tmp_path / "out").exists()
    if value < 2:
        report = convert(source, tmp_path / "out", to, dtype, allow_loss=True)
        assert report.lost == (f"precision of {EMBEDDING}: F32 becomes {dtype.upper()}",)


@pytest.mark.parametrize("to", ["apr", "hf", "gguf"])
def test_a_nan_and_an_infinity_stay_what_they_are(to: str, tmp_path: Path) -> None:
    odd = np.zeros_like(random_weights(CONFIG)[EMBEDDING])
    odd[0, :3] = np.nan, np.inf, -np.inf
    convert(save(tmp_path / "a.apr", **{EMBEDDING: odd}), tmp_path / "out", to, "bf16")
    with open_checkpoint(tmp_path / "out") as checkpoint:
        assert np.array_equal(checkpoint.read(EMBEDDING), odd, equal_nan=True)


@pytest.mark.parametrize("to", ["apr", "hf", "gguf"])
def test_a_tensor_of_no_part_of_the_model_is_a_loss(to: str, tmp_path: Path) -> None:
    source = save(tmp_path / "a.apr", **{"model.adapter": np.ones((2, 2), np.float32)})
    with pytest.raises(UsageError, match=r"model\.adapter"):
        convert(source, tmp_path / "out", to)
    report = convert(source, tmp_path / "out", to, allow_loss=True)
    assert report.lost == ("the tensor model.adapter, which is no part of the model",)
    with open_checkpoint(tmp_path / "out") as checkpoint:
        assert set(checkpoint.tensors) == set(CONFIG.tensor_shapes())


@pytest.mark.parametrize("missing", [False, True])
def test_a_model_that_is_not_whole_is_refused_whatever_is_allowed(missing: bool, tmp_path: Path) -> None:
    weights = random_weights(CONFIG)
    if missing:
        del weights["model.norm.weight"]
    else:
        weights["model.norm.weight"] = np.ones(3, np.float32)
    source = save_small(tmp_path / "a.apr", CONFIG, weights=weights)
    with pytest.raises(FileError) as caught:
        convert(source, tmp_path / "out", "hf", allow_loss=True)
    assert caught.value.code == ("tensor-missing" if missing else "tensor-shape")


def test_q8_0_is_a_loss(tmp_path: Path) -> None:
    source = save(tmp_path / "a.apr")
    with pytest.raises(UsageError, match="Q8_0"):
        convert(source, tmp_path / "m.gguf", "gguf", "q8_0")
    report = convert(source, tmp_path / "m.gguf", "gguf", "q8_0", allow_loss=True)
    assert len(report.lost) == sum(len(shape) > 1 for shape in CONFIG.tensor_shapes().values())


def test_names_that_a_directory_says_otherwise_are_a_loss(tmp_path: Path) -> None:
    source = save_small(tmp_path / "a.apr", CONFIG, metadata={"hf_model_type": "smollm"})
    with pytest.raises(UsageError, match="'smollm' becomes 'llama'"):
        convert(source, tmp_path / "m", "hf")
    convert(source, tmp_path / "m", "hf", allow_loss=True)
    with open_checkpoint(tmp_path / "m") as checkpoint:
        assert checkpoint.metadata["hf_model_type"] == "llama"
    convert(source, tmp_path / "m.gguf", "gguf")
    with open_checkpoint(tmp_path / "m.gguf") as checkpoint:
        assert checkpoint.metadata["hf_model_type"] == "smollm"


def test_scores_of_tokens_are_a_loss_outside_of_apr(tmp_path: Path) -> None:
    spec = small_spec("smollm")
    source = save_small(tmp_path / "a.apr", CONFIG, metadata={"tokenizer.scores": [0.5] * len(spec.tokens)})
    assert convert(source, tmp_path / "b.apr", "apr").lost == ()
    assert (tmp_path / "b.apr").read_bytes() == source.read_bytes()
    for to in ("gguf", "hf"):
        with pytest.raises(UsageError, match=r"tokenizer\.scores"):
            convert(source, tmp_path / "out", to)


def test_a_tokenizer_that_does_not_say_how_it_cuts_is_a_loss_in_a_directory(tmp_path: Path) -> None:
    spec = small_spec("smollm")
    metadata = {"tokenizer.vocabulary": list(spec.tokens), "tokenizer.merges": list(spec.merges)}
    source = save_small(tmp_path / "a.apr", CONFIG, metadata=metadata, tokenizer=None)
    with pytest.raises(UsageError, match="tokenizer"):
        convert(source, tmp_path / "m", "hf")
    report = convert(source, tmp_path / "m", "hf", allow_loss=True)
    assert len(report.lost) == 1
    assert not (tmp_path / "m" / "tokenizer.json").exists()


def test_a_label_and_an_alias_become_the_fields_own_names(tmp_path: Path) -> None:
    changes = {"architecture": "LlamaForCausalLM", "hidden_size": None, "n_embd": 64}
    source = save_small(tmp_path / "a.apr", CONFIG, metadata=changes)
    for to in ("apr", "gguf", "hf"):
        convert(source, tmp_path / to, to)
        with open_checkpoint(tmp_path / to) as checkpoint:
            assert checkpoint.config() == CONFIG
            assert checkpoint.metadata["architecture"] == "llama"
            assert "n_embd" not in checkpoint.metadata


REFUSED: dict[str, tuple[str, str, str, str]] = {
    "no such format": ("out", "onnx", "keep", "unknown-format"),
    "no such dtype": ("out", "apr", "f8", "unknown-dtype"),
    "a dtype of GGUF alone": ("out", "hf", "q8_0", "unknown-dtype"),
    "onto itself": ("a.apr", "apr", "keep", "bad-output"),
    "a directory for a file": ("there", "gguf", "keep", "bad-output"),
    "a directory that is full": ("there", "hf", "keep", "bad-output"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_asked_is_refused_by_name(case: str, tmp_path: Path) -> None:
    out, to, dtype, code = REFUSED[case]
    source = save(tmp_path / "a.apr")
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "mine").write_text("mine")
    before = source.read_bytes()
    with pytest.raises(UsageError) as caught:
        convert(source, tmp_path / out, to, dtype)
    assert caught.value.code == code
    assert source.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.apr", "there"]


def test_the_format_follows_from_the_name_and_the_name_from_the_source(tmp_path: Path) -> None:
    source = tmp_path / "a.apr"
    assert target(source, Path("x.gguf"), None) == (Path("x.gguf"), "gguf")
    assert target(source, Path("x.apr"), None) == (Path("x.apr"), "apr")
    assert target(source, Path("Qwen2.5"), None) == (Path("Qwen2.5"), "hf")
    assert target(source, Path("x.apr"), "hf") == (Path("x.apr"), "hf")
    assert target(source, None, "gguf") == (tmp_path / "a.gguf", "gguf")
    assert target(source, None, "hf") == (tmp_path / "a", "hf")
    assert target(tmp_path / "Qwen2.5-0.5B", None, "apr") == (tmp_path / "Qwen2.5-0.5B.apr", "apr")
    (tmp_path / "a.gguf").touch()
    for out, to in ((None, "gguf"), (None, None)):
        with pytest.raises(UsageError) as caught:
            target(source, out, to)
        assert caught.value.code == "bad-output"


def test_progress_ends_at_the_whole(tmp_path: Path) -> None:
    source = save(tmp_path / "a.apr")
    for to in ("apr", "hf", "gguf"):
        seen: list[tuple[int, int]] = []
        convert(source, tmp_path / to, to, progress=lambda done, total, seen=seen: seen.append((done, total)))
        assert len(seen) == len(CONFIG.tensor_shapes())
        assert seen == sorted(seen)
        assert seen[-1][0] >= seen[-1][1] > 0


def test_the_verb_says_what_it_wrote_and_what_it_refused(tmp_path: Path) -> None:
    source = save_small(tmp_path / "a.apr", CONFIG)
    run = CliRunner()
    done = run.invoke(app, ["convert", str(source), "--to", "hf", "--json"])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert (found["name"], found["format"], found["tensors"]) == ("a", "hf", {"F32": 20})
    assert found["lost"] == found["notes"] == []
    done = run.invoke(app, ["convert", str(source), "-o", str(tmp_path / "b.gguf"), "--dtype", "f16"])
    assert isinstance(done.exception, UsageError)
    done = run.invoke(
        app, ["convert", str(source), "-o", str(tmp_path / "b.gguf"), "--dtype", "f16", "--allow-loss"]
    )
    assert done.exit_code == 0
    assert "lost: precision of model.embed_tokens.weight: F32 becomes F16" in done.stdout


@pytest.mark.slow
def test_the_base_model_becomes_what_its_blocks_stand_for(tmp_path: Path) -> None:
    source = base_model_path()
    report = convert(source, tmp_path / "m.apr", "apr")
    assert report.counts() == {"F32": 272}
    assert report.notes == (
        "block-quantized tensors became the values that they stand for: 210 Q4_1, 1 Q8_0",
    )
    with open_checkpoint(source) as before, open_checkpoint(tmp_path / "m.apr") as after:
        assert after.tokenizer() == before.tokenizer()
        assert after.metadata["shipworthy.gguf"]["general.basename"] == "smollm2"
        for name in ("model.layers.3.self_attn.q_proj.weight", "model.layers.29.mlp.down_proj.weight"):
            assert np.array_equal(before.read(name), after.read(name))


@pytest.mark.parametrize("key", ["shipworthy.apr_metadata", "shipworthy_apr_metadata"])
def test_a_field_that_is_called_as_what_carries_is_refused(key: str, tmp_path: Path) -> None:
    source = save_small(tmp_path / "a.apr", CONFIGS["llama"], metadata={key: "x"})
    for to, out in (("gguf", "a.gguf"), ("hf", "a")):
        with pytest.raises(UsageError, match=key) as refusal:
            convert(source, tmp_path / out, to)
        assert refusal.value.code == "metadata-reserved"
        assert not (tmp_path / out).exists()


def test_a_file_of_the_source_is_not_written_over(tmp_path: Path) -> None:
    source = tmp_path / "hf"
    convert(save_small(tmp_path / "a.apr", CONFIGS["llama"]), source, "hf")
    before = (source / "config.json").read_bytes()
    with pytest.raises(UsageError, match="own directory") as refusal:
        convert(source, source / "config.json", "apr")
    assert refusal.value.code == "bad-output"
    with pytest.raises(UsageError, match="a file of it"):
        export_gguf(source, source / "config.json")
    assert (source / "config.json").read_bytes() == before
    assert convert(source, source / "beside.gguf", "gguf").path.is_file()


def test_a_link_is_followed_and_stays(tmp_path: Path) -> None:
    source = save_small(tmp_path / "a.apr", CONFIGS["llama"])
    (tmp_path / "link.gguf").symlink_to("there.gguf")
    convert(source, tmp_path / "link.gguf", "gguf")
    assert (tmp_path / "link.gguf").is_symlink()
    assert (tmp_path / "there.gguf").is_file()


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    """The files that a conversion wrote, held against what it was not asked to write."""
    source = save_small(tmp_path / "source.apr", CONFIGS["llama"])
    for to in ("apr", "gguf", "hf"):
        out = tmp_path / f"out.{to}"
        report = convert(source, out, to)
        with open_checkpoint(source) as checkpoint:
            config = checkpoint.config()
        assert _read_again(out, config, report.tensor_types) == report.sha256
        meant = {**report.tensor_types, "model.norm.weight": "BF16"}
        with pytest.raises(
            ShipworthyError, match=r"model\.norm\.weight was to be written as \('BF16'"
        ) as caught:
            _read_again(out, config, meant)
        assert (caught.value.code, caught.value.exit_code) == ("written-wrong", 70)


def test_flags_of_another_writer_stay_while_they_are_true(tmp_path: Path) -> None:
    source = save_small(tmp_path / "source.apr", CONFIGS["llama"])
    flagged = tmp_path / "flagged.apr"
    with open_checkpoint(source) as plain:
        tensors = {
            name: TensorSource("F32", entry.shape, lambda name=name: plain.read(name))  # type: ignore[misc]
            for name, entry in plain.tensors.items()
        }
        spec = plain.tokenizer()
        write_apr(flagged, metadata=plain.metadata, tensors=tensors, tokenizer=spec, flags=0x0020 | 0x0080)
    convert(flagged, tmp_path / "out.apr", "apr")
    with open_checkpoint(tmp_path / "out.apr") as out:
        assert out.header_flags == 0x0080 | 0x0600
