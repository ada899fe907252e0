"""The example of docs/extending.md, installed as a user installs it, in an environment of its own."""

from __future__ import annotations

import shutil
import site
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

EXAMPLE = Path(__file__).parent / "data" / "extension"
REPOSITORY = Path(__file__).parents[1]


def write_distribution(target: Path, project: Path = EXAMPLE) -> None:
    """What an installer leaves of a project of one module: the module, and the metadata of pyproject.toml.

    By hand, since a build backend is not everywhere at hand and nothing is fetched here.
    """
    described = tomllib.loads((project / "pyproject.toml").read_text())
    name, version = described["project"]["name"], described["project"]["version"]
    info = target / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\n")
    (info / "WHEEL").write_text("Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    groups = described["project"]["entry-points"].items()
    sections = [
        "\n".join([f"[{group}]", *(f"{entry} = {value}" for entry, value in entries.items()), ""])
        for group, entries in groups
    ]
    (info / "entry_points.txt").write_text("\n".join(sections))
    for module in described["tool"]["setuptools"]["py-modules"]:
        shutil.copy(project / f"{module}.py", target)


@dataclass(frozen=True)
class Environment:
    """A Python that has the packages of this one, and the example beside them."""

    python: Path
    packages: Path
    directory: Path

    def shipworthy(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """The command line in the team's directory."""
        return subprocess.run(
            [self.python, "-m", "shipworthy.cli", *map(str, arguments)],
            cwd=self.directory,
            env={"PATH": "/usr/bin:/bin", "HOME": str(self.directory), "NO_COLOR": "1"},
            capture_output=True,
            text=True,
            check=False,
        )


def make_environment(root: Path) -> Environment:
    """An environment with the example installed, and a directory with the team's contracts."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", root / "env"], check=True)
    [packages] = (root / "env" / "lib").glob("python*/site-packages")
    ours = next(path for path in site.getsitepackages() if path.endswith("site-packages"))
    # addsitedir, so that an editable installation is found too.
    (packages / "beside.pth").write_text(f"import site; site.addsitedir({ours!r})\n")
    write_distribution(packages)
    directory = root / "team"
    shutil.copytree(EXAMPLE / "contracts", directory / "contracts")
    (directory / "contracts" / "data").mkdir()
    shutil.copy(
        REPOSITORY / "contracts" / "data" / "fixture-tokenizer.json", directory / "contracts" / "data"
    )
    return Environment(root / "env" / "bin" / "python", packages, directory)
