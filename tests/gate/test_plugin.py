"""`pytest gates/ --subject F`, run for real: everything but PASS fails, and the bundle says why."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from shipworthy.contract import Reason
from shipworthy.evidence import list_bundles
from trial_workspace import Workspace, outcomes, reasons

C_03 = "test_c_03.py"
_PLUGIN = ("-p", "shipworthy.gate.plugin")


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))


def test_a_good_subject_is_green_as_a_person_types_it(quick: Workspace, fixture_llama: Path) -> None:
    done = quick.python("-m", "pytest", "gates/", "--subject", fixture_llama, "--release", "fixture")
    assert (done.returncode, "3 passed" in done.stdout) == (0, True)
    bundle = quick.bundle()
    assert reasons(bundle) == {"C-01": [], "C-02": [], "C-03": []}
    assert f"evidence: {bundle.path.relative_to(quick.root)}" in done.stdout


def test_without_a_subject_every_gate_fails_and_there_is_no_bundle(quick: Workspace) -> None:
    done = quick.pytest()
    assert (done.returncode, "3 errors" in done.stdout) == (1, True)
    assert done.stdout.count("nothing is on trial: give --subject FILE or --recipe FILE") >= 3
    assert list_bundles(quick.evidence) == []


def test_what_k_leaves_out_is_not_run(quick: Workspace, fixture_llama: Path) -> None:
    done = quick.pytest("--subject", fixture_llama, "-k", "c_03")
    assert done.returncode == 0
    assert reasons(quick.bundle()) == {"C-01": ["not_run"], "C-02": ["not_run"], "C-03": []}


def test_leaving_out_everything_leaves_everything_not_run(quick: Workspace, fixture_llama: Path) -> None:
    quick.pytest("--subject", fixture_llama, "-k", "nothing_of_this_name")
    assert set(map(tuple, reasons(quick.bundle()).values())) == {("not_run",)}


def test_collecting_only_is_no_dispatch(quick: Workspace, fixture_llama: Path) -> None:
    assert quick.pytest("--subject", fixture_llama, "--collect-only").returncode == 0
    assert list_bundles(quick.evidence) == []


def test_one_changed_byte_makes_a_gate_stale(quick: Workspace, fixture_llama: Path) -> None:
    with (quick.gates / C_03).open("ab") as stream:
        stream.write(b"\n")
    done = quick.pytest("--subject", fixture_llama)
    assert "gates/test_c_03.py is not what its contract compiles to; run `make compile`" in done.stdout
    assert Reason.STALE_CONTRACT in reasons(quick.bundle())["C-03"]
    assert reasons(quick.bundle())["C-01"] == []


def test_a_gate_that_was_removed_is_not_run(quick: Workspace, fixture_llama: Path) -> None:
    (quick.gates / C_03).unlink()
    quick.pytest("--subject", fixture_llama)
    assert reasons(quick.bundle()) == {"C-01": [], "C-02": [], "C-03": ["not_run"]}


EDITS = {
    "skip inside": ("(gate):\n", "(gate):\n    import pytest; pytest.skip('later')\n"),
    "skip before the fixture": ("def test_falsify_c_03(gate):\n", "def test_falsify_c_03():\n    return\n"),
    "return early": ("(gate):\n", "(gate):\n    return\n"),
    "looser bound": ('"missing": {"maxItems": 0}', '"missing": {"maxItems": 9}'),
    "expectation gone": ('            "missing": {"maxItems": 0},\n', ""),
    "fewer fields": ('"hidden_size", ', ""),
    "says it is not stale": ("(gate):\n", "(gate):\n    gate._stale = ''\n"),
    "the mark is gone": ("Compiled from contracts/", "Written by hand from "),
    "an import that breaks": ("\n\ndef ", "\nimport nothing_of_this_name\n\ndef "),
    "another name": ("test_falsify_c_03", "test_falsify_c_99"),
}


@pytest.mark.parametrize("name", EDITS)
def test_a_gate_that_was_edited_cannot_pass(quick: Workspace, fixture_llama: Path, name: str) -> None:
    edit(quick.gates / C_03, *EDITS[name])
    quick.pytest("--subject", fixture_llama)
    found = reasons(quick.bundle())
    assert Reason.STALE_CONTRACT in found["C-03"]
    if name != "an import that breaks":  # pytest then runs nothing at all
        assert found["C-01"] == []


def test_a_conftest_that_skips_every_gate_makes_them_not_run(quick: Workspace, fixture_llama: Path) -> None:
    (quick.gates / "conftest.py").write_text(
        "import pytest\ndef pytest_runtest_setup(item):\n    pytest.skip('not today')\n"
    )
    quick.pytest("--subject", fixture_llama)
    assert set(map(tuple, reasons(quick.bundle()).values())) == {("not_run",)}


def test_a_gate_that_measures_twice_is_an_error(quick: Workspace, fixture_llama: Path) -> None:
    """Without the stale check too: a gate that was compiled to measure twice would not pass either."""
    text = (quick.gates / C_03).read_text()
    body = text[text.index("    measurement") : text.index("    gate.expect")]
    (quick.gates / C_03).write_text(
        text.replace("    gate.expect", "    gate._stale = ''\n" + body + "    gate.expect").replace(
            "(gate):\n", "(gate):\n    gate._stale = ''\n"
        )
    )
    done = quick.pytest("--subject", fixture_llama)
    assert "ERROR: the gate measured more than once" in done.stdout
    assert outcomes(quick.bundle())["FALSIFY-C-03"] == "ERROR"


def test_a_gate_that_is_run_again_is_an_error(quick: Workspace, fixture_llama: Path) -> None:
    """A plugin that repeats tests must not turn the second answer into the answer."""
    (quick.gates / "conftest.py").write_text(
        "from _pytest.runner import runtestprotocol\n"
        "def pytest_runtest_protocol(item, nextitem):\n"
        "    if 'c_03' in item.name:\n"
        "        runtestprotocol(item, nextitem=nextitem, log=False)\n"
        "        item._initrequest()\n"
    )
    quick.pytest("--subject", fixture_llama)
    bundle = quick.bundle()
    assert reasons(bundle)["C-03"] == ["error"]
    assert reasons(bundle)["C-02"] == []
    (entry,) = [e for e in bundle.predicate["criteria"] if e["id"] == "C-03"]
    assert "the gate ran 2 times in one dispatch" in entry["falsifiers"][0]["detail"]


@pytest.mark.parametrize("broken", [1, 2])
def test_a_gate_that_is_run_again_and_breaks_once_is_an_error(
    quick: Workspace, fixture_llama: Path, broken: int
) -> None:
    """The run that broke leaves no outcome; the other's PASS must not be the answer."""
    (quick.gates / "conftest.py").write_text(
        "from _pytest.runner import runtestprotocol\n"
        "from shipworthy.gate import fixture\n"
        "taken = fixture.take_measurement\n"
        "runs = []\n"
        "def take(trial, contract, falsifier):\n"
        "    runs.append(falsifier.id)\n"
        f"    if runs.count('FALSIFY-C-03') == {broken} and falsifier.id == 'FALSIFY-C-03':\n"
        "        raise OSError('the disk is gone')\n"
        "    return taken(trial, contract, falsifier)\n"
        "fixture.take_measurement = take\n"
        "def pytest_runtest_protocol(item, nextitem):\n"
        "    if 'c_03' in item.name:\n"
        "        runtestprotocol(item, nextitem=nextitem, log=False)\n"
        "        item._initrequest()\n"
    )
    quick.pytest("--subject", fixture_llama)
    bundle = quick.bundle()
    assert reasons(bundle) == {"C-01": [], "C-02": [], "C-03": ["error"]}
    (entry,) = [e for e in bundle.predicate["criteria"] if e["id"] == "C-03"]
    assert entry["falsifiers"][0]["detail"] == (
        "the gate ran 2 times in one dispatch, and came to PASS, no outcome"
    )


