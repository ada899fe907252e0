"""docs/exports.md is true: its commands run, and its table of fallbacks is what exports do."""

from __future__ import annotations

import json
import re
import shlex
from contextlib import chdir
from pathlib import Path

from typer.testing import CliRunner

from shipworthy.cli import app
from shipworthy.gate.fixtures import write_fixture
from shipworthy.gate.trial import load_contracts
from shipworthy.pipeline.k_quants import K_QUANTS

DOCUMENT = Path(__file__).parents[1] / "docs" / "exports.md"
DIFFERENT = 1


def commands() -> list[list[str]]:
    blocks = re.findall(r"^```\n(.*?)^```", DOCUMENT.read_text(), re.MULTILINE | re.DOTALL)
    return [shlex.split(line)[1:] for block in blocks for line in block.splitlines()]


def test_its_commands_run_in_the_order_in_which_they_stand(tmp_path: Path) -> None:
    write_fixture(load_contracts(), "wide-llama", tmp_path / "model.apr")
    export, diff = commands()
    with chdir(tmp_path):
        done = CliRunner().invoke(app, [*export, "--json"])
        assert done.exit_code == 0, done.output
        compared = CliRunner().invoke(app, [*diff, "--json"])
    written = json.loads(done.output)
    assert [one["name"] for one in written] == [
        f"model-{dtype}.gguf" for dtype in ("f32", "f16", "bf16", "q8_0", "q4_k_m", "q6_k")
    ]
    assert (compared.exit_code, "cosine" in compared.output) == (DIFFERENT, True)


def test_it_names_every_dtype_and_each_type_of_a_mixture() -> None:
    text = DOCUMENT.read_text()
    for dtype, kinds in K_QUANTS.items():
        (line,) = re.findall(rf"^\| `{dtype}` \| (.*) \| llama\.cpp \|$", text, re.MULTILINE)
        assert all(kind in line for kind in kinds)
