"""What each provider's real client sends for a chain file's values: these, once, and past every proxy on loopback."""

import json
import logging
from contextlib import nullcontext

import pytest
from langchain_core.prompt_values import StringPromptValue

from selfinstruct_chains import load_config
from selfinstruct_chains.config import ModelConfig
from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.models.extra import refuse_reserved
from selfinstruct_chains.models.listing import listed, unlisted
from selfinstruct_chains.models.providers import build
from selfinstruct_chains.models.registry import ConfiguredModel, check_model
from selfinstruct_chains.models.services import SERVICES
from selfinstruct_chains.testing.server import ScriptedServer
from tests.models.conftest import CLIENTS, MODELS, OTHERS, PACKAGED

pytestmark = [
    pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:The `_model_construct`:DeprecationWarning"),
]
PROMPT = StringPromptValue(text="Say hello.")
SAMPLING = {
    *("temperature", "top_p", "topP", "p", "top_k", "k", "n", "best_of", "candidateCount", "num_predict", "seed"),
    *("presence_penalty", "presencePenalty", "frequency_penalty", "frequencyPenalty", "random_seed", "logprobs"),
    *("max_tokens", "max_completion_tokens", "maxOutputTokens", "maxTokens", "stop", "stop_sequences", "safe_prompt"),
}
"""What a request may say of how to answer, by all its names."""
NEEDED = {"anthropic": {"max_tokens"}}
"""What an API refuses to be without: https://docs.anthropic.com/en/api/messages."""


def _keys(body) -> set[str]:
    if isinstance(body, dict):
        return {key for key, value in body.items() if value is not None} | {k for v in body.values() for k in _keys(v)}
    return {key for value in body for key in _keys(value)} if isinstance(body, list) else set()


async def _ask(config: ModelConfig, **options) -> str:
    model = ConfiguredModel(config)
    try:
        return (await model.ainvoke(PROMPT, **options)).text
    finally:
        await model.aclose()


@pytest.mark.parametrize(("provider", "form"), CLIENTS)
async def test_nothing_is_sent_that_is_not_said(server, at, provider, form):
    """Where the chain file leaves sampling to the provider, so does the request: no default of LangChain's goes."""
    assert await _ask(at(server, provider, form)) == "Hello"

    assert _keys(server.asked[-1].body) & SAMPLING == NEEDED.get(provider, set())


@pytest.mark.parametrize(("provider", "form"), CLIENTS)
async def test_what_is_said_is_sent(server, at, provider, form):
    """Temperature, nucleus and limit arrive, with the values of the chain file."""
    assert await _ask(at(server, provider, form, temperature=0.3, top_p=0.6, max_tokens=77)) == "Hello"

    body = json.dumps(server.asked[-1].body)
    assert [value in body for value in ("0.3", "0.6", "77")] == [True] * 3


@pytest.mark.parametrize(("provider", "form"), CLIENTS)
async def test_no_proxy_for_this_machine(  # noqa: PLR0913, PLR0917
    server, at, monkeypatch, unused_tcp_port, provider, form
):
    """No client asks a proxy for an address on this machine, whichever variable names one."""
    for variable in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(variable, f"http://127.0.0.1:{unused_tcp_port}")

    assert await _ask(at(server, provider, form)) == "Hello"


@pytest.mark.parametrize(("provider", "form"), CLIENTS)
async def test_one_request_for_an_attempt(at, provider, form):
    """No SDK tries again by itself: how often is asked is the chain file's patience."""
    with ScriptedServer(lambda prompt, seed: "Hello", faults=lambda asked: "503") as failing:
        with pytest.raises(Exception):  # noqa: B017, PT011 - each client has its own
            await _ask(at(failing, provider, form))

        assert len(failing.asked) == 1


@pytest.mark.parametrize(("provider", "form"), [("openai", "chat"), ("openai", "completion"), ("anthropic", "chat")])
async def test_a_proxy_is_asked_for_another_machine(server, monkeypatch, caplog, provider, form):
    """It gets the request for a remote address, and nobody warns that it would not."""
    monkeypatch.setenv("HTTP_PROXY", server.url)
    remote = "http://llm.example.test" + "/v1" * (provider == "openai")
    monkeypatch.setenv("KEY", "dummy")
    config = ModelConfig(provider=provider, kind=form, name="m", base_url=remote, api_key_env="KEY", timeout=5)
    with caplog.at_level(logging.WARNING):
        assert await _ask(config) == "Hello"

    assert "llm.example.test" in server.asked[-1].headers["Host"]
    assert not caplog.records


RESERVED = [
    *("streaming", "disable_streaming", "use_responses_api", "n", "best_of", "max_retries", "timeout"),
    *("request_timeout", "base_url", "api_key", "model", "model_name", "stop", "seed"),
    *("max_tokens", "temperature", "top_p", "response_format", "tools", "callbacks", "cache"),
    *(
        "http_client",
        "http_async_client",
        "client_kwargs",
        "default_headers",
        "num_predict",
        "max_output_tokens",
        "format",
    ),
    *("logprobs", "rate_limiter"),
]


