"""The answers of `tests/data/errors`, and a server that gives one of them to whatever it is asked."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FOLDER = Path(__file__).parents[1] / "data" / "errors"


class Answer(NamedTuple):
    """One answer, and what is to come of it."""

    provider: str
    name: str
    status: int
    headers: Mapping[str, str]
    body: str
    fate: str
    reason: str
    wait: float | None

    @property
    def id(self) -> str:
        """For pytest."""
        return f"{self.provider}-{self.name}"


@cache
def answers() -> tuple[Answer, ...]:
    """All of them."""
    return tuple(
        Answer(
            file.stem,
            case["name"],
            case["status"],
            case.get("headers", {}),
            case["body"],
            case["fate"],
            case.get("reason", ""),
            case.get("wait"),
        )
        for file in sorted(FOLDER.glob("*.yaml"))
        for case in yaml.safe_load(file.read_text(encoding="utf-8"))
    )


def answer(provider: str, name: str) -> Answer:
    """One of them."""
    return next(one for one in answers() if (one.provider, one.name) == (provider, name))


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
