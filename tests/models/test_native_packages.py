"""What the classes of Mistral, Cohere and Amazon are made with, by stand-ins for their packages.

That the real classes take it, the tests marked `providers` say.
"""

import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import httpx
import pytest
from langchain_core.language_models import FakeListChatModel
from pydantic import Field

from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.models.http import GuardedSession
from selfinstruct_chains.models.providers import build
from tests.models.keyed import HERE, config, keyed, seen


@pytest.fixture(autouse=True)
def _variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY", "sk-test")
    monkeypatch.setenv("TEAM", "blue")
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)


class ChatMistralAI(FakeListChatModel):
    """Stands in for Mistral's."""

    responses: Any = ("Hello",)
    model: str
    api_key: str
    base_url: str = ""
    client: Any = None
    async_client: Any = None
    max_retries: int = 5
    temperature: float | None = 0.7
    top_p: float | None = 1


def test_mistral(monkeypatch):
    """Its two clients are ours, with address, key and headers; it tries once, and has no sampling of its own."""
    monkeypatch.setitem(sys.modules, "langchain_mistralai", SimpleNamespace(ChatMistralAI=ChatMistralAI))
    model = build(keyed("mistralai", top_p=0.5))
    given = build(keyed("mistralai", base_url=HERE, temperature=0.3), async_client=model.async_client)

    assert [type(client) for client in (model.client, model.async_client)] == [httpx.Client, httpx.AsyncClient]
    for client in (model.client, model.async_client):
        assert (client.base_url, client.timeout.read) == ("https://api.mistral.ai/v1/", 7)
        assert (client.headers["Authorization"], client.headers["X-Team"]) == ("Bearer sk-test", "blue")
    assert seen(model, "api_key", "base_url", "max_retries", "temperature", "top_p") == {
        "api_key": "sk-test",
        "base_url": "",
        "max_retries": 1,
        "temperature": None,
        "top_p": 0.5,
    }
    assert given.async_client is model.async_client
    assert seen(given, "base_url", "temperature", "top_p") == {"base_url": HERE, "temperature": 0.3, "top_p": None}


def _sdk(headers: dict[str, str] | None) -> Any:
    wrapper = SimpleNamespace(httpx_client=SimpleNamespace(httpx_client=None), _headers=headers)
    return SimpleNamespace(_client_wrapper=wrapper)


class ChatCohere(FakeListChatModel):
    """Stands in for Cohere's: keeps what each call sends."""

    responses: Any = ("Hello",)
    model: str
    cohere_api_key: str
    base_url: str = ""
    timeout_seconds: float = 300
    client: Any = None
    async_client: Any = None
    sent: list[Any] = Field(default_factory=list)

    def model_post_init(self, context: Any) -> None:
        super().model_post_init(context)
        self.client, self.async_client = _sdk({"X-Own": "1"}), _sdk(None)

    def _generate(self, messages: Any, stop: Any = None, run_manager: Any = None, **kwargs: Any) -> Any:
        self.sent.append(("now", kwargs))
        return super()._generate(messages)

    async def _agenerate(self, messages: Any, stop: Any = None, run_manager: Any = None, **kwargs: Any) -> Any:
        self.sent.append(("later", kwargs))
        return super()._generate(messages)


@pytest.fixture
def _cohere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Our class for Cohere, made of the stand-in."""
    monkeypatch.setitem(sys.modules, "langchain_cohere", SimpleNamespace(ChatCohere=ChatCohere))
    monkeypatch.setitem(sys.modules, "selfinstruct_chains.models.cohere", ModuleType("forgotten"))
    del sys.modules["selfinstruct_chains.models.cohere"]


@pytest.mark.usefixtures("_cohere")
def test_cohere():
    """The clients inside its clients are ours, which send its headers and the chain file's."""
    mine = httpx.AsyncClient()
    model = build(keyed("cohere", base_url=HERE), async_client=mine)
    own = build(config("cohere", api_key_env="KEY"))
    now, later = model.client._client_wrapper, model.async_client._client_wrapper

    assert seen(model, "cohere_api_key", "base_url", "timeout_seconds") == {
        "cohere_api_key": "sk-test",
        "base_url": HERE,
        "timeout_seconds": 7,
    }
    assert own.base_url == ""
    assert type(now.httpx_client.httpx_client) is httpx.Client
    assert later.httpx_client.httpx_client is mine
    assert (now._headers, later._headers) == ({"X-Own": "1", "X-Team": "blue"}, {"X-Team": "blue"})
    assert type(own.async_client._client_wrapper.httpx_client.httpx_client) is httpx.AsyncClient


