"""What probes take from real files: every format, tokenizers that are broken, texts that are none."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from shipworthy.checkpoint import TensorSource, open_checkpoint, write_apr
from shipworthy.contract import Catalogue, MeasurementError, Outcome, Reason, quantities_of
from shipworthy.contract.probes import PROBES
from shipworthy.errors import FileError
from shipworthy.gate.canary import read_texts
from shipworthy.gate.engine import Measurement, Unmeasured, derive, run_falsifier, take_measurement
from shipworthy.gate.measure import measure, measured_probes
from shipworthy.gate.trial import Trial, make_trial


@pytest.fixture
def texts(catalogue: Catalogue) -> Path:
    return catalogue.data["canary-100"].path


def contained(subject: Path, texts: Path, tmp_path: Path) -> dict[str, Any]:
    raw = measure("self_contained@1", subject, {}, {"texts": texts}, tmp_path / "log")
    return quantities_of(PROBES["self_contained@1"], raw)


def test_every_probe_is_measured() -> None:
    assert measured_probes() == set(PROBES)


@pytest.mark.parametrize("fixture", ["fixture_llama", "fixture_gguf"])
def test_a_file_is_whole_in_each_format(
    request: pytest.FixtureRequest, texts: Path, tmp_path: Path, fixture: str
) -> None:
    subject: Path = request.getfixturevalue(fixture)
    found = contained(subject, texts, tmp_path)
    assert found["format"] == subject.suffix[1:]
    assert (found["texts"], found["texts_changed"], found["tensors"], found["parameters"]) == (
        100, [], 20, 138048,
    )  # fmt: skip
    empty = ("architecture_missing", "tensors_missing", "tensors_unexpected", "tensors_not_finite")
    assert all(found[name] == [] for name in (*empty, "tensors_all_zero"))


def test_a_tokenizer_that_does_not_build_is_a_finding(
    fixture_llama: Path, texts: Path, tmp_path: Path
) -> None:
    with open_checkpoint(fixture_llama) as checkpoint:
        spec = checkpoint.tokenizer()
        assert spec is not None
        stated = {**checkpoint.metadata, **spec.to_apr(), "tokenizer.merges": ["no such merge"]}
        tensors = {
            name: TensorSource("F32", entry.shape, partial(checkpoint.read, name))
            for name, entry in checkpoint.tensors.items()
        }
        bad = tmp_path / "bad.apr"
        write_apr(bad, metadata=stated, tensors=tensors, tokenizer=None)
    found = contained(bad, texts, tmp_path)
    assert (found["tokenizer_embedded"], found["tokenizer_rebuilds"], found["texts"]) == (True, False, 0)


def test_content_that_does_not_match_its_checksum_is_an_error(
    fixture_llama: Path, texts: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.apr"
    data = bytearray(fixture_llama.read_bytes())
    data[-100] ^= 1
    bad.write_bytes(data)
    with pytest.raises(FileError):
        contained(bad, texts, tmp_path)


def test_the_canary_is_100_texts_of_several_kinds(texts: Path) -> None:
    found = read_texts(texts)
    assert len(found) == 100
    assert len({text.kind for text in found}) >= 4


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "no-texts"),
        (b"\n", "bad-text"),
        (b"{}\n", "bad-text"),
        (b'{"id": "a", "kind": "b"}\n', "bad-text"),
        (b"[1]\n", "bad-text"),
        (b'"text"\n', "bad-text"),
        (b'{"id": "a", "kind": "b", "text": "c"}\n{"id": "a", "kind": "b", "text": "d"}\n', "duplicate-text"),
    ],
)
def test_data_that_is_no_texts_is_refused(tmp_path: Path, data: bytes, code: str) -> None:
    path = tmp_path / "texts.jsonl"
    path.write_bytes(data)
    with pytest.raises(FileError) as caught:
        read_texts(path)
    assert caught.value.code == code


def trial_of(catalogue: Catalogue, subject: Path, tmp_path: Path) -> Trial:
    return make_trial(subject, catalogue=catalogue, release="model-2", artifacts={}, workdir=tmp_path)


def test_a_device_that_is_not_there_is_never_measured_on_another(
    catalogue: Catalogue, fixture_llama: Path, tmp_path: Path
) -> None:
    """On a machine with an NVIDIA device that is no RTX 4090 too; on one with it, it is measured there."""
    contract = catalogue.contracts["AC-SHIP2-010"]
    trial = trial_of(catalogue, fixture_llama, tmp_path)
    taken = take_measurement(trial, contract, contract.falsifiers[0])
    if isinstance(taken, Measurement):
        assert taken.quantities["device"] == "cuda"
        return
    assert taken.reason in (Reason.MISSING_HARDWARE, Reason.ERROR)
    assert (taken.outcome is Outcome.UNMEASURABLE) == (taken.reason is Reason.MISSING_HARDWARE)


def test_an_export_that_is_refused_is_an_error_with_its_line(
    catalogue: Catalogue, fixture_llama: Path, tmp_path: Path
) -> None:
    from shipworthy.gate.planted.tensors import tensor_missing

    bad = tmp_path / "bad.apr"
    tensor_missing(fixture_llama, bad)
    contract = catalogue.contracts["AC-SHIP2-009"]
    trial = trial_of(catalogue, bad, tmp_path)
    result = run_falsifier(trial, contract, contract.falsifiers[0])
    assert (result.outcome, result.reason) == (Outcome.ERROR, Reason.ERROR)
    assert "model.layers.1.mlp.up_proj.weight" in result.detail


def test_raw_samples_that_do_not_validate_are_an_error(
    catalogue: Catalogue, fixture_llama: Path, tmp_path: Path
) -> None:
    contract = catalogue.contracts["C-03"]
    trial = trial_of(catalogue, fixture_llama, tmp_path)
    taken = take_measurement(trial, contract, contract.falsifiers[0])
    assert isinstance(taken, Measurement)
    assert derive(json.loads(json.dumps(taken.document))) == taken
    broken = derive({**taken.document, "raw": {**taken.document["raw"], "requested": []}})
    assert isinstance(broken, Unmeasured)
    assert (broken.outcome, broken.reason) == (Outcome.ERROR, Reason.ERROR)
    with pytest.raises(MeasurementError):
        quantities_of(PROBES["checkpoint_metadata@1"], {})


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["torch", "llama.cpp"])
def test_throughput_is_taken_in_fresh_processes_as_it_is_named(
    fixture_llama: Path, tmp_path: Path, engine: str
) -> None:
    settings = {"runs": 2, "iterations": 3, "max_tokens": 4, "device": "cpu", "dtype": "f32"}
    settings |= {"engine": engine, "extension": 1, "threads": 1, "thread_sweep": engine == "torch"}
    raw = measure("decode_throughput@2", fixture_llama, {}, settings, tmp_path / "log")
    found = quantities_of(PROBES["decode_throughput@2"], raw)
    assert (found["runs"], found["processes"], found["iterations"], found["tokens"]) == (2, 2, 3, 4)
    assert (found["engine"], found["threads"], found["warm_up_tokens"]) == (engine, 1, 4)
    assert (found["device"], found["device_proven"], found["finite"]) == ("cpu", True, True)
    assert (found["dtype"], found["dtype_proven"], found["memory_on_device"]) == ("f32", True, True)
    assert found["tokens_per_second"]["low"] > 0
    assert 0 < found["median_fraction_of_bandwidth"] <= found["greatest_fraction_of_bandwidth"] <= 1.1
    assert found["best_threads"] == (1 if engine == "torch" else 0)
    if engine == "torch":
        more = {**settings, "earlier": raw}
        extended = measure("decode_throughput@2", fixture_llama, {}, more, tmp_path / "log")
        assert extended["runs"][:2] == raw["runs"]
        found = quantities_of(PROBES["decode_throughput@2"], extended)
        assert (found["runs"], found["extensions"], found["extension_runs"]) == (2, 1, 1)
        assert found["fresh_processes"] is True
