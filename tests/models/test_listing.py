"""How each provider is asked for its list of models, and what is said where it lacks the chain file's."""

import json
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import pytest
from langchain_core.language_models import FakeListChatModel

from selfinstruct_chains.config import ModelConfig
from selfinstruct_chains.models.listing import listed, unlisted

pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")
NAMES = ("models/small-2", "large-2-2026")


@pytest.fixture
def asked() -> Iterator[tuple[str, list[str]]]:
    """A server that lists two models, in all forms at once: its address, and what it was asked for."""
    paths: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            listing = {
                "object": "list",
                "data": [{"id": name, "object": "model", "type": "model"} for name in NAMES],
                "models": [{"name": name, "model": name} for name in NAMES],
            }
            body = json.dumps(listing).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing on standard error."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", paths
    server.shutdown()
    thread.join()
    server.server_close()


def config(provider: str, url: str | None, kind: str = "chat", name: str = "large-2") -> ModelConfig:
    return ModelConfig(provider=provider, kind=kind, name=name, base_url=url, timeout=5)


@pytest.mark.parametrize(
    ("provider", "form", "path"),
    [
        ("openai", "chat", "/models"),
        ("openai", "completion", "/models"),
        ("anthropic", "chat", "/v1/models?limit=1000"),
        ("google_genai", "chat", "/v1beta/models?pageSize=1000"),
        ("ollama", "chat", "/api/tags"),
        ("ollama", "completion", "/api/tags"),
    ],
)
async def test_one_request(asked, provider, form, path):
    """The whole list is asked for at once, as many as a page may have."""
    url, paths = asked
    found = await listed(config(provider, url, form))

    assert found == [NAMES[0].removeprefix("models/") if provider == "google_genai" else NAMES[0], NAMES[1]]
    assert paths[0].replace("&query_base=True", "").replace("query_base=True&", "") == path


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("large-2", None),
        ("large-2-2026", None),
        ("models/small-2", None),
        ("large-3-2026", "google_genai lists no model 'large-3-2026' (did you mean 'large-2-2026'?)"),
        ("other", "google_genai lists no model 'other'"),
    ],
)
async def test_a_name_that_is_not_listed(asked, name, said):
    """The nearest is named; a date behind a listed name is none of the chain file's business."""
    assert await unlisted(config("google_genai", asked[0], name=name)) == said


class ChatLiteLLM(FakeListChatModel):
    """A class that nobody knows the list of."""

    responses: Any = ("Hello",)
    model: str


async def test_who_has_no_list(asked, monkeypatch):
    """The embedded model, Azure, whose list is of what could be, and a class without one."""
    url, paths = asked
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "dummy")
    monkeypatch.setenv("OPENAI_API_VERSION", "2024-10-21")
    monkeypatch.setitem(sys.modules, "langchain_litellm", SimpleNamespace(ChatLiteLLM=ChatLiteLLM))

    assert await listed(config("embedded", None)) is None
    assert await listed(config("litellm", url)) is None
    assert await listed(config("azure", url)) == []
    assert await unlisted(config("azure", url)) is None
    assert paths == []
