"""A corpus is a manifest of digests, split by module; what cannot be read is refused."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipworthy.canonical import sha256_bytes
from shipworthy.errors import FileError, UsageError
from shipworthy.pipeline.corpus import open_corpus, split_of
from shipworthy.pipeline.recipe import DataSpec

names = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=12)


@given(names, names, st.floats(0.01, 0.5))
def test_a_module_is_on_one_side(module: str, inner: str, fraction: float) -> None:
    sides = {split_of(f"{module}/{inner}.py", fraction), split_of(f"{module}/a/b.py", fraction)}
    assert sides == {split_of(f"{module}.py", fraction)}


def test_the_fraction_is_met_roughly() -> None:
    sides = [split_of(f"module{index}.py", 0.2) for index in range(2000)]
    assert 0.17 < sides.count("held_out") / 2000 < 0.23


def test_python_stdlib() -> None:
    corpus = open_corpus(DataSpec("python-stdlib", 0.05, None))
    files = corpus.manifest["files"]
    paths = [entry["path"] for entry in files]
    assert paths == sorted(paths)
    assert "argparse.py" in paths
    assert "asyncio/events.py" in paths
    assert not [p for p in paths if "site-packages" in p or "/test" in p or p.startswith("test")]
    assert corpus.manifest["python"] == ".".join(map(str, sys.version_info[:3]))
    assert corpus.license == "PSF-2.0"
    sides: dict[str, set[str]] = {"training": set(), "held_out": set()}
    for entry in files:
        sides[entry["split"]].add(entry["path"].split("/")[0].removesuffix(".py"))
    assert sides["training"]
    assert sides["held_out"]
    assert not sides["training"] & sides["held_out"]


def directory(tmp_path: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        path = tmp_path / "texts" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return tmp_path / "texts"


def side(name: str) -> str:
    """A file name on the side asked for."""
    return next(f"{name}{i}.txt" for i in range(1000) if split_of(f"{name}{i}.txt", 0.5) == name)


def test_a_directory(tmp_path: Path) -> None:
    held, trained = side("held_out"), side("training")
    root = directory(tmp_path, {held: b"held", trained: "trained ✓".encode(), "picture.png": b"\xff\xfe"})
    corpus = open_corpus(DataSpec(str(root), 0.5, "MIT"))
    assert corpus.texts("held_out") == ["held"]
    assert corpus.texts("training") == ["trained ✓"]
    entries = {entry["path"]: entry for entry in corpus.manifest["files"]}
    assert entries[held] == {"path": held, "bytes": 4, "sha256": sha256_bytes(b"held"), "split": "held_out"}
    assert str(tmp_path) not in str(corpus.manifest)


def test_the_digest_follows_the_bytes(tmp_path: Path) -> None:
    root = directory(tmp_path, {side("held_out"): b"held", side("training"): b"trained"})
    spec = DataSpec(str(root), 0.5, "MIT")
    before = open_corpus(spec).digest
    assert open_corpus(spec).digest == before
    (root / side("training")).write_bytes(b"trainee")
    assert open_corpus(spec).digest != before


def test_a_file_that_changes_meanwhile_is_an_error(tmp_path: Path) -> None:
    root = directory(tmp_path, {side("held_out"): b"held", side("training"): b"trained"})
    corpus = open_corpus(DataSpec(str(root), 0.5, "MIT"))
    (root / side("training")).write_bytes(b"other")
    with pytest.raises(FileError, match="corpus-changed"):
        corpus.texts("training")


def refusal(source: Path | str, license_: str | None = "MIT") -> UsageError | FileError:
    with pytest.raises((UsageError, FileError)) as caught:
        open_corpus(DataSpec(str(source), 0.5, license_))
    return caught.value


def test_an_absent_corpus(tmp_path: Path) -> None:
    assert refusal(tmp_path / "absent").code == "corpus-absent"


def test_a_directory_without_text(tmp_path: Path) -> None:
    assert refusal(directory(tmp_path, {"a.png": b"x"})).code == "corpus-absent"


def test_an_unstated_licence(tmp_path: Path) -> None:
    root = directory(tmp_path, {side("held_out"): b"held", side("training"): b"trained"})
    assert refusal(root, None).code == "corpus-license"


def test_all_files_on_one_side(tmp_path: Path) -> None:
    assert refusal(directory(tmp_path, {side("training"): b"text"})).code == "corpus-one-sided"


def test_a_file_that_is_not_utf8(tmp_path: Path) -> None:
    error = refusal(directory(tmp_path, {side("training"): b"text", "bad.txt": b"ab\xff"}))
    assert error.code == "corpus-not-utf8"
    assert "bad.txt at byte 2" in str(error)


def test_a_link_to_nowhere(tmp_path: Path) -> None:
    root = directory(tmp_path, {side("held_out"): b"held", side("training"): b"trained"})
    loop = root / "loop.txt"
    loop.symlink_to(root / "absent.txt")
    assert "loop.txt" not in [
        e["path"] for e in open_corpus(DataSpec(str(root), 0.5, "MIT")).manifest["files"]
    ]
