"""The answers of `testing.answers`, and a server that gives one of its own making to whatever it is asked."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from selfinstruct_chains.testing import answers as known

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from selfinstruct_chains.testing.answers import Answer


def answers() -> tuple[Answer, ...]:
    """All of them."""
    return tuple(found for provider in known.providers() for found in known.answers(provider).values())


def answer(provider: str, name: str) -> Answer:
    """One of them."""
    return known.answer(f"{provider}/{name}")


@contextmanager
def answering(status: int, body: str, headers: Mapping[str, str] | None = None) -> Iterator[str]:
    """The address of a server on loopback that answers everything like this."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            sent = body.encode()
            self.send_response(status)
            for name, value in {"content-type": "application/json", **(headers or {})}.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, *_: Any) -> None:
            """Nothing to stderr."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
