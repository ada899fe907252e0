"""Record published_release@2 on a publication of the small llama, for contracts/data/.

    python tools/record_publication.py weights tokenizer config card > contracts/data/fixture-publication.json

It is fetched from a real HTTP server on this machine. Good samples come from a public address, and no machine
that records them need have one: the address that answered is replaced by 192.0.43.8, which is public.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from local_server import serving

from shipworthy.gate.fixtures import write_fixture
from shipworthy.gate.measure.published_release import measure
from shipworthy.gate.planted.apr_file import rewrite_apr
from shipworthy.gate.trial import load_contracts
from shipworthy.pipeline.publication import MANIFEST, publish

PUBLIC = "192.0.43.8"
URL = "http://release.example/small/"


def main() -> None:
    """Write the recorded measurement to standard output."""
    roles = sys.argv[1:]
    catalogue = load_contracts()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_fixture(catalogue, "fixture-llama", folder / "bare.apr")
        made = {"data_source": "python-stdlib", "data_license": "PSF-2.0", "shipworthy.run_id": "1" * 64}
        rewrite_apr(folder / "bare.apr", folder / "fixture-llama.apr", metadata=lambda m: {**m, **made})
        with serving(folder / "served") as base:
            publish(
                folder / "fixture-llama.apr",
                str(folder / "served" / "small"),
                release=catalogue.releases["smollm2-demo"],
                registration=catalogue.registrations["fixture-llama"],
                url=f"{base}small/",
            )
            attached = {"release": folder / "served" / "small" / MANIFEST}
            raw = measure(folder / "fixture-llama.apr", attached, log=folder / "log", roles=roles)
    recorded = {
        "probe": "published_release@2",
        "made_by": f"tools/record_publication.py {' '.join(roles)}, on fixture-llama; {PUBLIC} for 127.0.0.1",
        "raw": _as_public(raw),
    }
    json.dump(recorded, sys.stdout, separators=(",", ":"), sort_keys=True)
    sys.stdout.write("\n")


def _as_public(raw: dict[str, Any]) -> dict[str, Any]:
    files = [{**file, "peers": [PUBLIC]} for file in raw["files"]]
    return {**raw, "url": URL, "peers": [PUBLIC], "files": files}


if __name__ == "__main__":
    main()
