"""Planted defects of a published release change what they say in a copy, and nothing else."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest

from shipworthy.contract import Catalogue, Planted
from shipworthy.contract.defects import DEFECTS
from shipworthy.gate.planted import plant_in_raw, publication

CHANGES: dict[str, tuple[set[str], set[str] | int]] = {
    "published_on_loopback": ({"files", "peers"}, {"peers"}),
    "published_behind_translation": ({"files", "peers"}, {"peers"}),
    "weights_under_every_name": ({"files"}, {"sha256", "stated_sha256", "size", "stated_size"}),
    "published_inside": ({"files", "peers"}, {"peers"}),
    "nobody_answered": ({"files", "peers"}, {"peers"}),
    "one_file_on_loopback": ({"files"}, {"peers"}),
    "published_as_file": ({"scheme", "url"}, set()),
    "manifest_replaced": ({"attached_sha256"}, set()),
    "page_for_every_path": ({"files", "manifest", "manifest_problem"}, 0),
    "manifest_without_files": ({"files"}, 0),
    "file_not_there": ({"files"}, {"size", "status"}),
    "file_replaced": ({"files"}, {"sha256"}),
    "file_cut": ({"files"}, {"size"}),
    "tokenizer_not_published": ({"files"}, 3),
    "tokenizer_of_another_model": ({"files"}, {"sha256", "stated_sha256"}),
    "config_of_another_model": ({"files"}, {"sha256", "stated_sha256"}),
    "tokenizer_called_config": ({"files"}, {"role"}),
    "part_of_tokenizer_published": ({"files"}, 4),
    "descriptions_left_out": ({"described", "files"}, 2),
    "weights_not_published": ({"files"}, 4),
    "weights_of_another_run": ({"files"}, {"sha256", "stated_sha256"}),
    "subject_left_out": ({"subject"}, set()),
    "fewer_kinds_asked": ({"roles"}, set()),
    "licence_not_published": ({"manifest"}, set()),
    "another_licence_published": ({"manifest"}, set()),
    "data_not_named": ({"manifest"}, set()),
    "data_without_licence": ({"manifest"}, set()),
    "run_not_named": ({"manifest"}, set()),
}
"""What of the samples differs, and which fields of their files, or how many files are left."""


def test_every_one_is_tried_here() -> None:
    assert set(CHANGES) == {name for _, name in publication.MADE}


@pytest.mark.parametrize("name", CHANGES)
def test_it_does_what_it_says_to_a_copy(catalogue: Catalogue, name: str) -> None:
    stored = json.loads(catalogue.data[DEFECTS[name].fixture].path.read_bytes())
    raw: dict[str, Any] = stored["raw"]
    good = deepcopy(raw)
    bad = plant_in_raw(Planted(name, "measurement", "any", None, {}), raw)
    assert raw == good
    parts, fields = CHANGES[name]
    assert {key for key in good if good[key] != bad[key]} == parts
    if isinstance(fields, int):
        assert len(bad["files"]) == fields < len(good["files"])
        return
    pairs = zip(good["files"], bad["files"], strict=True)
    assert {key for one, other in pairs for key in one if one[key] != other[key]} == fields
