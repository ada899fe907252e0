"""A real HTTP server on this machine, in a thread: it serves a directory, takes PUT, and may misbehave."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

Answer = Callable[[SimpleHTTPRequestHandler], bool]
"""Answers a request in another way than with a file, or returns False."""


class _Handler(SimpleHTTPRequestHandler):
    answer: Answer | None = None

    def do_GET(self) -> None:
        if self.answer is None or not type(self).answer(self):  # type: ignore[misc]
            super().do_GET()

    def do_PUT(self) -> None:
        path = Path(self.translate_path(self.path))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(201)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: what is asked for stands in the tests."""


@contextmanager
def serving(directory: Path, answer: Answer | None = None) -> Iterator[str]:
    """The address of a server of `directory`, which is made; it ends with the block."""
    directory.mkdir(parents=True, exist_ok=True)
    handler = type("Handler", (_Handler,), {"answer": staticmethod(answer) if answer else None})
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(handler, directory=str(directory)))
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
