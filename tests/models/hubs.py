"""A hub on loopback that refuses, by the headers and bodies with which the real one does."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

COMMIT = "a" * 40


class Refusal(NamedTuple):
    """An answer."""

    status: int
    said: str = ""
    code: str = ""
    of_files: bool = False
    """Whether files alone are refused, and what there is of the model is told to everybody."""


REFUSALS = {
    "acme/gated": Refusal(403, "Access to model acme/gated is restricted", "GatedRepo", of_files=True),
    "acme/login": Refusal(401, "Access to model acme/login is restricted. Please log in.", "GatedRepo", of_files=True),
    "acme/missing": Refusal(404, "Repository not found", "RepoNotFound"),
    "acme/token": Refusal(401, "Invalid credentials in Authorization header"),
    "acme/disabled": Refusal(403, "Access to this resource is disabled."),
    "acme/forbidden": Refusal(403, "Forbidden: pass a token with the read permission"),
    "acme/often": Refusal(429, "We had to rate limit your IP"),
    "acme/down": Refusal(503, "Service Unavailable"),
    "acme/revision": Refusal(404, "Invalid rev id: main", "RevisionNotFound"),
    "acme/file": Refusal(404, "Entry not found", "EntryNotFound", of_files=True),
}


class _Hub(BaseHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nothing is told."""

    def do_HEAD(self) -> None:
        """What there is of a model, or a refusal."""
        of_file = not self.path.startswith("/api/models/")
        owner, name = self.path.removeprefix("/api/models").split("/")[1:3]
        refusal = REFUSALS[f"{owner}/{name}"]
        if refusal.of_files and not of_file:
            paths = "config.json", "model.safetensors"
            files = [{"type": "file", "path": path, "size": 10, "oid": COMMIT} for path in paths]
            siblings = [{"rfilename": file["path"]} for file in files]
            about = {"id": f"{owner}/{name}", "sha": COMMIT, "siblings": siblings}
            self._say(200, files if "/tree/" in self.path else about, {})
        else:
            headers = {"X-Error-Code": refusal.code, "X-Error-Message": refusal.said}
            self._say(refusal.status, {"error": refusal.said}, {name: text for name, text in headers.items() if text})

    def do_GET(self) -> None:
        """The same, with a body."""
        self.do_HEAD()

    def _say(self, status: int, body: object, headers: dict[str, str]) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        for name, value in (headers | {"Content-Length": str(len(text)), "Content-Type": "application/json"}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(text)


@contextmanager
def refusing_hub() -> Iterator[str]:
    """Its address, for HF_ENDPOINT."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Hub) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def of_hub(address: str, home: str) -> dict[str, str]:
    """The environment in which the hub's client asks that address, and keeps what it gets in a folder."""
    return {"HF_ENDPOINT": address, "HF_HOME": home, "HF_HUB_DISABLE_TELEMETRY": "1"}