def test_a_subject_that_changes_during_the_run_discharges_nothing(
    quick: Workspace, fixture_llama: Path, tmp_path: Path
) -> None:
    subject = tmp_path / "model.apr"
    subject.write_bytes(fixture_llama.read_bytes())
    (quick.gates / "conftest.py").write_text(
        "def pytest_sessionfinish(session):\n"
        f"    with open({str(subject)!r}, 'r+b') as stream:\n"
        "        stream.seek(-100, 2)\n"
        "        stream.write(b'other')\n"
    )
    done = quick.pytest("--subject", subject)
    assert "3 passed" in done.stdout
    assert set(map(tuple, reasons(quick.bundle()).values())) == {("subject_changed",)}


def test_a_subject_that_is_gone_at_the_end_discharges_nothing(
    quick: Workspace, fixture_llama: Path, tmp_path: Path
) -> None:
    subject = tmp_path / "model.apr"
    subject.write_bytes(fixture_llama.read_bytes())
    (quick.gates / "conftest.py").write_text(
        f"import os\ndef pytest_sessionfinish(session):\n    os.unlink({str(subject)!r})\n"
    )
    quick.pytest("--subject", subject)
    assert set(map(tuple, reasons(quick.bundle()).values())) == {("subject_changed",)}


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--subject", "absent.apr"], 4, "absent.apr"),
        (["--subject", "x.apr", "--recipe", "y.yaml"], 2, "--subject and --recipe both name a subject"),
        (["--recipe", "absent.yaml"], 2, "absent.yaml"),
        (["--subject", "x.apr", "--artifact", "gguf"], 2, "'gguf' is not KIND=PATH"),
        (
            ["--subject", "x.apr", "--allow-blocked", "C-03=because"],
            4,
            "'C-03=because' is not CRITERION=REASON",
        ),
    ],
)
def test_what_cannot_be_tried_ends_the_run(
    quick: Workspace, arguments: list[str], code: int, message: str
) -> None:
    done = quick.pytest(*arguments)
    assert message in done.stdout + done.stderr
    assert done.returncode == code
    assert list_bundles(quick.evidence) == []


