"""Planted defects of a published release: raw samples in, with one thing wrong out."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from .table import makes

Raw = Mapping[str, Any]
Object = dict[str, Any]
_LOOPBACK = "127.0.0.1"
_TRANSLATED = "64:ff9b::7f00:1"
_INSIDE = "10.1.2.3"
_OTHER = "0" * 64


def _changed(raw: Raw) -> Object:
    return deepcopy(dict(raw))


def _from(raw: Raw, peer: str) -> Object:
    changed = _changed(raw)
    changed["peers"] = [peer]
    for file in changed["files"]:
        file["peers"] = [peer]
    return changed


def _first(raw: Object, role: str) -> Object:
    found: Object = next(file for file in raw["files"] if file["role"] == role)
    return found


def published_on_loopback(raw: Raw) -> Object:
    """This machine answered."""
    return _from(raw, _LOOPBACK)


def published_inside(raw: Raw) -> Object:
    """A machine of a private network answered."""
    return _from(raw, _INSIDE)


def published_behind_translation(raw: Raw) -> Object:
    """This machine answered, under the address that NAT64 has for it."""
    return _from(raw, _TRANSLATED)


def published_as_file(raw: Raw) -> Object:
    """The address is a path, and digests are those of the files there."""
    return {**_changed(raw), "url": "file:///models/release/", "scheme": "file"}


def one_file_on_loopback(raw: Raw) -> Object:
    """The last file alone came from this machine."""
    changed = _changed(raw)
    changed["files"][-1]["peers"] = [_LOOPBACK]
    return changed


def nobody_answered(raw: Raw) -> Object:
    """No address, and everything came all the same."""
    changed = _changed(raw)
    changed["peers"] = []
    for file in changed["files"]:
        file["peers"] = []
    return changed


def manifest_replaced(raw: Raw) -> Object:
    """Another manifest was attached than the one that came."""
    return {**_changed(raw), "attached_sha256": _OTHER}


def page_for_every_path(raw: Raw) -> Object:
    """What came with status 200 is no manifest."""
    return {**_changed(raw), "manifest": None, "manifest_problem": "it is no JSON", "files": []}


def manifest_without_files(raw: Raw) -> Object:
    """The manifest names no file."""
    return {**_changed(raw), "files": []}


def file_not_there(raw: Raw) -> Object:
    """The first file is answered with 404."""
    changed = _changed(raw)
    changed["files"][0].update(status=404, size=0)
    return changed


def file_replaced(raw: Raw) -> Object:
    """The first file has another digest."""
    changed = _changed(raw)
    changed["files"][0]["sha256"] = _OTHER
    return changed


def file_cut(raw: Raw) -> Object:
    """The first file is a byte short, under a digest that was copied from the manifest."""
    changed = _changed(raw)
    changed["files"][0]["size"] -= 1
    return changed


def tokenizer_not_published(raw: Raw) -> Object:
    """No file of the tokenizer is named."""
    changed = _changed(raw)
    changed["files"] = [file for file in changed["files"] if file["role"] != "tokenizer"]
    return changed


def weights_under_every_name(raw: Raw) -> Object:
    """Every file is the weights: the same digest and size, each with its own kind."""
    changed = _changed(raw)
    weights = _first(changed, "weights")
    for file in changed["files"]:
        file.update({key: weights[key] for key in ("sha256", "stated_sha256", "size", "stated_size")})
    return changed


def tokenizer_of_another_model(raw: Raw) -> Object:
    """The tokenizer there agrees with its manifest, and is not the subject's."""
    changed = _changed(raw)
    _first(changed, "tokenizer").update(sha256=_OTHER, stated_sha256=_OTHER)
    return changed


def config_of_another_model(raw: Raw) -> Object:
    """The config there agrees with its manifest, and is not the subject's."""
    changed = _changed(raw)
    _first(changed, "config").update(sha256=_OTHER, stated_sha256=_OTHER)
    return changed


def tokenizer_called_config(raw: Raw) -> Object:
    """The first file of the tokenizer is listed as a config, and the config as the tokenizer's."""
    changed = _changed(raw)
    tokenizer, config = _first(changed, "tokenizer"), _first(changed, "config")
    tokenizer["role"], config["role"] = config["role"], tokenizer["role"]
    return changed


def part_of_tokenizer_published(raw: Raw) -> Object:
    """One of the tokenizer's files is not named."""
    changed = _changed(raw)
    changed["files"].remove(_first(changed, "tokenizer"))
    return changed


def descriptions_left_out(raw: Raw) -> Object:
    """Nothing says which tokenizer and config are the subject's, and nothing of the kind was published."""
    changed = _changed(raw)
    changed["files"] = [file for file in changed["files"] if file["role"] not in changed["described"]]
    changed["described"] = {role: {} for role in changed["described"]}
    return changed


def weights_not_published(raw: Raw) -> Object:
    """No file of weights is named."""
    changed = _changed(raw)
    changed["files"] = [file for file in changed["files"] if file["role"] != "weights"]
    return changed


def weights_of_another_run(raw: Raw) -> Object:
    """The weights there agree with their manifest, and are not those on trial."""
    changed = _changed(raw)
    _first(changed, "weights").update(sha256=_OTHER, stated_sha256=_OTHER)
    return changed


def subject_left_out(raw: Raw) -> Object:
    """No weights are on trial."""
    return {**_changed(raw), "subject": {}}


def fewer_kinds_asked(raw: Raw) -> Object:
    """One kind of file less was asked for."""
    changed = _changed(raw)
    changed["roles"] = changed["roles"][:-1]
    return changed


def licence_not_published(raw: Raw) -> Object:
    """The manifest states no licence."""
    changed = _changed(raw)
    changed["manifest"]["licence"] = None
    return changed


def another_licence_published(raw: Raw) -> Object:
    """The manifest states another licence."""
    changed = _changed(raw)
    changed["manifest"]["licence"] = "other"
    return changed


def data_not_named(raw: Raw) -> Object:
    """The manifest names no data."""
    changed = _changed(raw)
    changed["manifest"]["data"] = []
    return changed


def data_without_licence(raw: Raw) -> Object:
    """The first data has no licence."""
    changed = _changed(raw)
    changed["manifest"]["data"][0]["licence"] = " "
    return changed


def run_not_named(raw: Raw) -> Object:
    """The manifest names no run."""
    changed = _changed(raw)
    changed["manifest"]["run"] = None
    return changed


MADE = makes(
    "measurement",
    published_on_loopback,
    published_behind_translation,
    published_as_file,
    published_inside,
    one_file_on_loopback,
    nobody_answered,
    manifest_replaced,
    page_for_every_path,
    manifest_without_files,
    file_not_there,
    file_replaced,
    file_cut,
    tokenizer_not_published,
    tokenizer_of_another_model,
    config_of_another_model,
    tokenizer_called_config,
    part_of_tokenizer_published,
    descriptions_left_out,
    weights_under_every_name,
    weights_not_published,
    weights_of_another_run,
    subject_left_out,
    fewer_kinds_asked,
    licence_not_published,
    another_licence_published,
    data_not_named,
    data_without_licence,
    run_not_named,
)
