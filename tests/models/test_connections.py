"""The HTTP clients that models are asked through: which class, how long they wait, what they trust and refuse."""

from __future__ import annotations

import ssl
from types import SimpleNamespace
from typing import Any

import anthropic
import httpx
import httpx2
import openai
import pytest

from selfinstruct_chains.config import ModelConfig
from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.models import connections

HERE, ELSEWHERE = "http://127.0.0.1:9/v1", "https://llm.example.com/v1"
pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")


def config(provider: str = "openai", **values: Any) -> ModelConfig:
    """The model section of a chain file."""
    return ModelConfig(**{"provider": provider, "kind": "chat", "name": "m", "base_url": HERE, **values})


def guarded(client: Any) -> bool:
    """Whether a client refuses what ours do."""
    return len(client.event_hooks["response"]) == 1 and not client.follow_redirects


@pytest.mark.parametrize(("seconds", "to_connect"), [(60, 10), (10, 10), (4, 4)])
async def test_how_long_a_client_waits(seconds: float, to_connect: float) -> None:
    """As long as an attempt may take, and ten seconds at most for the connection."""
    asked = config(timeout=seconds)
    client = await _closed(connections.async_client(asked))

    assert connections.timeout(asked) == client.timeout == httpx2.Timeout(seconds, connect=to_connect)
    for name, kind in [("Client", httpx.Client), ("AsyncClient", httpx.AsyncClient)]:
        plain: Any = connections.plain_client(config("cohere", timeout=seconds), name)

        assert type(plain) is kind
        assert plain.timeout == httpx.Timeout(seconds, connect=to_connect)


async def _closed(client: Any) -> Any:
    await client.aclose()
    return client


@pytest.mark.parametrize(
    ("provider", "sdk"),
    [
        ("openai", openai),
        ("groq", openai),
        ("azure_openai", openai),
        ("google_genai", openai),
        ("anthropic", anthropic),
    ],
    ids=["openai", "groq", "azure", "google", "anthropic"],
)
@pytest.mark.parametrize("address", [HERE, ELSEWHERE])
async def test_over_aiohttp(provider: str, sdk: Any, address: str) -> None:
    """Where the SDK has a client over it; a proxy of the environment's is none of this machine's."""
    client = await _closed(connections.async_client(config(provider, base_url=address)))

    assert isinstance(client, sdk.DefaultAioHttpClient)
    assert guarded(client)
    assert client.trust_env is (address == ELSEWHERE)


@pytest.mark.parametrize("provider", ["cohere", "mistralai"])
async def test_over_httpx(provider: str) -> None:
    """For the classes that take a client of httpx; the synchronous ones make no call of a run, and guard nothing."""
    client = await _closed(connections.async_client(config(provider)))
    plain = connections.plain_client(config(provider), "Client")

    assert type(client) is httpx.AsyncClient
    assert guarded(client)
    assert (client.trust_env, plain.trust_env) == (False, False)
    assert plain.event_hooks["response"] == []


async def test_whose_client_belongs_to_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """None is made for it, and yet the certificates that a variable names are looked at."""
    assert connections.async_client(config("ollama")) is None
    monkeypatch.setenv("SSL_CERT_FILE", "/nonexistent/cacert.pem")

    with pytest.raises(ConfigError, match=r"SSL_CERT_FILE names /nonexistent/cacert\.pem, which is not there"):
        connections.async_client(config("ollama"))


@pytest.mark.parametrize(("address", "at"), [(HERE, f"{HERE}/"), (None, "https://api.mistral.ai/v1/")])
def test_mistrals_client_has_address_and_key(monkeypatch: pytest.MonkeyPatch, address: str | None, at: str) -> None:
    """LangChain's class puts neither into a client that it is given."""
    monkeypatch.setenv("MISTRAL_API_KEY", "test-key")
    monkeypatch.setenv("TEAM", "blue")
    values = {"base_url": address, "headers_env": {"X-Team": "TEAM"}}
    mistral = connections.plain_client(config("mistralai", **values), "Client")
    cohere = connections.plain_client(config("cohere", **values), "Client")

    assert mistral.base_url == at
    assert {mistral.headers[name] for name in ("authorization", "accept", "x-team")} == {
        "Bearer test-key",
        "application/json",
        "blue",
    }
    assert (cohere.base_url, "authorization" in cohere.headers) == ("", False)


@pytest.mark.parametrize("name", ["DefaultHttpxClient", "DefaultAsyncHttpxClient"])
def test_clients_of_openais_sdk(name: str) -> None:
    """Its classes make both kinds; the asynchronous one is guarded."""
    client = connections.sdk_client(config(timeout=60), name)

    assert isinstance(client, getattr(openai, name))
    assert guarded(client) is ("Async" in name)
    assert client.timeout == httpx2.Timeout(60, connect=10)
    assert not client.trust_env


@pytest.mark.parametrize("package", ["httpx", "httpx2"])
def test_what_is_trusted(package: str) -> None:
    """The certificates that the package itself would trust."""
    assert isinstance(connections.trusted(package, (), trust_env=True), ssl.SSLContext)


class Recorder:
    """Something to close."""

    def __init__(self) -> None:
        self.closed = 0

    async def aclose(self) -> None:
        self.closed += 1

    close = aclose


@pytest.mark.parametrize(
    ("name", "given", "closed"),
    [
        ("ChatOpenAI", True, (1, 0, 0)),
        ("ChatOpenAI", False, (0, 1, 0)),
        ("ChatOllama", False, (0, 0, 1)),
        ("OllamaLLM", False, (0, 0, 1)),
        ("Another", False, (0, 0, 0)),
    ],
)
async def test_what_is_closed(name: str, given: bool, closed: tuple[int, int, int]) -> None:
    """The client that was given, or the model's own, or what Ollama's class has inside."""
    client, own, inside = Recorder(), Recorder(), Recorder()
    fields = {"http_async_client": None if "Ollama" in name or name == "Another" else own, "_async_client": inside}
    model: Any = type(name, (SimpleNamespace,), {})(**fields)

    await connections.aclose(model, client if given else None)

    assert (client.closed, own.closed, inside.closed) == closed