def test_a_release_that_is_not_there_ends_the_run(quick: Workspace, fixture_llama: Path) -> None:
    done = quick.pytest("--subject", fixture_llama, "--release", "nothing")
    assert done.returncode == 2
    assert "there is no release 'nothing'" in done.stdout


XDIST = ["-p", "xdist", "-n", "2"]


def test_xdist_gives_the_same_verdicts(quick: Workspace, fixture_llama: Path) -> None:
    done = quick.pytest("--subject", fixture_llama, *XDIST)
    assert done.returncode == 0, done.stdout
    bundle = quick.bundle()
    assert reasons(bundle) == {"C-01": [], "C-02": [], "C-03": []}
    assert sorted(p.name for p in (bundle.path / "measurements").iterdir()) == [
        "FALSIFY-C-01.json",
        "FALSIFY-C-02.json",
        "FALSIFY-C-03.json",
    ]


@pytest.mark.parametrize("name", ["says it is not stale", "return early"])
def test_xdist_knows_a_stale_gate(quick: Workspace, fixture_llama: Path, name: str) -> None:
    edit(quick.gates / C_03, *EDITS[name])
    quick.pytest("--subject", fixture_llama, *XDIST)
    found = reasons(quick.bundle())
    assert Reason.STALE_CONTRACT in found["C-03"]
    assert found["C-01"] == []


def test_xdist_that_runs_every_gate_on_each_worker_discharges_nothing(
    quick: Workspace, fixture_llama: Path
) -> None:
    quick.pytest("--subject", fixture_llama, *XDIST, "--dist", "each")
    assert set(map(tuple, reasons(quick.bundle()).values())) == {("error",)}


def test_outside_a_gates_directory_the_plugin_does_nothing(tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text("def test_mine():\n    assert True\n")
    plain = Workspace(tmp_path)
    autoload = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    argv = ["-m", "pytest", "-q", "-p", "no:cacheprovider"]
    found = [plain.python(*argv, *extra, environment=autoload) for extra in ((), _PLUGIN)]
    assert [done.returncode for done in found] == [0, 0]
    without, beside = (done.stdout.partition(" passed")[0] for done in found)
    assert without == beside
    assert {path.name for path in tmp_path.iterdir()} <= {"test_mine.py", "__pycache__"}


def test_the_fixture_gate_is_for_compiled_modules_only(tmp_path: Path, fixture_llama: Path) -> None:
    (tmp_path / "test_mine.py").write_text("def test_mine(gate):\n    assert gate\n")
    argv = ["-m", "pytest", "-q", "-p", "no:cacheprovider", *_PLUGIN, "--subject", fixture_llama]
    done = Workspace(tmp_path).python(*argv, environment={"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"})
    assert "the fixture `gate` is for modules that were compiled from a contract" in done.stdout


def test_the_plugin_imports_nothing_heavy() -> None:
    code = (
        "import sys, shipworthy.gate.plugin\n"
        "heavy = {'torch', 'numpy', 'gguf', 'llama_cpp', 'transformers', 'jsonschema', 'yaml'}\n"
        "print(sorted(heavy & sys.modules.keys()))"
    )
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert child.stdout.strip() == "[]"


def test_no_work_directory_is_left(
    quick: Workspace, fixture_llama: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    done = quick.pytest("--subject", fixture_llama)
    assert done.returncode == 0
    assert [name for name in os.listdir(scratch) if name.startswith("shipworthy-")] == []
