"""Every file in tests/attacks/contracts/ is refused, with the code and at the place its first line says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from shipworthy.contract import load_contract
from shipworthy.errors import ContractError

ATTACKS = sorted((Path(__file__).parents[1] / "attacks" / "contracts").glob("*.yaml"))


def test_there_are_attacks() -> None:
    assert len(ATTACKS) >= 80


@pytest.mark.parametrize("path", ATTACKS, ids=lambda path: path.stem)
def test_is_refused(path: Path, registries: dict[str, Any]) -> None:
    first = path.read_bytes().partition(b"\n")[0].decode()  # the rest need not be UTF-8
    claim = re.fullmatch(r"# ([a-z0-9-]+) at (\d+:\d+)", first)
    assert claim, f"the first line must be '# CODE at LINE:COLUMN', not {first!r}"
    with pytest.raises(ContractError) as caught:
        load_contract(path, **registries)
    assert caught.value.code == claim[1]
    assert caught.value.where.endswith(f"{path.name}:{claim[2]}")
    assert caught.value.exit_code == 2
    assert "\n" not in str(caught.value)
