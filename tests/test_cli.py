"""The command line: documented, an error is one line and a code, and nothing heavy comes without need."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from command import Here, shipworthy
from shipworthy import __version__, resources
from shipworthy.checkpoint import open_checkpoint
from shipworthy.cli import app
from shipworthy.evidence import list_bundles

COMMANDS = sorted(c.name or c.callback.__name__ for c in app.registered_commands if c.callback)
HEAVY = ("torch", "llama_cpp", "transformers", "gguf", "numpy", "tokenizers", "rich", "jsonschema")


def one_line(done: subprocess.CompletedProcess[str], code: int) -> str:
    """The only line of an error; nothing else was said."""
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith("shipworthy: ")
    return line


def test_the_commands_are_these() -> None:
    assert COMMANDS == [
        "audit", "bench", "compare", "compile", "convert", "criteria", "diff", "dispatch", "doctor", "eval",
        "explain", "export", "falsify", "fetch", "inspect", "keygen", "lint", "pretrain", "publish", "qa",
        "run", "show", "signoff", "stamp", "validate", "verify",
    ]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str) -> None:
    done = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "200"})
    assert done.exit_code == 0
    text = " ".join(done.output.split())
    assert f"Example: shipworthy {command}" in text


@pytest.mark.parametrize("command", COMMANDS)
def test_an_unknown_option_is_2(command: str) -> None:
    done = CliRunner().invoke(app, [command, "--no-such-option"])
    assert done.exit_code == 2
    assert "--no-such-option" in done.output


def test_an_unknown_command_is_2(here: Here) -> None:
    done = here("ship-it")
    assert (done.returncode, done.stdout) == (2, "")
    assert "ship-it" in done.stderr


def test_version_and_help_are_on_standard_output() -> None:
    assert shipworthy("--version").stdout == f"shipworthy {__version__}\n"
    done = shipworthy("--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert all(f" {command} " in done.stdout for command in COMMANDS)


IMPORTED = """
import sys
from shipworthy.cli import main
sys.argv = ["shipworthy", *sys.argv[1:]]
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
sys.stderr.write(",".join(sorted(set(%r) & sys.modules.keys())))
"""


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["inspect", "FILE"], ["inspect", "FILE", "--json"]]
)
def test_help_and_inspect_import_nothing_heavy(arguments: list[str], fixture_llama: Path) -> None:
    argv = [str(fixture_llama) if a == "FILE" else a for a in arguments]
    code = IMPORTED % (HEAVY,)
    done = subprocess.run([sys.executable, "-c", code, *argv], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert done.stdout


def test_inspect_says_what_a_checkpoint_holds(fixture_llama: Path) -> None:
    done = shipworthy("inspect", fixture_llama)
    assert (done.returncode, done.stderr) == (0, "")
    assert "(content: not verified)" in done.stdout
    found = json.loads(shipworthy("inspect", fixture_llama, "--json").stdout)
    with open_checkpoint(fixture_llama) as checkpoint:
        assert found["tensor_count"] == len(checkpoint.tensors) == len(found["tensors"])
    assert (found["parameters"], found["architecture"]["num_layers"]) == (138048, 2)


def test_a_reader_that_leaves_early_is_no_bug(fixture_llama: Path) -> None:
    command = f'"{sys.executable}" -m shipworthy.cli inspect "{fixture_llama}" --json | head -c 1'
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert done.stdout == "{"
    assert "Traceback" not in done.stderr


DAMAGES = {
    "empty": lambda data: b"",
    "cut in the header": lambda data: data[:20],
    "cut in half": lambda data: data[: len(data) // 2],
    "one byte short": lambda data: data[:-1],
    "one byte more": lambda data: data + b"\0",
    "a text": lambda data: b"once upon a time\n" * 9,
    "zeros": lambda data: bytes(4096),
    "a pickle": lambda data: b"\x80\x04\x95" + bytes(64),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_inspect_of_a_damaged_file_is_one_line_and_4(
    here: Here, fixture_llama: Path, tmp_path: Path, damage: str
) -> None:
    bad = tmp_path / "bad.apr"
    bad.write_bytes(DAMAGES[damage](fixture_llama.read_bytes()))
    assert "bad.apr" in one_line(here("inspect", bad), 4)


@pytest.mark.parametrize("size", [3, 20, 200, 9000, -9, None])
def test_a_truncated_gguf_is_4_and_says_what_to_do(
    here: Here, fixture_gguf: Path, tmp_path: Path, size: int | None
) -> None:
    bad = tmp_path / "bad.gguf"
    bad.write_bytes(fixture_gguf.read_bytes()[:size])
    done = here("inspect", bad)
    if size is None:
        assert done.returncode == 0
    else:
        assert "]; copy it again" in one_line(done, 4)


@pytest.mark.parametrize("data", [b"", b"# a comment\n", b"\xff\xfe", None])
def test_a_recipe_that_is_none_is_2_and_says_what_to_do(
    here: Here, tmp_path: Path, data: bytes | None
) -> None:
    recipe = tmp_path / "recipe.yaml"
    if data is not None:
        recipe.write_bytes(data)
    for verb in (["pretrain"], ["dispatch", "--recipe"]):
        code, _, fix = one_line(here(*verb, recipe), 2).rpartition("]; ")
        assert code
        assert fix


@pytest.mark.parametrize("verb", ["inspect", "bench", "run", "export"])
def test_a_file_that_is_not_there_is_one_line_and_4(here: Here, tmp_path: Path, verb: str) -> None:
    more = {"run": ["hello"], "export": ["-o", tmp_path / "out.gguf"]}.get(verb, [])
    line = one_line(here(verb, tmp_path / "absent.apr", *more), 4)
    assert "absent.apr" in line
    assert list(tmp_path.iterdir()) == []


def test_content_is_verified_by_every_verb_but_inspect(
    here: Here, fixture_llama: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.apr"
    data = bytearray(fixture_llama.read_bytes())
    data[-100] ^= 1
    bad.write_bytes(data)
    assert here("inspect", bad).returncode == 0
    one_line(here("export", bad, "-o", tmp_path / "out.gguf"), 4)
    one_line(here("bench", bad), 4)
    one_line(here("run", bad, "hello"), 4)
    assert not (tmp_path / "out.gguf").exists()


@pytest.mark.parametrize("device", ["cuda:99", "gpu", "", "cpu:1", "mps"])
@pytest.mark.parametrize("verb", ["bench", "run"])
def test_a_device_that_is_not_there_is_one_line_and_2(
    here: Here, fixture_llama: Path, verb: str, device: str
) -> None:
    more = ["hello"] if verb == "run" else []
    line = one_line(here(verb, fixture_llama, *more, "--device", device), 2)
    assert repr(device) in line or device in line


def test_pretrain_on_a_device_that_is_not_there_is_2(
    here: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = Path(__file__).parents[1] / "recipes" / "smollm2-cpu.yaml"
    monkeypatch.chdir(tmp_path)
    assert "cuda:99" in one_line(here("pretrain", recipe, "--device", "cuda:99"), 2)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["bench", "FILE", "--dtype", "f8"],
        ["bench", "FILE", "--iterations", "0"],
        ["bench", "FILE", "--max-tokens", "-1"],
        ["bench", "FILE", "--batch", "0"],
        ["bench", "FILE", "--batch", "2", "--engine", "llama.cpp"],
        ["bench", "FILE", "--iterations", "many"],
        ["export", "FILE", "-o", "OUT", "--format", "onnx"],
        ["export", "FILE", "-o", "OUT", "--dtype", "q1"],
        ["export", "FILE", "-o", "OUT", "--dtype", "f16,f16"],
        ["export", "FILE", "-o", "OUT", "--dtype", "f16,"],
        ["run", "FILE", "hello", "--max-tokens", "0"],
        ["run", "FILE", "hello", "--temperature", "-1"],
        ["run", "FILE"],
        ["export", "FILE"],
        ["inspect"],
    ],
    ids=" ".join,
)
def test_what_cannot_be_asked_is_2(
    here: Here, fixture_llama: Path, tmp_path: Path, arguments: list[str]
) -> None:
    places = {"FILE": str(fixture_llama), "OUT": str(tmp_path / "out")}
    done = here(*[places.get(a, a) for a in arguments])
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_export_writes_what_it_says(here: Here, fixture_llama: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.gguf"
    done = here("export", fixture_llama, "--dtype", "f16", "-o", out, "--json")
    found = json.loads(done.stdout)
    assert (done.returncode, found["name"], found["bytes"]) == (0, "out.gguf", out.stat().st_size)
    assert sum(found["tensors"].values()) == 20


def test_several_exports_are_named_by_their_dtypes(here: Here, fixture_llama: Path, tmp_path: Path) -> None:
    asked = ["--dtype", "f16,q8_0", "--dtype", "bf16"]
    done = here("export", fixture_llama, *asked, "-o", tmp_path / "out.gguf", "--json")
    found = json.loads(done.stdout)
    names = ["out-f16.gguf", "out-q8_0.gguf", "out-bf16.gguf"]
    assert (done.returncode, [one["name"] for one in found]) == (0, names)
    assert sorted(path.name for path in tmp_path.glob("*.gguf")) == sorted(names)
    said = here("export", fixture_llama, *asked, "-o", tmp_path / "out.gguf").stdout.splitlines()
    counts = [line.split(": ")[1].split(";")[0] for line in said]
    assert counts == ["15 F16, 5 F32", "5 F32, 15 Q8_0", "15 BF16, 5 F32"]


def test_an_export_onto_its_source_is_refused(here: Here, fixture_llama: Path, tmp_path: Path) -> None:
    subject = tmp_path / "model.apr"
    subject.write_bytes(fixture_llama.read_bytes())
    done = here("export", subject, "-o", subject)
    assert done.returncode in (2, 4)
    assert subject.read_bytes() == fixture_llama.read_bytes()


def test_run_continues_a_prompt_on_standard_output_alone(here: Here, fixture_llama: Path) -> None:
    done = here("run", fixture_llama, "def f(", "--max-tokens", "4")
    assert done.returncode == 0
    assert done.stderr.startswith("engine: llama.cpp, f32, ")
    assert done.stdout.endswith("\n")
    assert here("run", fixture_llama, "def f(", "--max-tokens", "4").stdout == done.stdout


def test_compile_check_writes_nothing_and_exits_1_where_a_gate_is_stale(tmp_path: Path) -> None:
    from trial_workspace import QUICK, make_workspace

    workspace = make_workspace(tmp_path / "w", QUICK)
    good = workspace.shipworthy("compile", "--check")
    assert (good.returncode, good.stdout) == (0, "gates/ is what contracts/ compile to\n")
    (workspace.gates / "test_c_01.py").write_text("")
    (workspace.gates / "test_c_02.py").unlink()
    stale = workspace.shipworthy("compile", "--check")
    assert (stale.returncode, stale.stdout) == (1, "stale gates/test_c_01.py\nstale gates/test_c_02.py\n")
    assert not (workspace.gates / "test_c_02.py").exists()
    written = workspace.shipworthy("compile")
    assert (written.returncode, written.stdout) == (0, "wrote gates/test_c_01.py\nwrote gates/test_c_02.py\n")
    assert workspace.shipworthy("compile", "--check").returncode == 0


def test_a_device_without_a_recipe_is_2(here: Here, fixture_llama: Path) -> None:
    line = one_line(here("dispatch", fixture_llama, "--device", "cuda"), 2)
    assert "--device" in line
    assert "--recipe" in line


def test_an_export_to_a_place_that_cannot_be_written_is_one_line_and_4(
    here: Here, fixture_llama: Path
) -> None:
    assert "[unwritable]" in one_line(here("export", fixture_llama, "-o", "/proc/x.gguf"), 4)


def test_show_json_of_a_refusal_is_json(here: Here, tmp_path: Path) -> None:
    subject = tmp_path / "bad.apr"
    subject.write_bytes(b"APR2 and no more")
    assert here("dispatch", subject, "--evidence", tmp_path / "evidence").returncode == 4
    (bundle,) = list_bundles(tmp_path / "evidence")
    assert set(json.loads(here("show", bundle, "--json").stdout)["refused"]) >= {"code", "message"}


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory of an installed package's data, with contracts and recipes; one works elsewhere."""
    data = tmp_path / "installation" / "_data"
    for name in ("contracts", "recipes"):
        shutil.copytree(Path(__file__).parents[1] / name, data / name)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    monkeypatch.setattr(resources, "_PACKAGED", data)
    return data


