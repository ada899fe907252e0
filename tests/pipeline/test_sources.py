"""Initial weights: a known id, a local path, or a pinned revision on a hub."""

from __future__ import annotations

from pathlib import Path

import pytest

from shipworthy.errors import UsageError
from shipworthy.pipeline.base_model import base_model_path
from shipworthy.pipeline.sources import resolve_initial_weights


def test_the_default_is_the_base_model() -> None:
    assert resolve_initial_weights("smollm2-135m-instruct") == base_model_path()


def test_a_local_path_is_taken_as_it_is(tmp_path: Path) -> None:
    assert resolve_initial_weights(str(tmp_path)) == tmp_path


def test_what_is_neither_is_refused() -> None:
    with pytest.raises(UsageError) as caught:
        resolve_initial_weights("smollm3")
    assert caught.value.code == "unknown-initial-weights"
    assert "'smollm3'" in caught.value.message
    assert "smollm2-135m-instruct" in caught.value.fix


UNPINNED = ["hf://a/b", "hf://a/b@main", "hf://a/b@" + "g" * 40, "hf://b@" + "0" * 40]


@pytest.mark.parametrize("source", UNPINNED)
def test_a_hub_name_must_fix_its_revision(source: str) -> None:
    with pytest.raises(UsageError, match="does not fix a revision"):
        resolve_initial_weights(source)


def test_a_hub_that_cannot_be_reached_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setenv("SHIPWORTHY_CACHE", str(tmp_path))
    with pytest.raises(UsageError) as caught:
        resolve_initial_weights("hf://nobody/nothing@" + "0" * 40)
    assert caught.value.code == "hub-unavailable"
    assert "\n" not in str(caught.value)
