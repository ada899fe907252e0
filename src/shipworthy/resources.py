"""Where contracts/, gates/ and recipes/ are: the working directory's own first, else the installed ones."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .errors import UsageError

_PACKAGED = Path(__file__).parent / "_data"
_CHECKOUT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Resource:
    """A resource directory and which of the two places it came from."""

    path: Path
    local: bool


def find(name: str) -> Resource:
    """The directory `name` (contracts, gates, recipes). A local ./name takes precedence.

    Raises UsageError where neither exists.
    """
    local = Path.cwd() / name
    if local.is_dir():
        return Resource(local, local=True)
    if (packaged := installed(name)) is not None:
        return Resource(packaged, local=False)
    raise UsageError("no-such-resource", f"there is no {name}/ here nor in the installation", fix="reinstall")


def instead_of_the_installed(name: str) -> Path | None:
    """A local ./name that is used although the installation has its own, which is not the same; else None."""
    found = find(name)
    packaged = installed(name)
    if not found.local or packaged is None or found.path.resolve() == packaged.resolve():
        return None
    return found.path


def find_recipe(path: Path) -> Path:
    """A recipe as given where it is there; else `NAME` and `recipes/NAME.yaml` find the installed one.

    A path that names nothing is returned as it is, for its reader to refuse.
    """
    if path.exists() or path.parent not in (Path(), Path("recipes")):
        return path
    name = path.name if path.suffix else f"{path.name}.yaml"
    for root in (Path.cwd() / "recipes", installed("recipes")):
        if root is not None and (root / name).is_file():
            return root / name
    return path


def refuse_to_write_in_the_installation(verb: str) -> None:
    """Raises UsageError where the contracts in use are those of an installed package."""
    found = find("contracts").path
    if _PACKAGED in found.parents:
        raise UsageError(
            "installed-contracts",
            f"{verb} would write into the installed package",
            fix="make a local ./contracts first, or use --check",
        )


def installed(name: str) -> Path | None:
    """The directory `name` that came with the package or lies in its checkout, whatever is here."""
    return next((root / name for root in (_PACKAGED, _CHECKOUT) if (root / name).is_dir()), None)
