"""chat_template@1 on good and bad checkpoints, its goldens, and its receipts."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from golden_chats import upstream_template, with_goldens

from shipworthy.canonical import sha256_bytes, sha256_json
from shipworthy.checkpoint import TokenizerSpec, open_checkpoint
from shipworthy.contract import Catalogue, Planted
from shipworthy.contract.defects import chat as declared
from shipworthy.contract.probe import quantities_of
from shipworthy.contract.probes import PROBES
from shipworthy.errors import ContractError, FileError
from shipworthy.gate.chats import read_chats
from shipworthy.gate.fixtures import write_fixture
from shipworthy.gate.measure.chat_template import measure
from shipworthy.gate.planted import RAW_DEFECTS, plant_in_file, plant_in_raw
from shipworthy.gate.planted.apr_file import rewrite_apr
from shipworthy.pipeline.convert import convert
from upstream_vocabularies import upstream_vocabularies

PROBE = PROBES["chat_template@1"]
GOOD = {
    "goldens_sha256": "6fdb29a81a88d2b9a37da90c9ff681372c2ecf064906e5710456bf879233a238",
    "tensors": 27,
    "template_embedded": True,
    "rendered_in_sandbox": True,
    "conversations": 28,
    "renderings_failed": [],
    "renderings_differ": [],
    "template_error": "",
}


@pytest.fixture
def data(catalogue: Catalogue) -> Path:
    return catalogue.data["chat-qwen2"].path


def measured(subject: Path, data: Path, log: Path) -> dict[str, Any]:
    found = quantities_of(PROBE, measure(subject, {}, log=log, conversations=data))
    assert found.pop("network") is not None
    return found


def retemplated(source: Path, target: Path, change: Callable[[str], str]) -> Path:
    def changed(spec: TokenizerSpec | None) -> TokenizerSpec:
        assert spec is not None
        return replace(spec, chat_template=change(str(spec.chat_template)))

    rewrite_apr(source, target, tokenizer=changed)
    return target


def test_the_goldens_are_what_transformers_renders_of_upstream_s_template(data: Path) -> None:
    template = upstream_template(upstream_vocabularies() / "ggml-vocab-qwen2.gguf")
    assert with_goldens(json.loads(data.read_bytes()), template) == data.read_bytes()


def test_the_conversations_reach_what_templates_get_wrong(data: Path) -> None:
    chats = read_chats(data).chats
    texts = [str(message["content"]) for chat in chats for message in chat.conversation.messages]
    assert len(chats) >= 10
    assert {chat.conversation.add_generation_prompt for chat in chats} == {True, False}
    assert {chat.conversation.messages[0]["role"] for chat in chats} >= {"system", "user", "assistant"}
    assert max(len(chat.conversation.messages) for chat in chats) > 10
    assert max(len(text) for text in texts) > 10_000
    wanted = ("", " ", "\r\n", "{{ messages }}", "<|im_end|>", "\u0301", "\u05e9", "\ufeff", "\U0001f600")
    assert [part for part in wanted if not any(part in text and (part or not text) for text in texts)] == []


def test_the_goldens_that_the_contract_expects_are_those_of_the_data(
    catalogue: Catalogue, data: Path
) -> None:
    rows = [(chat.id, chat.golden.encode()) for chat in read_chats(data).chats]
    digest = sha256_json([[name, len(golden), sha256_bytes(golden)] for name, golden in rows])
    (falsifier,) = catalogue.contracts["AC-SHIP1-008"].falsifiers
    assert falsifier.expect["goldens_sha256"] == {"const": digest}
    assert GOOD["goldens_sha256"] == digest


@pytest.mark.parametrize("form", ["apr", "gguf", "hf"])
def test_a_good_checkpoint_renders_them_in_every_format(
    fixture_qwen2: Path, data: Path, tmp_path: Path, form: str
) -> None:
    subject = fixture_qwen2
    if form != "apr":
        subject = tmp_path / f"model.{form}"
        convert(fixture_qwen2, subject, form, "f32", allow_loss=True)
    assert measured(subject, data, tmp_path / "log") == GOOD


def test_only_the_fixture_of_upstream_has_its_template(
    catalogue: Catalogue, tmp_path: Path, data: Path
) -> None:
    for name in ("fixture-llama", "fixture-qwen2", "fixture-qwen3"):
        write_fixture(catalogue, name, tmp_path / f"{name}.apr")
        with open_checkpoint(tmp_path / f"{name}.apr") as checkpoint:
            spec = checkpoint.tokenizer()
            assert spec is not None
            assert spec.chat_template == (read_chats(data).template if name == "fixture-qwen2" else None)


def test_line_ends_of_windows_in_a_template_change_nothing(
    fixture_qwen2: Path, data: Path, tmp_path: Path
) -> None:
    bad = retemplated(fixture_qwen2, tmp_path / "crlf.apr", lambda text: text.replace("\n", "\r\n"))
    assert measured(bad, data, tmp_path / "log") == GOOD


def test_half_a_character_in_a_template_is_an_error_of_every_rendering(
    fixture_qwen2: Path, data: Path, tmp_path: Path
) -> None:
    bad = retemplated(fixture_qwen2, tmp_path / "bad.apr", lambda text: text + "{{ '\\ud800' }}")
    found = measured(bad, data, tmp_path / "log")
    assert len(found["renderings_failed"]) == 28
    assert found["template_error"].startswith("template-not-text")


def test_a_template_that_is_no_utf_8_is_refused_by_name(
    fixture_qwen2: Path, data: Path, tmp_path: Path
) -> None:
    convert(fixture_qwen2, tmp_path / "m.gguf", "gguf", "f32", allow_loss=True)
    content = (tmp_path / "m.gguf").read_bytes()
    at = content.index(b"{% for message in messages %}")
    (tmp_path / "m.gguf").write_bytes(content[:at] + b"\xff\xfe" + content[at + 2 :])
    with pytest.raises(FileError, match="UTF-8"):
        measured(tmp_path / "m.gguf", data, tmp_path / "log")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b'{"template": "x", "conversations": []}', "no-chats"),
        (b'{"template": "x"}', "bad-chats"),
        (b"[", "bad-chats"),
        (
            b'{"template": "x", "conversations": [{"id": "a", "messages": [["user", "b"]],'
            b' "add_generation_prompt": 1, "golden": "c"}]}',
            "bad-chats",
        ),
    ],
)
def test_conversations_that_are_none_are_refused(tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "chats.json"
    path.write_bytes(content)
    with pytest.raises(FileError) as caught:
        read_chats(path)
    assert caught.value.code == code


def test_two_conversations_of_one_id_are_refused(data: Path, tmp_path: Path) -> None:
    stored = json.loads(data.read_bytes())
    stored["conversations"].append(stored["conversations"][0])
    (tmp_path / "chats.json").write_text(json.dumps(stored))
    with pytest.raises(FileError, match="same id"):
        read_chats(tmp_path / "chats.json")


def planted(name: str, of: str) -> Planted:
    return Planted(name, of, "any", None, {})  # type: ignore[arg-type]


def test_a_defect_of_templates_does_not_fit_a_checkpoint_without_one(
    fixture_llama: Path, tmp_path: Path
) -> None:
    with pytest.raises(ContractError) as caught:
        plant_in_file(planted("byte_order_mark", "apr"), fixture_llama, tmp_path / "bad.apr")
    assert caught.value.code == "defect-does-not-fit"


@pytest.fixture(scope="module")
def recorded(catalogue: Catalogue) -> dict[str, Any]:
    stored = json.loads(catalogue.data["fixture-chat"].path.read_bytes())
    found: dict[str, Any] = stored["raw"]
    return found


def test_what_was_recorded_is_what_is_measured_now(
    recorded: dict[str, Any], fixture_qwen2: Path, data: Path, tmp_path: Path
) -> None:
    now = measure(fixture_qwen2, {}, log=tmp_path / "log", conversations=data)
    assert {**now, "child": None} == {**recorded, "child": None}


OF_RAW: dict[str, dict[str, Any]] = {
    "conversation_dropped": {"conversations": 27},
    "conversation_repeated": {"conversations": 1},
    "nothing_rendered": {"conversations": 0},
    "sandbox_left_out": {"rendered_in_sandbox": False},
}


def test_every_defect_of_receipts_is_tried_here() -> None:
    of_receipts = {defect.name for defect in declared.DECLARED if "measurement" in defect.of}
    assert of_receipts == {*OF_RAW, "renderings_of_another"} <= set(RAW_DEFECTS)


@pytest.mark.parametrize("name", OF_RAW)
def test_a_defect_of_a_receipt_shows_on_its_quantity_and_leaves_the_good_one(
    recorded: dict[str, Any], name: str
) -> None:
    before = json.dumps(recorded)
    bad = quantities_of(PROBE, plant_in_raw(planted(name, "measurement"), recorded))
    assert json.dumps(recorded) == before
    same_goldens = bad["goldens_sha256"] == GOOD["goldens_sha256"]
    assert same_goldens is (name == "sandbox_left_out")
    assert {**bad, "goldens_sha256": ""} == {**GOOD, "goldens_sha256": "", "network": "cut", **OF_RAW[name]}


def test_digests_of_another_model_differ_each(recorded: dict[str, Any]) -> None:
    bad = quantities_of(PROBE, plant_in_raw(planted("renderings_of_another", "measurement"), recorded))
    assert len(bad["renderings_differ"]) == 28