@pytest.mark.parametrize("verb", ["compile", "falsify"])
def test_nothing_is_written_into_an_installed_package(here: Here, installed: Path, verb: str) -> None:
    before = sorted(installed.rglob("*"))
    assert "make a local ./contracts first" in one_line(here(verb), 2)
    assert sorted(installed.rglob("*")) == before


@pytest.mark.parametrize("name", ["smollm2-cpu", "smollm2-cpu.yaml", "recipes/smollm2-cpu.yaml"])
def test_an_installed_recipe_is_found_by_name(installed: Path, name: str) -> None:
    assert resources.find_recipe(Path(name)) == installed / "recipes" / "smollm2-cpu.yaml"
    assert resources.find_recipe(Path("other") / name) == Path("other") / name
    Path("recipes").mkdir()
    own = Path.cwd() / "recipes" / "smollm2-cpu.yaml"
    own.write_text("mine")
    assert resources.find_recipe(Path(name)).resolve() == own


def test_contracts_of_ones_own_are_used_and_said_to_be(here: Here, installed: Path) -> None:
    assert here("compile", "--check").stderr == ""
    shutil.copytree(installed / "contracts", "contracts")
    assert here("compile", "--check").stderr == "shipworthy: using ./contracts instead of the installed one\n"


def test_the_checkout_of_an_editable_installation_is_what_is_installed(
    here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(Path(__file__).parents[1])
    assert here("compile", "--check").stderr == ""


def test_doctor_says_what_is_here(tmp_path: Path) -> None:
    done = shipworthy("doctor", "--json", cwd=tmp_path)
    found = json.loads(done.stdout)
    assert done.returncode == 0
    assert found["machine"]["llama_cpp"] is True
    assert [entry["criterion"] for entry in found["criteria"]][:3] == ["C-01", "C-02", "C-03"]


def test_show_of_what_is_no_bundle_is_one_line_and_4(here: Here, tmp_path: Path) -> None:
    assert "no-manifest" in one_line(here("show", tmp_path), 4)


def test_a_bug_is_70_with_its_traceback() -> None:
    code = "import sys, shipworthy.cli as c\nc.app = None\nc.main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 70
    assert "TypeError" in done.stderr
    assert done.stderr.endswith("shipworthy: this is a bug; please report it with the lines above\n")


def test_an_interrupt_ends_with_one_line(fixture_llama: Path) -> None:
    code = (
        "import os, signal, sys, time, shipworthy.checkpoint.summary as s, shipworthy.cli as c\n"
        # a shell that starts the tests in the background lets them, and this, ignore it
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        # another thread may be given the signal, and this one hears of it a moment later
        "s.summarize = lambda *a: (os.kill(os.getpid(), signal.SIGINT), time.sleep(60))\n"
        "sys.argv = ['shipworthy', 'inspect', sys.argv[1]]\n"
        "c.main()"
    )
    argv = [sys.executable, "-c", code, str(fixture_llama)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 130
    assert "Traceback" not in done.stderr
