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
def model_at(config_at: Callable[..., ModelConfig]) -> Callable[..., ConfiguredModel]:
    """The same, to the model itself."""

    def make(*arguments: Any, **values: Any) -> ConfiguredModel:
        return ConfiguredModel(config_at(*arguments, **values))

    return make


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that takes `provider` and `kind` runs with the client of each."""
    if {"provider", "kind"} <= set(metafunc.fixturenames):
        metafunc.parametrize(("provider", "kind"), MODELS)