@pytest.mark.parametrize("key", RESERVED)
@pytest.mark.parametrize("provider", ["openai", "groq", "anthropic", "ollama", "google_genai", "embedded", "community"])
def test_reserved_keys_of_extra(provider, key):
    """What this program sets can't be set again, whichever class would get it; the message names the setting."""
    config = ModelConfig(provider=provider, kind="chat", name="m", base_url=None, extra={key: 1})

    with pytest.raises(ConfigError, match=rf"model\.extra\.{key}: this is set by this program; \w+"):
        check_model(config)


@pytest.mark.parametrize("within", ["extra_body", "model_kwargs"])
def test_reserved_keys_of_the_body(within):
    """Nor below `extra_body`, which would overrule the request; what is the server's own may stand there."""
    config = load_config("openai", {f"model.extra.{within}": {"min_p": 0.1, "stream": True}})
    with pytest.raises(ConfigError, match=rf"model\.extra\.{within}\.stream: this is set by this program"):
        refuse_reserved(config.model)

    refuse_reserved(load_config("vllm").model)


@pytest.mark.parametrize(
    ("provider", "extra"),
    [
        ("openai", {"logit_bias": 3}),
        ("anthropic", {"thinking": 3}),
        ("ollama", {"num_ctx": "many"}),
        ("groq", {"user": {}}),
    ],
)
def test_whatever_a_class_refuses(monkeypatch, provider, extra):
    """A value that a class does not take is one line, with the provider and the parameter."""
    monkeypatch.setenv("KEY", "dummy")
    with pytest.raises(ConfigError, match=next(iter(extra))):
        check_model(ModelConfig(provider=provider, kind="chat", name="m", api_key_env="KEY", extra=extra))


@pytest.mark.parametrize("name", SERVICES)
def test_services(monkeypatch, name):
    """A service needs its name alone: its address is known, and its key is taken from its own variable."""
    for variable in SERVICES[name].keys:
        monkeypatch.setenv(variable, "dummy")
    model = build(ModelConfig(provider=name, kind="chat", name="m"))

    assert str(model.root_client.base_url).rstrip("/") == SERVICES[name].address
    assert model.root_client.api_key == ("dummy" if SERVICES[name].keys else "none")
    assert model.root_client.max_retries == 0


def test_sampling_that_is_optional(monkeypatch):
    """What a model does not take of it is left out and told; what it takes is sent."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", "dummy")
    config = load_config("vllm", {"model.provider": "claude", "model.name": "claude-sonnet-5-5"}).instructions.model

    notes = check_model(config)
    assert [note.split(" ", 1)[0] for note in notes] == ["presence_penalty", "top_p"]
    assert build(config).model_kwargs == {}
    older = config.model_copy(update={"name": "claude-3-5-haiku-20241022", "optional": ("presence_penalty", "top_p")})
    assert build(older).temperature == 1


@pytest.mark.providers
@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({}, "no region: set AWS_REGION, or model.extra.region_name"),
        ({"AWS_BEARER_TOKEN_BEDROCK": "dummy"}, "no region: set AWS_REGION"),
        ({"AWS_DEFAULT_REGION": "eu-west-1"}, "no credentials: set AWS_BEARER_TOKEN_BEDROCK, or AWS_ACCESS_KEY_ID and"),
        ({"AWS_REGION": "eu-west-1", "AWS_BEARER_TOKEN_BEDROCK": "dummy"}, None),
    ],
)
def test_what_aws_lacks(monkeypatch, tmp_path, given, missing):
    """A region or credentials that are missing are named before the first call."""
    for variable in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(variable, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for variable, value in given.items():
        monkeypatch.setenv(variable, value)
    config = ModelConfig(provider="bedrock", kind="chat", name="m")

    with nullcontext() if missing is None else pytest.raises(ConfigError, match=missing):
        check_model(config)


@pytest.mark.parametrize(("provider", "form"), [*MODELS, *OTHERS[:-1], *PACKAGED])
async def test_list_of_models(at, provider, form):
    """The provider's list is asked, and a name that it lacks is told with the nearest."""
    with ScriptedServer(lambda prompt, seed: "Hello", models=["small-2", "large-2"]) as server:
        config = at(server, provider, form, name="smal-2")
        if provider == "bedrock_converse":
            assert await listed(config) is None
            return

        assert await listed(config) == ["small-2", "large-2"]
        assert await unlisted(config) == f"{config.provider} lists no model 'smal-2' (did you mean 'small-2'?)"
        assert await unlisted(config.model_copy(update={"name": "large"})) is None


async def test_no_list(at):
    """A provider that gives no list says nothing about a name."""
    with ScriptedServer(lambda prompt, seed: "Hello", faults=lambda asked: "404") as server:
        assert await unlisted(at(server, "openai")) is None
