"""AC-SHIP2-012 on a release that is really fetched: from a real HTTP server, which is on this machine.

So the best outcome here is a FAIL of the address alone. That a public one passes is shown on samples in which
the address is replaced (contracts/data/README.md); no test publishes anything.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from local_server import serving

from shipworthy.canonical import sha256_bytes
from shipworthy.contract import Catalogue, Contract, quantities_of
from shipworthy.contract.probes import PROBES, RETIRED
from shipworthy.errors import FileError, NotMeasurable, UsageError
from shipworthy.gate.engine import Result, run_falsifier
from shipworthy.gate.measure.published_release import measure
from shipworthy.gate.planted.apr_file import rewrite_apr
from shipworthy.gate.trial import make_trial, parse_artifacts
from shipworthy.pipeline.publication import MANIFEST, publish

ROLES = ["weights", "tokenizer", "config", "card"]
STATED = {"data_source": "python-stdlib", "data_license": "PSF-2.0", "shipworthy.run_id": "1" * 64}


@pytest.fixture(scope="module")
def subject(fixture_llama: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("published") / "model.apr"
    rewrite_apr(fixture_llama, path, metadata=lambda stated: {**stated, **STATED})
    return path


@pytest.fixture
def served(catalogue: Catalogue, subject: Path, tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """The directory that is served, with a publication in it, and its address."""
    with serving(tmp_path / "served") as base:
        publish(
            subject,
            str(tmp_path / "served" / "small"),
            release=catalogue.releases["model-2"],
            registration=catalogue.registrations["fixture-llama"],
            url=f"{base}small/",
        )
        yield tmp_path / "served" / "small", f"{base}small/"


def quantities(subject: Path, release: Path) -> dict[str, Any]:
    raw = measure(subject, {"release": release}, log=release, roles=ROLES)
    return quantities_of(PROBES["published_release@2"], json.loads(json.dumps(raw)))


def address(folder: Path, url: str) -> Path:
    """The artifact that `release=URL` becomes."""
    return parse_artifacts([f"release={url}"], folder)["release"]


def result(catalogue: Catalogue, subject: Path, release: Path | None, tmp_path: Path) -> Result:
    contract: Contract = catalogue.contracts["AC-SHIP2-012"]
    trial = make_trial(
        subject,
        catalogue=catalogue,
        release="model-2",
        artifacts={} if release is None else {"release": release},
        workdir=tmp_path,
    )
    return run_falsifier(trial, contract, contract.falsifiers[0])


def test_what_is_published_here_is_all_there_and_never_discharges(
    catalogue: Catalogue, subject: Path, served: tuple[Path, str], tmp_path: Path
) -> None:
    found = result(catalogue, subject, served[0] / MANIFEST, tmp_path)
    assert found.outcome == "FAIL"
    # The registration of model-2 has another licence than the small llama.
    assert found.failed == {"address", "licence"}
    assert found.quantities["address"] == "loopback"
    assert found.quantities["files"] == 5


def test_nothing_attached_and_no_url_are_missing_artifact(
    catalogue: Catalogue, subject: Path, tmp_path: Path
) -> None:
    publish(
        subject,
        str(tmp_path / "site"),
        release=catalogue.releases["model-2"],
        registration=catalogue.registrations["fixture-llama"],
    )
    for attached in (None, tmp_path / "site" / MANIFEST):
        found = result(catalogue, subject, attached, tmp_path)
        assert (found.outcome, found.reason) == ("UNMEASURABLE", "missing_artifact")


def test_a_url_alone_can_be_attached(subject: Path, served: tuple[Path, str], tmp_path: Path) -> None:
    found = quantities(subject, address(tmp_path, served[1]))
    assert (found["files_missing"], found["digests_differ"], found["roles_missing"]) == ([], [], [])
    assert found["manifest_same"]


def test_a_path_on_this_machine_is_no_publication(
    subject: Path, served: tuple[Path, str], tmp_path: Path
) -> None:
    found = quantities(subject, address(tmp_path, served[0].as_uri() + "/"))
    assert (found["address"], found["files"]) == ("file", 0)


def test_a_file_that_is_gone_or_replaced_or_cut_is_named(
    subject: Path, served: tuple[Path, str], tmp_path: Path
) -> None:
    folder, url = served
    (folder / "config.json").unlink()
    (folder / "tokenizer.json").write_bytes((folder / "tokenizer.json").read_bytes()[:-1])
    data = bytearray((folder / "model.apr").read_bytes())
    data[-1] ^= 1
    (folder / "model.apr").write_bytes(data)
    found = quantities(subject, address(tmp_path, url))
    assert found["files_missing"] == ["config.json"]
    assert found["digests_differ"] == ["model.apr", "tokenizer.json"]
    assert found["roles_missing"] == ["weights", "config"]
    assert found["subject_not_published"] == ["model.apr"]


def test_a_manifest_that_was_changed_after_it_was_attached_is_seen(
    subject: Path, served: tuple[Path, str], tmp_path: Path
) -> None:
    kept = tmp_path / "manifest.json"
    kept.write_bytes((served[0] / MANIFEST).read_bytes())
    changed = json.loads(kept.read_bytes()) | {"licence": "other"}
    (served[0] / MANIFEST).write_text(json.dumps(changed))
    assert quantities(subject, kept)["manifest_same"] is False


@pytest.mark.parametrize(
    "manifest", [b"<html>", b"[]", b"{}", b'{"schema": "shipworthy/publication/1", "files": 3}', b"[" * 5000]
)
def test_a_page_is_no_manifest(
    subject: Path, served: tuple[Path, str], tmp_path: Path, manifest: bytes
) -> None:
    (served[0] / MANIFEST).write_bytes(manifest)
    assert quantities(subject, address(tmp_path, served[1]))["files"] == 0


@pytest.mark.parametrize("size", [-1, 1.5, "568516", True, None, 1e300])
def test_a_size_that_is_none_makes_no_manifest(
    subject: Path, served: tuple[Path, str], tmp_path: Path, size: Any
) -> None:
    manifest = json.loads((served[0] / MANIFEST).read_bytes())
    manifest["files"][0]["size"] = size
    (served[0] / MANIFEST).write_text(json.dumps(manifest))
    assert quantities(subject, address(tmp_path, served[1]))["files"] == 0


@pytest.mark.parametrize("url", ["http://[", "http://h:x/", "http:///x", "file:///etc/passwd", "data:,x", ""])
def test_a_file_at_no_url_is_missing(
    subject: Path, served: tuple[Path, str], tmp_path: Path, url: str
) -> None:
    manifest = json.loads((served[0] / MANIFEST).read_bytes())
    manifest["files"][0]["url"] = url
    (served[0] / MANIFEST).write_text(json.dumps(manifest))
    found = quantities(subject, address(tmp_path, served[1]))
    assert found["files_missing"] + found["digests_differ"] == [manifest["files"][0]["name"]]


def test_other_weights_than_those_on_trial_are_seen(
    fixture_llama: Path, served: tuple[Path, str], tmp_path: Path
) -> None:
    found = quantities(fixture_llama, address(tmp_path, served[1]))
    assert found["subject_not_published"] == [fixture_llama.name]
    # The one on trial states no data and no run, so that its config is another; the tokenizer is the same.
    assert found["foreign"] == found["described_not_published"] == ["config.json"]
    assert found["described"] == 3


def test_another_tokenizer_with_a_manifest_that_fits_is_foreign(
    subject: Path, served: tuple[Path, str], tmp_path: Path
) -> None:
    folder, url = served
    other = (folder / "tokenizer.json").read_bytes() + b" "
    (folder / "tokenizer.json").write_bytes(other)
    manifest = json.loads((folder / MANIFEST).read_bytes())
    entry = next(file for file in manifest["files"] if file["name"] == "tokenizer.json")
    entry.update(sha256=sha256_bytes(other), size=len(other))
    (folder / MANIFEST).write_text(json.dumps(manifest))
    found = quantities(subject, address(tmp_path, url))
    assert (found["digests_differ"], found["roles_missing"]) == ([], [])
    assert found["foreign"] == found["described_not_published"] == ["tokenizer.json"]


def test_what_is_not_asked_for_is_not_compared(
    subject: Path, served: tuple[Path, str], tmp_path: Path
) -> None:
    raw = measure(subject, {"release": address(tmp_path, served[1])}, log=tmp_path, roles=["weights"])
    found = quantities_of(PROBES["published_release@2"], raw)
    assert (found["described"], found["foreign"], found["described_not_published"]) == (0, [], [])


def test_what_the_version_before_measured_is_still_derived(catalogue: Catalogue) -> None:
    raw = json.loads(catalogue.data["fixture-publication"].path.read_bytes())["raw"]
    now = quantities_of(PROBES["published_release@2"], raw)
    del raw["described"]
    then = quantities_of(RETIRED["published_release@1"], raw)
    assert then.items() <= now.items()
    assert now.keys() - then.keys() == {"described", "foreign", "described_not_published"}


def test_where_nobody_answers_it_is_not_measurable(subject: Path, tmp_path: Path) -> None:
    with pytest.raises(NotMeasurable, match="not-reached"):
        quantities(subject, address(tmp_path, "http://127.0.0.1:9/"))


def test_an_attached_file_that_is_no_manifest_is_refused(subject: Path, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("[]")
    with pytest.raises(FileError, match="bad-release"):
        quantities(subject, tmp_path / "x.json")


def test_an_address_is_checked_without_a_folder_and_once(tmp_path: Path) -> None:
    assert parse_artifacts(["release=https://example.org/"]) == {}
    with pytest.raises(UsageError, match="artifact-twice"):
        parse_artifacts(["release=https://a.example/", "release=https://b.example/"], tmp_path)


@pytest.mark.parametrize(
    ("peers", "kind"),
    [
        (["192.0.43.8"], "public"),
        (["2606:2800:220:1::1"], "public"),
        (["192.0.43.8", "127.0.0.1"], "loopback"),
        (["192.0.43.8", "10.0.0.1"], "private"),
        (["192.168.1.2"], "private"),
        (["169.254.1.1"], "private"),
        (["100.64.0.1"], "private"),
        (["fe80::1"], "private"),
        (["fd00::1"], "private"),
        (["203.0.113.5"], "private"),
        (["::1"], "loopback"),
        (["::ffff:127.0.0.1"], "loopback"),
        (["::ffff:10.0.0.1"], "private"),
        (["::7f00:1"], "loopback"),
        (["::a00:1"], "private"),
        (["2002:7f00:1::"], "loopback"),
        (["64:ff9b::7f00:1"], "loopback"),
        (["64:ff9b::a00:1"], "private"),
        (["64:ff9b::c000:2b08"], "public"),
        (["0.0.0.0"], "loopback"),
        (["224.0.0.1"], "private"),
        (["a host"], "private"),
        ([], "none"),
    ],
)
def test_the_least_public_address_counts(catalogue: Catalogue, peers: list[str], kind: str) -> None:
    recorded = json.loads(catalogue.data["fixture-publication"].path.read_bytes())
    raw = {**recorded["raw"], "peers": peers, "files": []}
    assert quantities_of(PROBES["published_release@2"], raw)["address"] == kind


def test_a_file_of_several_kinds_is_of_none_but_the_weights(catalogue: Catalogue) -> None:
    """Four files of one digest were once a whole release."""
    raw = json.loads(catalogue.data["fixture-publication"].path.read_bytes())["raw"]
    same = {"sha256": "a" * 64, "stated_sha256": "a" * 64, "size": 1, "stated_size": 1}
    for file in raw["files"]:
        file.update(same)
    found = quantities_of(PROBES["published_release@2"], raw)
    assert (found["digests_differ"], found["roles_missing"]) == ([], ["tokenizer", "config", "card"])
