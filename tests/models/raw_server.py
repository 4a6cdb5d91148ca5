"""A server on loopback that answers everything with the same bytes, whichever protocol it is asked in."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import TracebackType


class RawServer:
    """Answers while its `with` block lasts.

    Args:
        body: JSON, or parts of bytes that are sent one after the other, until the client hangs up.
        status: of the response.
        headers: of the response, besides its type.
    """

    def __init__(
        self, body: Any = None, *, parts: Iterable[bytes] = (), status: int = 200, headers: Mapping[str, str] = {}
    ) -> None:
        self.asked = 0
        self.sent = 0
        """Bytes of bodies that went out."""
        answer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                answer.asked += 1
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self.send_response(status)
                for name, value in {"Content-Type": "application/json", "Connection": "close", **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.close_connection = True
                try:
                    for part in parts or [json.dumps(body).encode()]:
                        self.wfile.write(part)
                        answer.sent += len(part)
                except OSError:  # the client has had enough
                    pass

            def log_message(self, *_: object) -> None:
                """Nothing on standard error."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    @property
    def url(self) -> str:
        """Its root."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def base_url(self) -> str:
        """The root of OpenAI's protocol."""
        return f"{self.url}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