@pytest.mark.usefixtures("_cohere")
async def test_what_cohere_is_sent():
    """A call's options over the model's, by the names of the API, and no retries, at both sides."""
    model = build(keyed("cohere", top_p=0.5, max_tokens=50, extra={"top_k": 3}))
    replies = [model.invoke("Hi", max_tokens=70), await model.ainvoke("Hi", max_tokens=70)]
    sent = {"max_tokens": 70, "p": 0.5, "k": 3, "presence_penalty": None, "frequency_penalty": None, "seed": None}
    sent |= {"safety_mode": None, "thinking": None, "request_options": {"max_retries": 0}}

    assert [reply.text for reply in replies] == ["Hello", "Hello"]
    assert model.sent == [("now", sent), ("later", sent)]


class ChatBedrockConverse(FakeListChatModel):
    """Stands in for Amazon's."""

    responses: Any = ("Hello",)
    model: str
    config: Any
    base_url: str = ""
    region_name: str = ""
    default_headers: dict[str, str] = Field(default_factory=dict)
    signer: Any = None
    client: Any = None

    def model_post_init(self, context: Any) -> None:
        super().model_post_init(context)
        signer = SimpleNamespace(**SIGNERS[self.model])
        self.client = SimpleNamespace(_request_signer=signer, _endpoint=SimpleNamespace(http_session="botocore's"))


SIGNERS = {
    "m": {"_credentials": "keys", "_auth_token": None},
    "token": {"_credentials": None, "_auth_token": "token"},
    "nobody": {"_credentials": None, "_auth_token": None},
}


@pytest.fixture
def regions(monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """Stand-ins for AWS's packages; what a profile has for a region is the last of the list."""
    found: list[str | None] = [None]
    session = lambda: SimpleNamespace(region_name=found[-1])  # noqa: E731
    monkeypatch.setitem(sys.modules, "langchain_aws", SimpleNamespace(ChatBedrockConverse=ChatBedrockConverse))
    monkeypatch.setitem(sys.modules, "botocore.config", SimpleNamespace(Config=dict))
    monkeypatch.setitem(sys.modules, "boto3", SimpleNamespace(Session=session))
    return found


WAITS = {"connect_timeout": 10, "read_timeout": 7, "retries": {"total_max_attempts": 1}}


def test_bedrock(monkeypatch, regions):
    """One attempt, our waits, no proxy for this machine, and a session that is bounded."""
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    here = build(config("bedrock", base_url=HERE, headers_env={"X-Team": "TEAM"}))
    plain = build(config("bedrock", name="token"))

    assert (here.config, plain.config) == (WAITS | {"proxies": {}}, WAITS)
    assert (here.base_url, plain.base_url) == (HERE, "")
    assert (here.default_headers, plain.default_headers) == ({"X-Team": "blue"}, {})
    assert here.disable_streaming is True
    for model in (here, plain):
        assert isinstance(model.client._endpoint.http_session, GuardedSession)


@pytest.mark.parametrize(
    ("variable", "profile", "extra"),
    [("eu-west-1", None, {}), (None, "eu-west-1", {}), (None, None, {"region_name": "eu-west-1"})],
)
def test_a_region_for_bedrock(monkeypatch, regions, variable, profile, extra):
    """It may stand in the environment, in a profile, or in the chain file."""
    regions.append(profile)
    if variable:
        monkeypatch.setenv("AWS_REGION", variable)

    assert build(config("bedrock", extra=extra)).region_name == extra.get("region_name", "")


@pytest.mark.parametrize(
    ("name", "region", "said"),
    [
        ("m", None, "no region: set AWS_REGION, or model.extra.region_name"),
        (
            "nobody",
            "eu-west-1",
            (
                "no credentials: set AWS_BEARER_TOKEN_BEDROCK, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or "
                "AWS_PROFILE"
            ),
        ),
    ],
)
def test_what_bedrock_lacks(regions, name, region, said):
    """A region that stands nowhere, and credentials, are asked for before the first call."""
    regions.append(region)
    with pytest.raises(ConfigError) as refused:
        build(config("bedrock", name=name))

    assert str(refused.value) == f"provider 'bedrock_converse': {said}"
