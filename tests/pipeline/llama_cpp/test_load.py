"""What llama.cpp says of a file: it loads, it is refused, or the child dies of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from shipworthy.errors import FileError
from shipworthy.pipeline import llama_cpp
from tokenizer_cases import small_spec, write_vocabulary


def test_a_good_file_loads_and_is_described(small_gguf: Path, log: Path) -> None:
    said = llama_cpp.load(small_gguf, log=log)
    assert said["loads"] is True
    assert (said["returncode"], said["error"]) == (0, "")
    assert (said["architecture"], said["n_vocab"], said["n_ctx_train"]) == ("llama", 720, 128)


def test_its_log_is_kept_without_paths(small_gguf: Path, log: Path) -> None:
    llama_cpp.load(small_gguf, log=log)
    text = log.read_text()
    assert "small.gguf" in text
    assert "llama_context" in text
    assert str(small_gguf.parent) not in text


@pytest.mark.parametrize("content", [b"", b"GGUF", b"not a model at all" * 100])
def test_what_is_no_model_is_refused_with_the_reason(content: bytes, tmp_path: Path, log: Path) -> None:
    path = tmp_path / "broken.gguf"
    path.write_bytes(content)
    said = llama_cpp.load(path, log=log)
    assert said["loads"] is False
    assert said["returncode"] == 0
    assert "does not load" in said["error"]
    assert "error loading model" in said["error"]


def test_a_truncated_file_is_refused(small_gguf: Path, tmp_path: Path, log: Path) -> None:
    path = tmp_path / "cut.gguf"
    path.write_bytes(small_gguf.read_bytes()[:-1000])
    assert "not within the file bounds" in llama_cpp.load(path, log=log)["error"]


def abort(tmp_path: Path) -> Path:
    """Two equal tokens: llama.cpp's assertion ends its whole process."""
    fields = small_spec().to_gguf(len(small_spec().tokens))
    fields["tokenizer.ggml.tokens"][400] = fields["tokenizer.ggml.tokens"][401]
    return write_vocabulary(tmp_path / "twice.gguf", fields)


def test_a_crash_is_a_result_of_load(tmp_path: Path, log: Path) -> None:
    said = llama_cpp.load(abort(tmp_path), log=log)
    assert said["loads"] is False
    assert said["returncode"] == -6
    assert "SIGABRT" in said["error"]
    assert "GGML_ASSERT" in log.read_text()


def test_a_crash_is_an_error_of_everything_else(tmp_path: Path, log: Path) -> None:
    with pytest.raises(llama_cpp.LlamaCppCrash, match="SIGABRT") as caught:
        llama_cpp.tokenize(abort(tmp_path), ["x"], log=log)
    assert caught.value.returncode == -6
    assert any("GGML_ASSERT" in line for line in caught.value.stderr)
    assert caught.value.exit_code == 4


def test_a_missing_file_is_named_before_anything_starts(tmp_path: Path, log: Path) -> None:
    with pytest.raises(FileError, match="no such file"):
        llama_cpp.load(tmp_path / "absent.gguf", log=log)
    assert not log.exists()


def test_a_link_is_followed_whatever_its_name(small_gguf: Path, tmp_path: Path, log: Path) -> None:
    link = tmp_path / "another name.gguf"
    link.symlink_to(small_gguf)
    assert llama_cpp.load(link, log=log)["loads"] is True
