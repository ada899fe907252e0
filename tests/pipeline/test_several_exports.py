"""Several GGUFs from one reading of the weights: each as it would be alone, all of them or none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from full_disk import files_end_at
from shipworthy.architecture import ArchitectureConfig
from shipworthy.checkpoint import Checkpoint
from shipworthy.errors import FileError, UsageError
from shipworthy.pipeline.convert import convert
from shipworthy.pipeline.export import EXPORT_DTYPES, export_gguf, export_ggufs, outputs_of, planned
from small_checkpoints import CONFIGS, ROWS, random_weights, save_small

PLAIN = ("f32", "f16", "bf16", "q8_0")
WIDE = ArchitectureConfig("llama", 256, 1, 4, 2, 64, 256, ROWS, 128, 1e4, 1e-5, True, False)


@pytest.mark.parametrize("stored", ["f32", "f16", "bf16"])
@pytest.mark.parametrize("name", ["llama", "qwen2"])
def test_each_has_the_bytes_that_it_has_alone(stored: str, name: str, tmp_path: Path) -> None:
    weights = random_weights(CONFIGS[name])
    if stored != "f16":
        weights["model.layers.1.mlp.up_proj.weight"][3, 4] = 1e5  # too large for F16
    source = save_small(tmp_path / "a.apr", CONFIGS[name], weights=weights)
    if stored != "f32":
        convert(source, tmp_path / "b.apr", "apr", stored, allow_loss=True)
        source = tmp_path / "b.apr"
    outs = {dtype: tmp_path / f"{dtype}.gguf" for dtype in (*PLAIN, "keep")}
    together = export_ggufs(source, outs)
    assert list(together) == list(outs)
    for dtype, out in outs.items():
        alone = export_gguf(source, tmp_path / "alone.gguf", dtype)
        assert out.read_bytes() == (tmp_path / "alone.gguf").read_bytes()
        assert together[dtype].sha256 == alone.sha256
        assert (together[dtype].tensor_types, together[dtype].fallbacks) == (
            alone.tensor_types,
            alone.fallbacks,
        )


@pytest.mark.parametrize("asked", [("q4_k_m", "q6_k"), ("q6_k", "f32", "f16", "q4_k_m")])
def test_k_quants_are_those_of_an_export_of_their_own(asked: tuple[str, ...], tmp_path: Path) -> None:
    source = save_small(tmp_path / "a.apr", WIDE)
    outs = {dtype: tmp_path / "together" / f"{dtype}.gguf" for dtype in asked}
    reports = export_ggufs(source, outs)
    assert list(reports) == list(asked)
    for dtype, out in outs.items():
        alone = export_gguf(source, tmp_path / "alone.gguf", dtype)
        assert (reports[dtype].sha256, out.read_bytes()) == (
            alone.sha256,
            (tmp_path / "alone.gguf").read_bytes(),
        )
    assert {path.name for path in (tmp_path / "together").iterdir()} == {out.name for out in outs.values()}


def test_every_tensor_is_looked_at_once_and_read_once_for_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, read = Checkpoint.blocks_as_stored, Counter[str]()

    def counting(checkpoint: Checkpoint, name: str, **options: int) -> Iterator[Any]:
        read[name] += 1
        return real(checkpoint, name, **options)

    monkeypatch.setattr(Checkpoint, "blocks_as_stored", counting)
    source = save_small(tmp_path / "a.apr", CONFIGS["llama"])
    export_ggufs(source, {dtype: tmp_path / f"{dtype}.gguf" for dtype in PLAIN})
    matrices = {name for name, shape in CONFIGS["llama"].tensor_shapes().items() if len(shape) > 1}
    assert read == Counter(dict.fromkeys(matrices, 2)), "norms are copied as they are stored"


def test_what_one_of_them_refuses_leaves_none(tmp_path: Path) -> None:
    weights = random_weights(CONFIGS["llama"])
    weights["model.layers.0.mlp.up_proj.weight"][3, 4] = np.nan
    source = save_small(tmp_path / "a.apr", CONFIGS["llama"], weights=weights)
    for asked in (("f32", "q8_0"), ("f32", "q4_k_m")):
        with pytest.raises(UsageError, match="not finite"):
            export_ggufs(source, {dtype: tmp_path / f"{dtype}.gguf" for dtype in asked})
        assert [path.name for path in tmp_path.iterdir()] == ["a.apr"]


def test_a_full_disk_leaves_the_old_files(tmp_path: Path) -> None:
    source = save_small(tmp_path / "a.apr", CONFIGS["llama"])
    outs = {dtype: tmp_path / f"{dtype}.gguf" for dtype in ("f16", "f32")}
    for out in outs.values():
        out.write_bytes(b"old")
    with files_end_at(200_000), pytest.raises(FileError) as caught:
        export_ggufs(source, outs)
    assert caught.value.code == "unwritable"
    assert [out.read_bytes() for out in outs.values()] == [b"old", b"old"]
    assert len(list(tmp_path.iterdir())) == 3


def test_two_dtypes_cannot_share_a_file_and_none_is_nothing(tmp_path: Path) -> None:
    source = save_small(tmp_path / "a.apr", CONFIGS["llama"])
    (tmp_path / "link").symlink_to(tmp_path)
    same = {"f32": tmp_path / "b.gguf", "f16": tmp_path / "link" / "b.gguf"}
    for outs, code in ((same, "bad-output"), ({}, "no-dtype")):
        with pytest.raises(UsageError) as caught:
            export_ggufs(source, outs)
        assert caught.value.code == code


def test_several_are_named_by_their_dtypes() -> None:
    out = Path("some") / "model.v2.gguf"
    assert outputs_of(out, ["q8_0"]) == {"q8_0": out}
    named = outputs_of(out, ["f32", "q4_k_m"])
    assert [path.as_posix() for path in named.values()] == [
        "some/model.v2-f32.gguf",
        "some/model.v2-q4_k_m.gguf",
    ]
    with pytest.raises(UsageError, match="unknown-dtype"):
        outputs_of(out, ["", ""])
    with pytest.raises(UsageError, match="f32 is asked for twice"):
        outputs_of(out, ["f32", "f16", "f32"])


@pytest.mark.parametrize("dtype", [name for name in EXPORT_DTYPES if "_k" not in name])
def test_the_plan_of_an_export_is_what_it_writes(dtype: str, tmp_path: Path) -> None:
    source = save_small(tmp_path / "a.apr", CONFIGS["qwen2"])
    plan, report = planned(source, dtype), export_gguf(source, tmp_path / "a.gguf", dtype)
    assert sorted(kind.name for kind in plan.types.values()) == sorted(report.tensor_types.values())
    assert plan.fallbacks == report.fallbacks
