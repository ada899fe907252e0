"""A publication holds what it says, refuses what it cannot vouch for, and comes back from a URL as sent.

The server is a real HTTP server on this machine; nothing here is published to anybody else.
"""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest
from local_server import serving

from command import Here
from shipworthy.canonical import sha256_file
from shipworthy.checkpoint import open_checkpoint
from shipworthy.contract import Catalogue
from shipworthy.errors import NotMeasurable, UsageError
from shipworthy.gate.planted.apr_file import rewrite_apr
from shipworthy.pipeline.fetch import fetch
from shipworthy.pipeline.publication import CARD, MANIFEST, NotPublished, Published
from shipworthy.pipeline.publication import publish as publish_release

STATED = {"data_source": "python-stdlib", "data_license": "PSF-2.0", "shipworthy.run_id": "1" * 64}


@pytest.fixture
def subject(fixture_llama: Path, tmp_path: Path) -> Path:
    rewrite_apr(fixture_llama, tmp_path / "model.apr", metadata=lambda stated: {**stated, **STATED})
    return tmp_path / "model.apr"


def publish(catalogue: Catalogue, subject: Path, to: Path | str, **more: Any) -> Published:
    return publish_release(
        subject,
        str(to),
        release=catalogue.releases["smollm2-demo"],
        registration=catalogue.registrations["fixture-llama"],
        **more,
    )


def test_everything_is_there_with_its_digest(catalogue: Catalogue, subject: Path, tmp_path: Path) -> None:
    done = publish(catalogue, subject, tmp_path / "site", url="https://example.org/small")
    manifest = json.loads((tmp_path / "site" / MANIFEST).read_bytes())
    assert done.manifest == manifest
    assert {file["name"]: file["role"] for file in manifest["files"]} == {
        "model.apr": "weights",
        "config.json": "config",
        "tokenizer.json": "tokenizer",
        "tokenizer_config.json": "tokenizer",
        CARD: "card",
    }
    for file in manifest["files"]:
        path = tmp_path / "site" / file["name"]
        assert (file["sha256"], file["size"]) == (sha256_file(path), path.stat().st_size)
        assert file["url"] == f"https://example.org/small/{file['name']}"
    assert {path.name for path in (tmp_path / "site").iterdir()} == {
        *(file["name"] for file in manifest["files"]),
        MANIFEST,
    }
    assert manifest["subject"]["sha256"] == sha256_file(subject)
    assert manifest["data"] == [{"source": "python-stdlib", "licence": "PSF-2.0"}]
    assert (manifest["licence"], manifest["run"]) == ("apache-2.0", "1" * 64)
    assert str(tmp_path) not in json.dumps(manifest)


def test_tokenizer_and_config_are_those_of_the_checkpoint(
    catalogue: Catalogue, subject: Path, tmp_path: Path
) -> None:
    """With the weights beside them as safetensors they would be a directory that opens."""
    from shipworthy.pipeline.convert import convert

    publish(catalogue, subject, tmp_path / "site")
    convert(subject, tmp_path / "hf", "hf", "f32", allow_loss=True)
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json"):
        published = json.loads((tmp_path / "site" / name).read_bytes())
        assert published == json.loads((tmp_path / "hf" / name).read_bytes()), name


def test_the_card_states_licence_data_and_run(catalogue: Catalogue, subject: Path, tmp_path: Path) -> None:
    import yaml

    publish(catalogue, subject, tmp_path / "site")
    card = (tmp_path / "site" / CARD).read_text()
    _, head, text = card.split("---\n", 2)
    assert yaml.safe_load(head)["license"] == "apache-2.0"
    assert "Data: python-stdlib, under PSF-2.0" in text
    assert f"Run: `{'1' * 64}`" in text


