"""Fetching a file from where it is published: digest, size, and the addresses that really answered.

No proxy is asked, whatever the environment says: the address that answers is what shows whether others can
reach it. Format: RFC 9110; redirects are followed, never from https to http.
"""

from __future__ import annotations

import hashlib
import http.client
import socket
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from ..errors import NotMeasurable

SCHEMES = ("http", "https")
REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS = 5
_PIECE = 1 << 20
_SECONDS = 60


@dataclass(frozen=True)
class Fetched:
    """What came back. `status` is HTTP's; `sha256` and `size` are of the body, which is kept up to `keep`
    bytes and read up to `most`; `peers` are the IP addresses that were connected to."""

    status: int
    sha256: str
    size: int
    body: bytes
    peers: tuple[str, ...]


def fetch(url: str, *, keep: int = 0, most: int) -> Fetched:
    """Get a URL of the schemes http and https.

    Raises NotMeasurable `not-reached` (missing_artifact) where nobody answers: a machine without a network
    cannot tell what is published.
    """
    peers: list[str] = []
    for _ in range(_MOST_REDIRECTS + 1):
        try:
            answer = _get(url, keep, most, peers)
        except (OSError, http.client.HTTPException) as error:
            message = f"nobody answered there: {error or type(error).__name__}"
            fix = "dispatch where the address can be reached"
            raise NotMeasurable("missing_artifact", "not-reached", message, where=url, fix=fix) from error
        except ValueError:
            # What a redirect led to is no URL: a port that is none, a host that no name server takes.
            break
        if isinstance(answer, Fetched):
            return answer
        if urlsplit(url).scheme == "https" and urlsplit(answer).scheme != "https":
            break
        url = answer
        if urlsplit(url).scheme not in SCHEMES:
            break
    return Fetched(310, hashlib.sha256().hexdigest(), 0, b"", tuple(peers))


def _get(url: str, keep: int, most: int, peers: list[str]) -> Fetched | str:
    """The answer, or the URL that it leads on to."""
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=_SECONDS)
    try:
        connection.connect()
        peers.append(_peer(connection.sock))
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("GET", target, headers={"User-Agent": "shipworthy", "Accept-Encoding": "identity"})
        response = connection.getresponse()
        location = response.getheader("Location")
        if response.status in REDIRECTS and location:
            return urljoin(url, location)
        return _body(response, keep, most, peers)
    finally:
        connection.close()


def _body(response: http.client.HTTPResponse, keep: int, most: int, peers: list[str]) -> Fetched:
    digest, size, kept = hashlib.sha256(), 0, bytearray()
    while size <= most and (piece := response.read(min(_PIECE, most + 1 - size))):
        digest.update(piece)
        size += len(piece)
        kept += piece[: max(0, keep - len(kept))]
    return Fetched(response.status, digest.hexdigest(), size, bytes(kept), tuple(peers))


def _peer(connected: socket.socket) -> str:
    return str(connected.getpeername()[0]).partition("%")[0]
