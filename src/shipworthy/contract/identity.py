"""What a criterion is, as a hash: evidence binds to it, never to a number such as AC-SHIP2-009.

Comments, key order, spelling of numbers and the order of falsifiers mean nothing, and change nothing. Neither
do title, why, planted, message, limits, version or changelog. The proof of non-vacuity binds
`criterion_hash` and `planted_digest` together.
"""

from __future__ import annotations

from typing import Any

from ..canonical import canonical, sha256_json
from .catalogue import data_names
from .language import Catalogue, Contract, Falsifier, Host, Registration


def criterion_hash(contract: Contract, catalogue: Catalogue) -> str:
    """Lower-case hex SHA-256 of the canonical JSON (RFC 8785) of `identity`."""
    return sha256_json(identity(contract, catalogue))


def identity(contract: Contract, catalogue: Catalogue) -> dict[str, Any]:
    """The fields that make the criterion: what a reader must agree on to speak of the same thing.

    A host or a data file that a DRAFT names and the catalogue does not have yet has the digest null.
    """
    falsifiers = [_falsifier(falsifier, catalogue) for falsifier in contract.falsifiers]
    return {
        "statement": contract.statement,
        "state": contract.state,
        "subject": contract.subject,
        "applies": {key: sorted(names) for key, names in contract.applies.items()},
        "all_of": sorted(contract.all_of),
        "falsifiers": sorted(falsifiers, key=canonical) if len(falsifiers) > 1 else falsifiers,
    }


def _falsifier(falsifier: Falsifier, catalogue: Catalogue) -> dict[str, Any]:
    host = catalogue.hosts.get(falsifier.needs.host) if falsifier.needs.host is not None else None
    names = sorted(set(data_names(falsifier.parameters)))
    files = {name: catalogue.data.get(name) for name in names}
    return {
        "probe": falsifier.probe,
        "with": falsifier.parameters,
        "data": {name: file.sha256 if file else None for name, file in files.items()},
        "needs": {"host": falsifier.needs.host, "artifact": sorted(falsifier.needs.artifact)},
        "host": host_digest(host) if host is not None else None,
        "expect": falsifier.expect,
        "accept": sorted(falsifier.accept),
    }


def planted_digest(contract: Contract) -> str:
    """Digest of the planted list, by falsifier: what a proof of non-vacuity was made of."""
    planted = {
        falsifier.id: sorted(
            (
                {
                    "defect": planted.defect,
                    "of": planted.of,
                    "red": planted.red,
                    "on": planted.on,
                    "with": planted.parameters,
                }
                for planted in falsifier.planted
            ),
            key=canonical,
        )
        for falsifier in contract.falsifiers
    }
    return sha256_json(planted)


def registration_digest(registration: Registration) -> str:
    """Digest of everything a registration file says, notes included."""
    return sha256_json(registration.document.value)


def host_digest(host: Host) -> str:
    """Digest of everything a host file says."""
    return sha256_json(host.document.value)
