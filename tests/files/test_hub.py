"""A dataset of the Hub, from a server that answers as the Hub does."""

from __future__ import annotations

import io
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from selfinstruct_chains.errors import DataError
from selfinstruct_chains.files.seeds import read_seeds

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SHA = "0123456789abcdef0123456789abcdef01234567"


def parquet(word: str) -> bytes:
    """A file with a task."""
    out = io.BytesIO()
    rows = [{"instruction": f"Say {word}", "input": "", "output": word, "is_classification": False}]
    pq.write_table(pa.Table.from_pylist(rows), out)
    return out.getvalue()


FILES = {
    "README.md": b"# Bank",
    "data/train-00000-of-00002.parquet": parquet("one"),
    "data/train-00001-of-00002.parquet": parquet("two"),
    "data/test-00000-of-00001.parquet": parquet("three"),
}
MISSING = (401, {"X-Error-Code": "RepoNotFound", "X-Error-Message": "Repository not found"}, b'{"error":"x"}')
GATED = (403, {"X-Error-Code": "GatedRepo", "X-Error-Message": "Access is restricted."}, b"Access is restricted.")


class _Hub(BaseHTTPRequestHandler):
    """Has the datasets me/bank, me/gated and me/pictures."""

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        status, headers, body = self._answer(self.path.partition("?")[0])
        self.send_response(status)
        for name, value in ({"X-Repo-Commit": SHA, "Content-Length": str(len(body))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def _answer(self, path: str) -> tuple[int, dict[str, str], bytes]:
        if path.startswith("/api/datasets/me/"):
            name = path.rpartition("/")[2]
            names = ["a.png"] if name == "pictures" else list(FILES)
            info = {"_id": "6", "id": f"me/{name}", "sha": SHA, "private": False, "downloads": 5, "tags": []}
            body = json.dumps(info | {"siblings": [{"rfilename": one} for one in names]}).encode()
            return (200, {"Content-Type": "application/json"}, body) if name != "none" else MISSING
        if path.startswith("/datasets/me/gated/"):
            return GATED
        data = FILES[path.partition("/resolve/")[2].partition("/")[2]]
        return 200, {"ETag": f'"{len(data)}-{hash(data)}"', "Content-Type": "application/octet-stream"}, data

    def log_message(self, *_: object) -> None:
        """Nothing is logged."""


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """The server's address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Hub) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(autouse=True)
def _at_the_server(endpoint: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """HF_ENDPOINT; and what HF_HOME says when huggingface_hub is loaded."""
    monkeypatch.setenv("HF_ENDPOINT", endpoint)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))


@pytest.mark.parametrize(("split", "said"), [("", ["one", "two"]), (":test", ["three"])])
def test_a_split_is_read(split: str, said: list[str]) -> None:
    """Without one it is train, of all its files."""
    notes: list[str] = []
    tasks = read_seeds(f"hub:me/bank{split}", notes=notes)

    assert [task.instances[0].output for task in tasks] == said
    assert "parquet" in notes[0]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("me/none", "there is none of that name, or it is private (set HF_TOKEN)"),
        ("me/gated", "it is gated: ask for access on its page, and set HF_TOKEN"),
        ("me/pictures", "none of its files is read (a.png)"),
        ("me/bank:validation", "no file of a split 'validation'; there are data/test-"),
        ("bank", "not a dataset's name; hub:OWNER/NAME"),
    ],
)
def test_what_can_not_be_had(name: str, said: str) -> None:
    """One line that says why."""
    with pytest.raises(DataError) as caught:
        read_seeds(f"hub:{name}")

    assert str(caught.value).startswith(f"hub:{name}: {said}")
    assert "\n" not in str(caught.value)


def test_without_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody answers, or nobody is to be asked."""
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(DataError, match="the hub can't be reached"):
        read_seeds("hub:me/bank")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(DataError, match="HF_HUB_OFFLINE is set"):
        read_seeds("hub:me/bank")
