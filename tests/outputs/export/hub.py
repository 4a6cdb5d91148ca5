"""A hub on loopback that keeps what is put there, by the routes that huggingface_hub calls."""

from __future__ import annotations

import base64
import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha1
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKEN = "hf_of_a_test"
READER = "hf_that_only_reads"
OWNER = "acme"


@dataclass
class Repository:
    """A dataset."""

    private: bool
    files: dict[str, bytes] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)
    """Of its commits."""

    @property
    def sha(self) -> str:
        """The last commit's."""
        return sha1(f"{len(self.messages)}".encode(), usedforsecurity=False).hexdigest()

    @property
    def front(self) -> dict[str, Any]:
        """The front matter of its card."""
        parts = self.files.get("README.md", b"").decode().split("---\n", 2)
        return yaml.safe_load(parts[1]) if len(parts) > 1 else {}


class Hub:
    """What the server has, and what it was asked."""

    def __init__(self) -> None:
        self.datasets: dict[str, Repository] = {}
        self.asked: list[str] = []
        """Method and path, without the query."""
        self.refusals: dict[str, tuple[int, str]] = {}
        """Status and words of a refusal, by the end of a path."""
        self.url = ""

    def answer(self, method: str, path: str, token: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body."""
        self.asked.append(f"{method} {path}")
        for end, (status, said) in self.refusals.items():
            if path.endswith(end):
                return _error(status, said)
        if token not in {"", TOKEN, READER}:
            return _error(401, "Invalid credentials in Authorization header")
        if method == "POST":
            return self._post(path, token, body)
        return self._get(path, token)

    def _post(self, path: str, token: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
        if path == "/api/validate-yaml":
            front = json.loads(body)["content"].split("---\n", 2)[1]
            wrong = yaml.safe_load(front).get("license") == "no such licence"
            errors = [{"message": '"license" must be one of [apache-2.0, mit, ...]'}] * wrong
            return _json({"errors": errors, "warnings": []}, 400 if wrong else 200)
        if path == "/api/repos/create":
            return self._create(json.loads(body), token)
        name, _, action = path.removeprefix("/api/datasets/").partition("/preupload/")
        if action:
            how = {"uploadMode": "regular", "shouldIgnore": False}
            return _json({"files": [{"path": one["path"], **how} for one in json.loads(body)["files"]]})
        name = path.removeprefix("/api/datasets/").removesuffix("/commit/main")
        if token != TOKEN:
            return _error(403, "Forbidden: you need a token with write access")
        return self._commit(name, [json.loads(line) for line in body.splitlines()])

    def _create(self, asked: dict[str, Any], token: str) -> tuple[int, dict[str, str], bytes]:
        name = f"{asked['organization']}/{asked['name']}"
        if token != TOKEN or asked["organization"] != OWNER:
            where = f'under the namespace "{asked["organization"]}"'
            return _error(403, f"You don't have the rights to create a dataset {where}")
        assert asked["type"] == "dataset"
        self.datasets[name] = Repository(asked["visibility"] == "private")
        return _json({"url": f"{self.url}/datasets/{name}", "name": name})

    def _commit(self, name: str, lines: list[dict[str, Any]]) -> tuple[int, dict[str, str], bytes]:
        found = self.datasets[name]
        for line in lines:
            if line["key"] == "header":
                found.messages.append(line["value"]["summary"])
            else:
                assert line["key"] == "file"  # nothing is ever deleted
                found.files[line["value"]["path"]] = base64.b64decode(line["value"]["content"])
        return _json({"commitUrl": f"{self.url}/datasets/{name}/commit/{found.sha}", "commitOid": found.sha})

    def _get(self, path: str, token: str) -> tuple[int, dict[str, str], bytes]:
        name = "/".join(path.removeprefix("/api").removeprefix("/datasets/").split("/")[:2])
        found = self.datasets.get(name)
        if not found or (found.private and not token):
            return _error(404 if token else 401, "Repository not found", "RepoNotFound")
        if "/resolve/" in path:
            data = found.files.get(path.partition("/resolve/")[2].partition("/")[2])
            if data is None:
                return _error(404, "Entry not found", "EntryNotFound")
            return 200, {"ETag": f'"{_oid(data)["oid"]}"', "X-Repo-Commit": found.sha}, data
        if "/tree/" in path:
            return _json(
                [{"type": "file", "path": one, "size": len(data)} | _oid(data) for one, data in found.files.items()]
            )
        about = {"_id": "6", "id": name, "sha": found.sha, "private": found.private}
        about |= {"tags": found.front.get("tags", []), "siblings": [{"rfilename": one} for one in found.files]}
        return _json(about)


def _oid(data: bytes) -> dict[str, str]:
    return {"oid": sha1(data, usedforsecurity=False).hexdigest()}


def _json(values: object, status: int = 200) -> tuple[int, dict[str, str], bytes]:
    return status, {"Content-Type": "application/json"}, json.dumps(values).encode()


def _error(status: int, said: str, code: str = "") -> tuple[int, dict[str, str], bytes]:
    answer = _json({"error": said}, status)
    answer[1].update({"X-Error-Message": said, **({"X-Error-Code": code} if code else {})})
    return answer


@contextmanager
def loopback_hub() -> Iterator[Hub]:
    """A hub that is served; its address is for HF_ENDPOINT."""
    hub = Hub()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Nothing is told."""

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
            status, headers, data = hub.answer(self.command, self.path.partition("?")[0], token, body)
            self.send_response(status)
            for name, value in (headers | {"Content-Length": str(len(data))}).items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(data)

        def do_HEAD(self) -> None:
            self.do_GET()

        def do_POST(self) -> None:
            self.do_GET()

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        hub.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield hub
        server.shutdown()
