"""What classes with a client of their own are made with: the real ones, and what only LangChain knows."""

import sys
from types import SimpleNamespace
from typing import Any

import pytest
from langchain_core.language_models import FakeListChatModel
from langchain_openai import ChatOpenAI
from pydantic import Field

from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.models.native import known_providers
from selfinstruct_chains.models.packages import imported
from selfinstruct_chains.models.providers import build
from tests.models.keyed import HERE, config, keyed, seen

pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")
AWAY = "https://llm.example.test"


@pytest.fixture(autouse=True)
def _variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY", "sk-test")
    monkeypatch.setenv("TEAM", "blue")
    monkeypatch.delenv("OLLAMA_HOST", raising=False)


class Small(FakeListChatModel):
    """A class of a provider's that only LangChain knows."""

    responses: Any = ("Hello",)
    model: str
    api_key: str = ""
    base_url: str = ""
    timeout: float = 0
    max_retries: int = 9
    default_headers: dict[str, str] = Field(default_factory=dict)


class Smallest(FakeListChatModel):
    """One that has a field for nothing."""

    responses: Any = ("Hello",)
    model: str


@pytest.mark.parametrize(
    ("provider", "form", "values", "name"),
    [
        ("openai", "chat", {}, "ChatOpenAI"),
        ("openai", "chat", {"base_url": HERE}, "BaseChatOpenAI"),
        ("openai", "completion", {}, "Completion"),
        ("groq", "chat", {}, "BaseChatOpenAI"),
        ("azure", "chat", {"base_url": "https://mine.openai.azure.com"}, "AzureChatOpenAI"),
        ("azure", "completion", {"base_url": "https://mine.openai.azure.com"}, "AzureCompletion"),
        ("azure", "chat", {"base_url": "https://mine.openai.azure.com/openai/v1"}, "ChatOpenAI"),
        ("anthropic", "chat", {}, "ChatAnthropic"),
        ("anthropic", "completion", {}, "ChatAnthropic"),
        ("google_genai", "chat", {}, "ChatGoogleGenerativeAI"),
        ("google_genai", "completion", {}, "ChatGoogleGenerativeAI"),
        ("ollama", "chat", {}, "ChatOllama"),
        ("ollama", "completion", {}, "OllamaLLM"),
    ],
)
def test_which_class(monkeypatch, provider, form, values, name):
    """Each provider's own, by what the chain file has of it and where it is."""
    monkeypatch.setenv("OPENAI_API_VERSION", "2024-10-21")

    assert type(build(config(provider, form, api_key_env="KEY", **values))).__name__ == name


def test_no_completions():
    """A package without completion models is not even imported."""
    with pytest.raises(ConfigError) as refused:
        build(config("mistralai", "completion"))

    assert str(refused.value) == (
        "provider 'mistralai' has no completion models: use model.kind: chat, or provider openai with the "
        "model.base_url of a server that has them"
    )


def test_all_names():
    """What LangChain knows, and what we do, in order, each once."""
    names = known_providers()

    assert names == sorted(set(names))
    assert {"anthropic", "ibm", "openai", "embedded", "vllm", "groq", "community"} <= set(names)


def test_anthropic():
    """Key, address, headers and patience go into the class; without address and headers it has its own."""
    model = build(keyed("anthropic", base_url=HERE))
    plain = build(config("anthropic", api_key_env="KEY"))

    assert model.anthropic_api_key.get_secret_value() == "sk-test"
    assert seen(model, "anthropic_api_url", "default_headers", "default_request_timeout") == {
        "anthropic_api_url": HERE,
        "default_headers": {"X-Team": "blue"},
        "default_request_timeout": 7,
    }
    assert seen(model, "max_retries", "disable_streaming") == {"max_retries": 0, "disable_streaming": True}
    assert (plain.anthropic_api_url, plain.default_headers) == ("https://api.anthropic.com", None)


def test_google():
    """One attempt, and no look at the environment's proxy for an address on this machine."""
    here, away = (build(keyed("google_genai", base_url=url)) for url in (HERE, AWAY))

    assert (here.base_url, away.base_url) == (HERE, AWAY)
    assert (here.client_args, away.client_args) == ({"trust_env": False}, None)
    assert seen(here, "additional_headers", "timeout", "max_retries", "disable_streaming") == {
        "additional_headers": {"X-Team": "blue"},
        "timeout": 7,
        "max_retries": 1,
        "disable_streaming": True,
    }
    assert build(config("google_genai", api_key_env="KEY")).additional_headers is None


@pytest.mark.parametrize("kind", ["chat", "completion"])
def test_ollama(kind):
    """A key goes along where the chain file names one; responses are bounded by our hooks."""
    named = build(config("ollama", kind, api_key_env="KEY", headers_env={"X-Team": "TEAM"}, base_url=AWAY))
    plain = build(config("ollama", kind))

    assert named.client_kwargs == {
        "timeout": 7,
        "trust_env": True,
        "headers": {"Authorization": "Bearer sk-test", "X-Team": "blue"},
    }
    assert plain.client_kwargs == {"timeout": 7, "trust_env": False, "headers": {}}
    assert (named.base_url, plain.base_url) == (AWAY, None)
    assert set(plain.async_client_kwargs) == {"follow_redirects", "event_hooks"}


OTHER = ("model", "api_key", "base_url", "timeout", "max_retries", "default_headers", "disable_streaming")


def test_others(monkeypatch):
    """A class that only LangChain knows gets what it has a field for, and no key that nobody has named."""
    monkeypatch.setitem(sys.modules, "langchain_litellm", SimpleNamespace(ChatLiteLLM=Small))
    patient = {"model": "m", "timeout": 7, "max_retries": 0, "disable_streaming": True}

    assert seen(build(keyed("litellm", base_url=HERE)), *OTHER) == patient | {
        "api_key": "sk-test",
        "base_url": HERE,
        "default_headers": {"X-Team": "blue"},
    }
    assert seen(build(config("litellm")), *OTHER) == patient | {"api_key": "", "base_url": "", "default_headers": {}}
    monkeypatch.setitem(sys.modules, "langchain_litellm", SimpleNamespace(ChatLiteLLM=Smallest))
    assert build(keyed("litellm", base_url=HERE)).model == "m"


def test_others_over_openai(monkeypatch):
    """One over OpenAI's client gets clients of ours: for this loop the one that is there, else one that is made."""
    monkeypatch.setitem(sys.modules, "langchain_upstage", SimpleNamespace(ChatUpstage=ChatOpenAI))
    mine = build(keyed("openai")).http_async_client
    given = build(keyed("upstage"), async_client=mine)
    made = build(keyed("upstage"))

    assert given.http_async_client is mine
    assert made.http_async_client is not mine
    assert [type(client).__name__ for client in (made.http_client, made.http_async_client)] == [
        "_DefaultHttpxClient",
        "_DefaultAsyncHttpxClient",
    ]
    assert given.max_retries == 0


@pytest.mark.parametrize(
    ("provider", "module", "wanted"),
    [
        ("mistralai", "langchain_mistralai", "'selfinstruct-chains[mistral]'"),
        ("azure_ai", "langchain_azure_ai.chat_models", "langchain-azure-ai"),
    ],
)
def test_a_package_that_is_missing(monkeypatch, provider, module, wanted):
    """It is named by our extra for it, or by its own name."""
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ConfigError) as refused:
        imported(provider, module, "Chat")

    assert str(refused.value) == (
        f"provider {provider!r}: import of {module} halted; None in sys.modules; pip install {wanted}"
    )
