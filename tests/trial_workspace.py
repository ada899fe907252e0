"""A directory with contracts/ and gates/ of its own, in which the small llama is a registered subject.

Contracts that measure in moments are kept; a release `fixture` weighs them. No machine has the host that
AC-SHIP2-010 needs here, so that its reason is the same everywhere.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path

from shipworthy.contract import load_catalogue, write_gates
from shipworthy.evidence import Bundle, list_bundles, read_bundle
from shipworthy.evidence.verify import verify_bundle

REPOSITORY = Path(__file__).parents[1]
_PLAIN = ("-p", "shipworthy.gate.plugin", "-p", "no:cacheprovider")
QUICK = {"C-01": 0, "C-02": 40, "C-03": 60}
_HOST = """\
id: rtx-4090
title: A device that nobody has
device: cuda
expect:
  gpu_name: {const: a device that nobody has}
"""
BATTERY = """\
id: C-09
version: 1.0.0
state: ACTIVE
title: The metadata is whole, and says what the tensors say
statement: C-01 and C-02 hold, and the hidden size is stated.
why: A battery cites what others measured and counts it once.
subject: checkpoint
kind: battery
all_of: [C-01, C-02]
falsifiers:
  - id: FALSIFY-C-09
    probe: checkpoint_metadata@1
    with: {fields: [hidden_size]}
    limits: {seconds: 60, memory_bytes: 4000000000}
    expect: {missing: {maxItems: 0}, fields: {const: 1}}
    planted:
      - {defect: metadata_key_missing, of: apr, red: missing, with: {key: hidden_size}}
"""
"""A battery of one falsifier of its own that cites two criteria."""


@dataclass(frozen=True)
class Workspace:
    """The working directory of a dispatch."""

    root: Path

    @property
    def contracts(self) -> Path:
        return self.root / "contracts"

    @property
    def gates(self) -> Path:
        return self.root / "gates"

    @property
    def evidence(self) -> Path:
        return self.root / ".shipworthy" / "evidence"

    def pytest(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """`pytest gates/` for the release `fixture`, without the plugins of others, which start slowly."""
        argv = ["-m", "pytest", "gates", "--release", "fixture", *_PLAIN, *arguments]
        return self.python(*argv, environment={"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"})

    def shipworthy(
        self, *arguments: str | Path, environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        return self.python("-m", "shipworthy.cli", *arguments, environment=environment)

    def dispatch(self, *arguments: str | Path, environment: Mapping[str, str] | None = None) -> Dispatched:
        """`shipworthy dispatch`, for the release `fixture` unless another is named."""
        release = () if "--release" in arguments else ("--release", "fixture")
        before = set(list_bundles(self.evidence))
        done = self.shipworthy("dispatch", *arguments, *release, environment=environment)
        written = [path for path in list_bundles(self.evidence) if path not in before]
        for path in written:
            # Whatever was dispatched: a stranger comes to what the dispatch itself said.
            assert verify_bundle(path).findings == ()
        return Dispatched(done.returncode, done.stdout, done.stderr, [read_bundle(path) for path in written])

    def python(
        self, *arguments: str | Path, environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
        return subprocess.run(
            [sys.executable, *map(str, arguments)],
            cwd=self.root,
            env={**inherited, "NO_COLOR": "1", **(environment or {})},
            capture_output=True,
            text=True,
            check=False,
        )

    def bundle(self) -> Bundle:
        """The only bundle that was written here."""
        (path,) = list_bundles(self.evidence)
        return read_bundle(path)

    def compile(self) -> None:
        """Bring gates/ up to date with contracts/."""
        write_gates(load_catalogue(self.contracts), self.gates)

    def falsify(self, *names: str) -> None:
        """Write proofs of contracts that were changed here."""
        from shipworthy.gate.falsify import falsify_contracts

        with chdir(self.root):
            assert falsify_contracts(names, write=True).all_killed

    def copy_to(self, root: Path) -> Workspace:
        """The same in another place, to be changed there."""
        root.mkdir(exist_ok=True)
        for name in ("contracts", "gates"):
            shutil.copytree(self.root / name, root / name)
        return Workspace(root)


@dataclass(frozen=True)
class Dispatched:
    """What a dispatch said, and the bundles that it wrote."""

    code: int
    stdout: str
    stderr: str
    bundles: list[Bundle]

    @property
    def bundle(self) -> Bundle:
        (bundle,) = self.bundles
        return bundle


def make_workspace(root: Path, weights: Mapping[str, int]) -> Workspace:
    """A workspace with the contracts that `weights` names, and these weights in the release `fixture`."""
    root.mkdir(exist_ok=True)
    workspace = Workspace(root)
    shutil.copytree(REPOSITORY / "contracts", workspace.contracts)
    for path in workspace.contracts.glob("*.yaml"):
        if path.stem.upper() not in weights:
            path.unlink()
    (workspace.contracts / "hosts" / "rtx-4090.yaml").write_text(_HOST)
    lines = [f"  {name}: {weight}" for name, weight in weights.items()]
    text = "\n".join(["id: fixture", "title: The fixture", "demo: true", "registration: fixture-llama"])
    release = workspace.contracts / "releases" / "fixture.yaml"
    release.write_text("\n".join([text, "weights:", *lines, ""]))
    workspace.gates.mkdir()
    workspace.compile()
    return workspace


def reasons(bundle: Bundle) -> dict[str, list[str]]:
    """The reasons that block each criterion; none where it is DISCHARGED."""
    found = {}
    for entry in bundle.predicate["criteria"]:
        assert (entry["verdict"] == "DISCHARGED") == (entry["reasons"] == [])
        found[entry["id"]] = entry["reasons"]
    return found


def outcomes(bundle: Bundle) -> dict[str, str | None]:
    """The outcome of each falsifier; None where it left none."""
    return {
        falsifier["falsifier"]: falsifier["outcome"]
        for entry in bundle.predicate["criteria"]
        for falsifier in entry["falsifiers"]
    }