def test_the_card_of_another_model_has_not_the_title_of_the_registered_one(
    catalogue: Catalogue, subject: Path, tmp_path: Path
) -> None:
    release = catalogue.releases["model-2"]
    registration = catalogue.registrations[release.registration]
    publish_release(subject, str(tmp_path / "other"), release=release, registration=registration)
    card = (tmp_path / "other" / CARD).read_text()
    assert "\n# model.apr\n" in card
    assert f"This is not {registration.id}, the registered model of model-2: " in card
    assert release.title not in card
    assert registration.title not in card
    publish(catalogue, subject, tmp_path / "own")
    own = (tmp_path / "own" / CARD).read_text()
    assert f"# {catalogue.releases['smollm2-demo'].title}\n" in own
    assert catalogue.registrations["fixture-llama"].title in own


def test_a_hugging_face_directory_publishes_its_weights(
    catalogue: Catalogue, subject: Path, tmp_path: Path
) -> None:
    from shipworthy.pipeline.convert import convert

    convert(subject, tmp_path / "hf", "hf", "f32", allow_loss=True)
    # What was never opened was never on trial, whatever it is called.
    (tmp_path / "hf" / "optimizer.safetensors.bak").write_bytes(b"x")
    (tmp_path / "hf" / "other.safetensors").write_bytes(b"y")
    (tmp_path / "hf" / "notes.safetensors-old").mkdir()
    done = publish(catalogue, tmp_path / "hf", tmp_path / "site", data={"mine": "CC0-1.0"})
    weights = [file["name"] for file in done.manifest["files"] if file["role"] == "weights"]
    assert weights == ["model.safetensors"]
    with open_checkpoint(tmp_path / "site") as published:
        assert published.tensors


def test_without_provenance_nothing_is_published(
    catalogue: Catalogue, fixture_llama: Path, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="provenance-unknown"):
        publish(catalogue, fixture_llama, tmp_path / "site")
    assert not (tmp_path / "site").exists()
    done = publish(catalogue, fixture_llama, tmp_path / "site", data={"mine": "CC0-1.0"})
    assert done.manifest["data"] == [{"source": "mine", "licence": "CC0-1.0"}]


def test_nothing_is_written_over(catalogue: Catalogue, subject: Path, tmp_path: Path) -> None:
    publish(catalogue, subject, tmp_path / "site")
    with pytest.raises(UsageError, match="bad-output"):
        publish(catalogue, subject, tmp_path / "site")


NO_ADDRESS = [
    "ftp://example.org/",
    "https://me:word@example.org/",
    "http://:secret@h/",
    "http://@h/",
    "http://h:99999/",
    "http://h:0/",
    "http://h:abc/",
    "http://[::1",
    "http:///x",
    "https://",
    "http://\u00fc..x/",
    "http://h/\u00fc",
    "http://h/a b",
    "http://h/\n",
]


@pytest.mark.parametrize("url", ["example.org/x", "x", *NO_ADDRESS])
def test_what_is_no_address_is_refused(catalogue: Catalogue, subject: Path, tmp_path: Path, url: str) -> None:
    """A manifest is public: what is in its addresses is, too."""
    with pytest.raises(UsageError, match="bad-url"):
        publish(catalogue, subject, tmp_path / "site", url=url)
    assert not (tmp_path / "site").exists()


