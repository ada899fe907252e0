"""`validate`, `inspect --quality`, `diff` and `stamp` as a shell sees them: codes, one line, strict JSON."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest

from command import Here
from shipworthy.cli import progress
from small_checkpoints import CONFIGS, random_weights, save_small

LLAMA = CONFIGS["llama"]
NORM = "model.norm.weight"


@pytest.fixture
def good(tmp_path: Path) -> Path:
    return save_small(tmp_path / "good.apr", LLAMA)


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    """Readable, with a NaN and a layer too many claimed."""
    weights = random_weights(LLAMA)
    weights[NORM][-1] = np.nan
    return save_small(tmp_path / "bad.apr", LLAMA, weights=weights, metadata={"num_layers": 3})


@pytest.fixture
def damaged(good: Path) -> Path:
    data = bytearray(good.read_bytes())
    data[-100] ^= 1
    path = good.with_name("damaged.apr")
    path.write_bytes(data)
    return path


def strict(text: str) -> Any:
    def refuse(name: str) -> NoReturn:
        raise AssertionError(f"{name} is not JSON")

    return json.loads(text, parse_constant=refuse)


def refused(done: subprocess.CompletedProcess[str], code: int, name: str) -> str:
    """The one line of a refusal."""
    assert (done.returncode, done.stdout) == (code, "")
    (line,) = done.stderr.splitlines()
    assert f"[{name}]" in line
    return line


def test_validate_of_a_good_file_is_0_and_says_what_was_not_checked(here: Here, good: Path) -> None:
    done = here("validate", good)
    assert (done.returncode, done.stderr) == (0, "")
    first, *rest = done.stdout.splitlines()
    assert first.startswith("good.apr: apr, no findings in 20 tensors, 107,840 values")
    assert all(line.startswith("not checked: ") for line in rest)
    assert len(rest) >= 3


def test_validate_with_findings_is_1_and_names_each(here: Here, bad: Path) -> None:
    done = here("validate", bad)
    assert (done.returncode, done.stderr) == (1, "")
    assert f"finding: 1 of 64 values of {NORM} are NaN; the first not finite is [63] [nan]" in done.stdout
    assert "num_layers is 3, but the tensors have 2 highest layer index + 1" in done.stdout
    found = strict(here("validate", bad, "--json").stdout)
    assert found["ok"] is False
    assert {"code", "what", "where", "claimed", "found", "fix"} == found["findings"][0].keys()
    assert {finding["code"] for finding in found["findings"]} == {
        "metadata-disagrees",
        "tensor-missing",
        "nan",
    }


def test_validate_refuses_damage(here: Here, damaged: Path) -> None:
    refused(here("validate", damaged), 4, "footer-crc")
    refused(here("validate", damaged, "--json"), 4, "footer-crc")
    refused(here("validate", damaged.with_name("absent.apr")), 4, "no-such-file")


def test_diff_of_a_file_with_itself_is_0(here: Here, good: Path) -> None:
    done = here("diff", good, good)
    assert (done.returncode, done.stderr) == (0, "")
    assert "identical: 20 of 20 common tensors have the same values" in done.stdout


def test_diff_of_two_files_is_1_and_shows_the_worst(here: Here, good: Path, bad: Path) -> None:
    done = here("diff", good, bad)
    assert (done.returncode, done.stderr) == (1, "")
    assert "different: 19 of 20 common tensors have the same values" in done.stdout
    assert "metadata changed: num_layers from 2 to 3" in done.stdout
    assert "not finite: 0 in a, 1 in b" in done.stdout
    found = strict(here("diff", good, bad, "--json").stdout)
    assert found["metadata"]["changed"] == {"num_layers": {"a": 2, "b": 3}}
    (one,) = [tensor for tensor in found["tensors"] if not tensor["same"]]
    assert (one["name"], one["cosine"], one["not_finite"]) == (NORM, None, [0, 1])


def test_diff_lists_all_on_demand(here: Here, good: Path, tmp_path: Path) -> None:
    config = CONFIGS["llama-untied"]
    other = save_small(tmp_path / "other.apr", config, weights=random_weights(config, seed=1))
    third = save_small(tmp_path / "third.apr", config, weights=random_weights(config, seed=2))
    done = here("diff", other, third)
    assert "1 more tensors differ; --all lists them" in done.stdout
    everything = here("diff", other, third, "--all")
    assert len(everything.stdout.splitlines()) == len(done.stdout.splitlines())
    assert "more tensors differ" not in everything.stdout


def test_diff_refuses_damage_on_either_side(here: Here, good: Path, damaged: Path) -> None:
    refused(here("diff", good, damaged), 4, "footer-crc")
    refused(here("diff", damaged, good), 4, "footer-crc")


def test_quality_is_information_whatever_the_file(here: Here, good: Path, bad: Path) -> None:
    for path in (good, bad):
        done = here("inspect", path, "--quality")
        assert (done.returncode, done.stderr) == (0, "")
        assert "(content: not verified; no verdict)" in done.stdout
    found = strict(here("inspect", bad, "--quality", "--json").stdout)["quality"]
    assert found["score"] == sum(item["earned"] for item in found["items"]) < 100
    assert (found["of"], found["content"]) == (100, "not verified")
    assert "quality" not in strict(here("inspect", bad, "--json").stdout)


def test_the_help_of_quality_states_every_weight(here: Here) -> None:
    from shipworthy.checkpoint.quality import WEIGHTS

    text = " ".join(here("inspect", "--help").stdout.split())
    for group in ("identity", "provenance", "architecture"):
        weight = sum(points for name, points in WEIGHTS.items() if name.startswith(group))
        assert f"{group} {weight} (" in text
    for points in (
        "tensors 20 (dimensions 8, family 6, names and shapes 6)",
        "chat template 5",
        "tokenizer 15",
    ):
        assert points in text


def test_stamp_writes_a_copy_and_says_what_changed(here: Here, good: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.apr"
    done = here("stamp", good, "-o", out, "--set", "license=mit", "--unset", "head_dim", "--set", "version=2")
    assert (done.returncode, done.stderr) == (0, "")
    first, *changes, last = done.stdout.splitlines()
    assert changes == ["head_dim: 16 -> absent", 'license: "apache-2.0" -> "mit"', 'version: absent -> "2"']
    assert first.startswith("read good.apr, sha256 ")
    assert last.startswith("wrote out.apr, sha256 ")
    assert here("validate", out).returncode == 0
    found = strict(here("diff", good, out, "--json").stdout)
    assert found["metadata"]["added"]["shipworthy.stamp"]["of"] == found["a"]["sha256"]
    assert all(tensor["identical_bytes"] for tensor in found["tensors"])


def test_stamp_refuses_in_one_line(here: Here, good: Path, damaged: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.apr"
    line = refused(here("stamp", good, "-o", out, "--set", "num_layers=40"), 2, "metadata-disagrees")
    assert "num_layers is 40, but the tensors have 2" in line
    refused(here("stamp", good, "-o", good, "--set", "license=mit"), 2, "bad-output")
    refused(here("stamp", good, "-o", out, "--set", "colour=red"), 2, "unknown-field")
    refused(here("stamp", damaged, "-o", out, "--set", "license=mit"), 4, "footer-crc")
    assert not out.exists()
    assert here("stamp", good, "-o", out, "--set", "colour=red", "--custom", "--json").returncode == 0


class Terminal(io.StringIO):
    """Standard error in front of a person."""

    def isatty(self) -> bool:
        return True


def test_progress_is_said_to_a_person_and_wiped_away(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr(progress, "_AFTER", 0.0)
    monkeypatch.setattr(progress, "_EVERY", 0.0)
    with progress.progress_bar("values read") as show:
        assert show is not None
        show(1, 4)
        show(4, 4)
    shown = screen.getvalue().split("\r")
    assert [part for part in shown if "%" in part] == [
        "values read: 25 % of 0.00 GB",
        "values read: 100 % of 0.00 GB",
    ]
    assert shown[-1] == "\033[K"


def test_a_long_value_is_cut_for_people_and_kept_for_programs(here: Here, tmp_path: Path) -> None:
    path = save_small(tmp_path / "m.apr", LLAMA, metadata={"rope_theta": "x" * 100_000})
    assert max(map(len, here("validate", path).stdout.splitlines())) < 600
    (finding,) = strict(here("validate", path, "--json").stdout)["findings"]
    assert finding["claimed"] == "x" * 100_000


def test_json_is_utf8_whatever_the_name_of_the_file(good: Path) -> None:
    odd = good.with_name("odd\udcff.apr")
    good.rename(odd)
    command = [sys.executable, "-m", "shipworthy.cli", "inspect", str(odd), "--json"]
    said = subprocess.run(command, check=True, capture_output=True).stdout
    assert json.loads(said.decode())["name"] == odd.name
