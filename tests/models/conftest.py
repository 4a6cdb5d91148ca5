"""A model server on loopback, and the real clients of every provider for it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from selfinstruct_chains.config import ModelConfig
from selfinstruct_chains.models.registry import ConfiguredModel
from selfinstruct_chains.models.services import OPENAI_SPEAKERS
from selfinstruct_chains.testing.server import ScriptedServer

MODELS = [
    ("openai", "chat"),
    ("openai", "completion"),
    ("vllm", "completion"),
    ("llamacpp", "chat"),
    ("anthropic", "chat"),
    ("anthropic", "completion"),
    ("google_genai", "chat"),
    ("ollama", "chat"),
    ("ollama", "completion"),
]


OTHERS = [("groq", "chat"), ("together", "completion"), ("perplexity", "chat"), ("azure_openai", "chat")]
PACKAGED = [
    pytest.param(provider, "chat", marks=pytest.mark.providers)
    for provider in ("mistralai", "cohere", "bedrock_converse")
]
CLIENTS = [*MODELS, *OTHERS, *PACKAGED]


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """A server that answers "Hello"."""
    with ScriptedServer(lambda prompt, seed: "Hello") as server:
        yield server


@pytest.fixture
def config_at() -> Callable[..., ModelConfig]:
    """From a server, a provider and a kind to the model section of a chain file."""

    def make(server: ScriptedServer, provider: str = "openai", kind: Any = "chat", **values: Any) -> ModelConfig:
        own = provider in OPENAI_SPEAKERS
        address = server.base_url if own else server.url
        return ModelConfig(provider=provider, kind=kind, **{"name": "m", "base_url": address, "timeout": 5, **values})

    return make


@pytest.fixture
def at(config_at: Callable[..., ModelConfig], monkeypatch: pytest.MonkeyPatch) -> Callable[..., ModelConfig]:
    """The same as `config_at`, with the keys and addresses that each provider needs."""
    for name in ("AZURE_OPENAI_API_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "dummy")
    monkeypatch.setenv("OPENAI_API_VERSION", "2024-10-21")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")

    def make(server: Any, provider: str, kind: str = "chat", **values: Any) -> ModelConfig:
        if provider == "bedrock_mantle_openai":
            monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", "dummy")
        place = {"base_url": server.base_url} if provider == "mistralai" else {}
        return config_at(server, provider, kind, **place, **values)

    return make


@pytest.fixture
def model_at(config_at: Callable[..., ModelConfig]) -> Callable[..., ConfiguredModel]:
    """The same, to the model itself."""

    def make(*arguments: Any, **values: Any) -> ConfiguredModel:
        return ConfiguredModel(config_at(*arguments, **values))

    return make


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that takes `provider` and `kind` runs with the client of each."""
    if {"provider", "kind"} <= set(metafunc.fixturenames):
        metafunc.parametrize(("provider", "kind"), MODELS)
