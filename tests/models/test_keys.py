"""Which key, header and proxy are taken from the environment, and which are missing."""

import sys
from importlib.machinery import ModuleSpec
from types import ModuleType

import pytest

from selfinstruct_chains.config import ModelConfig
from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.models import environment


def _config(provider: str = "openai", **values) -> ModelConfig:
    return ModelConfig(**{"provider": provider, "kind": "chat", "name": "m", **values})


@pytest.mark.parametrize("written", ["'sk-test", "sk-test'", "\"sk-test'", "s", "sk test~"])
def test_key_as_it_is(monkeypatch, written):
    """A mark at one end alone, two different ones, and a blank within may be a key's own."""
    monkeypatch.setenv("OPENAI_API_KEY", written)

    assert environment.key(_config()) == written


def test_a_lone_mark_is_no_key(monkeypatch):
    """It begins and ends with it."""
    monkeypatch.setenv("OPENAI_API_KEY", '"')

    with pytest.raises(ConfigError, match="quotation marks"):
        environment.key(_config())


HERE = "http://127.0.0.1:9/v1"


@pytest.mark.parametrize(
    ("provider", "values", "variables", "found"),
    [
        ("openai", {}, {"OPENAI_API_KEY": "sk-openai"}, "sk-openai"),
        ("openai", {"base_url": HERE}, {"OPENAI_API_KEY": "sk-openai"}, "sk-openai"),
        ("openai", {"base_url": HERE}, {}, "none"),
        ("openai", {}, {"OPENAI_BASE_URL": HERE}, "none"),
        ("openai", {"base_url": HERE, "api_key_env": "MINE"}, {"MINE": "sk-mine", "OPENAI_API_KEY": "x"}, "sk-mine"),
        ("google_genai", {}, {"GEMINI_API_KEY": "second"}, "second"),
        ("google_genai", {}, {"GEMINI_API_KEY": "second", "GOOGLE_API_KEY": "first"}, "first"),
        ("vllm", {}, {"OPENAI_API_KEY": "sk-openai"}, "none"),
        ("vllm", {"api_key_env": "MINE"}, {"MINE": "sk-mine"}, "sk-mine"),
        ("ollama", {}, {}, "none"),
    ],
)
def test_whose_key(monkeypatch, provider, values, variables, found):
    """The one that the chain file names, else the provider's; a server of one's own needs none."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert environment.key(_config(provider, **values)) == found


@pytest.mark.parametrize(
    ("provider", "values", "said"),
    [
        ("openai", {}, "the key of openai: the environment variable OPENAI_API_KEY is not set"),
        (
            "openai",
            {"base_url": HERE, "api_key_env": "MINE"},
            "the key of openai: the environment variable MINE is not",
        ),
        ("cohere", {}, "the key of cohere: the environment variable COHERE_API_KEY or CO_API_KEY is not set"),
    ],
)
def test_key_that_is_missing(provider, values, said):
    """What the chain file names is needed, at an address of one's own too."""
    with pytest.raises(ConfigError, match=said):
        environment.key(_config(provider, **values))


def test_headers(monkeypatch):
    """By their names, with the values of their variables."""
    monkeypatch.setenv("TEAM", " blue\n")
    monkeypatch.setenv("SIDE", "left")

    assert environment.headers(_config()) == {}
    assert environment.headers(_config(headers_env={"X-Team": "TEAM", "X-Side": "SIDE"})) == {
        "X-Team": "blue",
        "X-Side": "left",
    }


AWAY = "http://llm.example.test/v1"
SOCKS = "socks5://127.0.0.1:1"


@pytest.mark.parametrize(
    ("variables", "values", "found"),
    [
        ({"ALL_PROXY": SOCKS}, {"base_url": AWAY}, "ALL_PROXY"),
        ({"HTTP_PROXY": SOCKS}, {"base_url": AWAY}, "HTTP_PROXY"),
        ({"HTTPS_PROXY": SOCKS}, {"base_url": AWAY}, None),
        ({"HTTP_PROXY": "http://127.0.0.1:1", "ALL_PROXY": SOCKS}, {"base_url": AWAY}, None),
        ({"HTTPS_PROXY": SOCKS}, {"base_url": AWAY.replace("http:", "https:")}, "HTTPS_PROXY"),
        ({"HTTPS_PROXY": SOCKS}, {}, "HTTPS_PROXY"),
        ({"HTTPS_PROXY": SOCKS}, {"provider": "anthropic"}, "HTTPS_PROXY"),
        ({"HTTP_PROXY": SOCKS}, {"provider": "anthropic"}, None),
        ({"ALL_PROXY": SOCKS, "NO_PROXY": "llm.example.test"}, {"base_url": AWAY}, None),
        ({"ALL_PROXY": SOCKS}, {"base_url": HERE}, None),
        ({"ALL_PROXY": SOCKS}, {"provider": "embedded"}, None),
        ({}, {"base_url": AWAY}, None),
    ],
)
def test_which_socks_proxy(monkeypatch, variables, values, found):
    """The one that calls would go through, by the address's scheme, unless none is asked for it."""
    socksio = ModuleType("socksio")
    socksio.__spec__ = ModuleSpec("socksio", None)
    monkeypatch.setitem(sys.modules, "socksio", socksio)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert environment.socks_proxy(_config(**values)) == found
