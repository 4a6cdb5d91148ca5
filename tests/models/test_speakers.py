"""What the classes over OpenAI's protocol are made with."""

from typing import Any

import pytest

from selfinstruct_chains.config import ModelConfig
from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.models.providers import build

AZURE = "https://mine.openai.azure.com"


def config(provider: str = "openai", kind: str = "chat", **values: Any) -> ModelConfig:
    return ModelConfig(**{"provider": provider, "kind": kind, "name": "m", **values})


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")


def test_a_chat_model(monkeypatch):
    """One attempt, no stream, the older protocol, our clients and headers, and no sampling that nobody has set."""
    monkeypatch.setenv("TEAM", "blue")
    model: Any = build(config(timeout=7, headers_env={"X-Team": "TEAM"}))

    assert (model.max_retries, model.disable_streaming, model.use_responses_api) == (0, True, False)
    assert (model.request_timeout.read, model.request_timeout.connect) == (7, 7)
    assert (model.default_headers, model.openai_api_key.get_secret_value()) == ({"X-Team": "blue"}, "sk-test")
    assert [type(client).__name__ for client in (model.http_client, model.http_async_client)] == [
        "_DefaultHttpxClient",
        "_DefaultAsyncHttpxClient",
    ]
    assert [getattr(model, name) for name in ("temperature", "top_p", "presence_penalty", "max_tokens")] == [None] * 4


@pytest.mark.parametrize("kind", ["chat", "completion"])
def test_the_client_of_this_loop(kind):
    """Asynchronous calls go by the client that is given, where there is one."""
    given: Any = build(config()).http_async_client
    model: Any = build(config(kind=kind, temperature=0.0, max_tokens=5), async_client=given)

    assert model.http_async_client is given
    assert (model.temperature, model.max_tokens) == (0.0, 5)


def test_no_completions():
    """A service without them is refused, and those that have them are named."""
    with pytest.raises(ConfigError) as refused:
        build(config("groq", "completion", api_key_env="OPENAI_API_KEY"))

    assert str(refused.value) == (
        "provider 'groq' has no completion models: use model.kind: chat, or one of cerebras, fireworks, llamacpp, "
        "lmstudio, nebius, openai, openrouter, sglang, tgi, together, vllm (openai with the model.base_url of any "
        "server that has them)"
    )


@pytest.mark.parametrize("variable", ["OPENAI_API_VERSION", "AZURE_OPENAI_API_VERSION"])
def test_azure(monkeypatch, variable):
    """Its version may stand under either name; the deployment is the model's name unless it is told."""
    monkeypatch.setenv(variable, "2024-10-21")
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "az-test")
    model: Any = build(config("azure", base_url=AZURE))
    other: Any = build(config("azure", base_url=AZURE, extra={"azure_deployment": "d", "api_version": "2025-01-01"}))

    assert (model.azure_endpoint, model.deployment_name, model.openai_api_version) == (AZURE, "m", "2024-10-21")
    assert (other.deployment_name, other.openai_api_version) == ("d", "2025-01-01")
    assert model.openai_api_key.get_secret_value() == "az-test"


@pytest.mark.parametrize(
    ("values", "token", "key", "found"),
    [
        ({}, "", "az-test", "az-test"),
        ({}, " ad-token ", None, "ad-token"),
        ({}, "ad-token", "az-test", "ad-token"),
        ({"api_key_env": "MINE"}, "ad-token", "az-test", "mine-test"),
    ],
)
def test_azures_own_openai(monkeypatch, values, token, key, found):
    """Where it speaks OpenAI's protocol, a token stands for a key, and what the chain file names wins."""
    monkeypatch.setenv("MINE", "mine-test")
    monkeypatch.setenv("AZURE_OPENAI_AD_TOKEN", token)
    if key:
        monkeypatch.setenv("AZURE_OPENAI_API_KEY", key)
    model: Any = build(config("azure", base_url=f"{AZURE}/openai/v1", **values))

    assert model.openai_api_key.get_secret_value() == found
    assert (model.openai_api_base, model.model_name) == (f"{AZURE}/openai/v1", "m")


def test_azure_by_a_token(monkeypatch):
    """With a token no key is needed, and none is sent."""
    monkeypatch.setenv("AZURE_OPENAI_AD_TOKEN", "ad-token")
    monkeypatch.setenv("OPENAI_API_VERSION", "2024-10-21")
    monkeypatch.delenv("OPENAI_API_KEY")
    model: Any = build(config("azure", base_url=AZURE))

    assert (model.azure_ad_token.get_secret_value(), model.openai_api_key) == ("ad-token", None)


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        (
            {},
            (
                "azure_openai: the endpoint is missing: set the environment variable AZURE_OPENAI_ENDPOINT, or "
                "model.base_url (https://NAME.openai.azure.com)"
            ),
        ),
        (
            {"AZURE_OPENAI_ENDPOINT": AZURE, "AZURE_OPENAI_API_KEY": "az-test"},
            (
                "azure_openai: the API version is missing: set OPENAI_API_VERSION or AZURE_OPENAI_API_VERSION, or "
                "model.extra.api_version, or end model.base_url in /openai/v1, which needs none"
            ),
        ),
        (
            {"AZURE_OPENAI_ENDPOINT": AZURE},
            "the key of azure_openai: the environment variable AZURE_OPENAI_API_KEY is not set",
        ),
    ],
)
def test_what_azure_lacks(monkeypatch, variables, said):
    """Endpoint, key and version are asked for in whole sentences; OpenAI's key is none of Azure's."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError) as refused:
        build(config("azure"))

    assert str(refused.value) == said