@pytest.mark.parametrize("to", [*NO_ADDRESS, "s3://bucket/model", "hf://me/model", "file:///site"])
def test_what_takes_no_put_is_no_place(
    catalogue: Catalogue, subject: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, to: str
) -> None:
    """Not a directory called `s3:` either: who reads "wrote to s3://..." believes that it was sent."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="bad-url"):
        publish(catalogue, subject, to)
    assert [path.name for path in tmp_path.iterdir()] == [subject.name]


@pytest.mark.parametrize(
    "name", [CARD, MANIFEST, "config.json", "Config.JSON", "tokenizer.json", "tokenizer_config.json"]
)
def test_weights_under_the_name_of_another_file_are_refused(
    catalogue: Catalogue, subject: Path, tmp_path: Path, name: str
) -> None:
    """The card was once written over them, and the manifest had the card twice and the weights never."""
    taken = subject.rename(tmp_path / name)
    with pytest.raises(UsageError, match="name-taken"):
        publish(catalogue, taken, tmp_path / "site")
    assert not (tmp_path / "site").exists()


@pytest.mark.parametrize("data", [{"a\n- Licence: none": "b"}, {"a": "b\r"}, {"a\x1b[2J": "b"}])
def test_a_statement_of_several_lines_is_none(
    catalogue: Catalogue, subject: Path, tmp_path: Path, data: dict[str, str]
) -> None:
    with pytest.raises(UsageError, match="bad-data"):
        publish(catalogue, subject, tmp_path / "site", data=data)
    assert not (tmp_path / "site").exists()


def test_a_licence_that_the_checkpoint_states_is_not_overruled(
    catalogue: Catalogue, subject: Path, tmp_path: Path
) -> None:
    with open_checkpoint(subject) as checkpoint:
        source, licence = (str(checkpoint.metadata[name]) for name in ("data_source", "data_license"))
    with pytest.raises(UsageError, match="bad-data"):
        publish(catalogue, subject, tmp_path / "site", data={source: f"not {licence}"})
    assert not (tmp_path / "site").exists()
    publish(catalogue, subject, tmp_path / "site", data={source: licence, "another": "MIT"})


def test_a_url_that_takes_files_gives_them_back(catalogue: Catalogue, subject: Path, tmp_path: Path) -> None:
    with serving(tmp_path / "served") as base:
        done = publish(catalogue, subject, f"{base}small")
        assert done.place == f"{base}small/"
        answer = fetch(f"{base}small/{MANIFEST}", keep=1 << 20, most=1 << 20)
    assert json.loads(answer.body) == done.manifest
    assert answer.peers == ("127.0.0.1",)


def test_a_server_that_keeps_something_else_is_caught(
    catalogue: Catalogue, subject: Path, tmp_path: Path
) -> None:
    def page(handler: Any) -> bool:
        body = b"<html>Welcome</html>"
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)
        return True

    with serving(tmp_path / "served", page) as base, pytest.raises(NotPublished, match="another-came-back"):
        publish(catalogue, subject, base)


def test_redirects_are_followed_and_end(tmp_path: Path) -> None:
    (tmp_path / "served").mkdir()
    (tmp_path / "served" / "file").write_bytes(b"here")

    def lead_on(handler: Any) -> bool:
        target = {
            "/moved": "/file",
            "/round": "/round",
            "/away": "ftp://example.org/file",
            "/odd": "http://h:abc/",
        }.get(handler.path)
        if target is None:
            return False
        handler.send_response(302)
        handler.send_header("Location", target)
        handler.send_header("Content-Length", "0")
        handler.end_headers()
        return True

    with serving(tmp_path / "served", lead_on) as base:
        moved = fetch(f"{base}moved", keep=9, most=9)
        assert (moved.status, moved.body, len(moved.peers)) == (200, b"here", 2)
        assert fetch(f"{base}round", most=9).status == 310
        assert fetch(f"{base}away", most=9).status == 310
        assert fetch(f"{base}odd", most=9).status == 310
        assert fetch(f"{base}nothing", most=9).status == 404
        assert fetch(f"{base}file", most=2).size == 3


def test_where_nobody_answers_nothing_can_be_measured() -> None:
    with pytest.raises(NotMeasurable, match="not-reached") as caught:
        fetch("http://127.0.0.1:9/", most=1)
    assert caught.value.reason == "missing_artifact"


def test_the_command_of_the_document_runs(
    subject: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, here: Here
) -> None:
    text = (Path(__file__).parents[2] / "docs" / "releases.md").read_text()
    (line,) = [line for line in text.splitlines() if line.startswith("shipworthy publish")]
    monkeypatch.chdir(tmp_path)
    done = here(*shlex.split(line)[1:])
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"wrote 5 files and {MANIFEST} to site\n"
    assert here("publish", "nothing", "--subject", subject, "--to", "x").returncode == 2
    assert here("publish", "model-2", "--subject", subject, "--to", "x", "--data", "mine").returncode == 2
    done = here("publish", "model-2", "--subject", subject, "--to", "unserved")
    assert "it names no URL, so nothing is published yet" in done.stdout
