"""Who is asked: names and addresses of role models, what they share, and how long each is waited for."""

from typing import Any

import pytest
from langchain_core.language_models import FakeListChatModel
from langchain_core.runnables import RunnableLambda
from langchain_openai import ChatOpenAI

from selfinstruct_chains import load_config
from selfinstruct_chains.config import ModelConfig
from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.models.faults import Endpoint
from selfinstruct_chains.models.limits import Gate
from selfinstruct_chains.models.own import own_model
from selfinstruct_chains.models.registry import (
    ConfiguredModel,
    check_model,
    describe,
    endpoint,
    has_schema,
    name_of,
    patience,
    patiences,
    who,
)
from selfinstruct_chains.models.replying import Replying
from selfinstruct_chains.testing import ScriptedChat

HERE = "http://127.0.0.1:9/v1"


def config(**values: Any) -> ModelConfig:
    return ModelConfig(**{"provider": "openai", "kind": "chat", "name": "m", **values})


def scripted() -> ScriptedChat:
    return ScriptedChat(reply=lambda prompt, seed: "")


def openai(**values: Any) -> ChatOpenAI:
    return ChatOpenAI(**{"model": "m", "api_key": "k", **values})


@pytest.mark.parametrize(
    ("values", "name", "described"),
    [
        ({}, "openai: m", "openai: m"),
        ({"base_url": HERE}, "openai: m", f"openai: m at {HERE}"),
        ({"base_url": f"{HERE}?key=secret"}, "openai: m", f"openai: m at {HERE}"),
        ({"provider": "groq", "name": "openai/gpt-oss"}, "groq: gpt-oss", "groq: gpt-oss"),
        ({"provider": "embedded", "name": "/home/me/m.gguf"}, "embedded: m.gguf", "embedded: m.gguf"),
    ],
)
def test_how_a_configured_model_is_called(values, name, described):
    """By provider and name, for messages with its address; no path and no secret is told."""
    model = ConfiguredModel(config(**values))

    assert (model.get_name(), describe(model.config)) == (name, described)
    assert (model.kind, ConfiguredModel(config(kind="completion")).kind) == ("chat", "completion")


def test_what_tells_endpoints_apart():
    """Provider, name and address of what is configured; of the caller's own, the model inside."""
    model = scripted()
    own = FakeListChatModel(responses=[""])

    assert endpoint(ConfiguredModel(config(base_url=HERE, temperature=1))) == ("openai", "m", HERE)
    assert endpoint(own_model(model.with_retry())) == endpoint(own_model(model | str)) == id(model)
    assert endpoint(own_model(model.with_fallbacks([own]))) == id(model)
    assert endpoint(Replying(model)) == endpoint(model) == id(model)


@pytest.mark.parametrize(
    ("given", "name"),
    [
        (openai(), "m"),
        (openai().with_retry(), "m"),
        (openai().with_fallbacks([openai(temperature=0)]), "m"),
        (openai().with_fallbacks([openai(model="other")]), None),
        (openai().with_fallbacks([scripted()]), None),
        (scripted(), None),
        (RunnableLambda(str), None),
    ],
)
def test_names(given, name):
    """A model's name, where all that answer are of one name and say it."""
    assert name_of(own_model(given)) == name
    assert name_of(ConfiguredModel(config(name="mine"))) == "mine"


class Named(FakeListChatModel):
    """A model that has its name under the other word, and of whatever type."""

    responses: Any = ("",)
    model: Any


@pytest.mark.parametrize(("given", "name"), [("m", "m"), (5, None), (None, None)])
def test_names_under_another_word(given, name):
    """What is no text is no name."""
    assert name_of(own_model(Named(model=given))) == name


def test_who():
    """A configured model's key may stand in its provider's variables; of one's own nothing is known but its name."""
    file = config(provider="google_genai")

    assert who(ConfiguredModel(file), file, 5.0) == Endpoint(
        "google_genai: m", ("GOOGLE_API_KEY", "GEMINI_API_KEY"), 5.0
    )
    local = config(provider="vllm")
    assert who(ConfiguredModel(local), local, 5.0) == Endpoint("vllm: m", (), 5.0)
    assert who(own_model(scripted()), file, 5.0) == Endpoint("ScriptedChat", (), 5.0)


def test_patience():
    """A role's calls have the chain file's time limit and patience, behind the gate that is given."""
    chain = load_config("openai", {"run.patience": 77, "run.max_failing_share": 0.3, "model.timeout": 9})
    gate = Gate(3)
    found = patience(ConfiguredModel(chain.model), chain.model, chain, gate)

    assert (found.what, found.timeout, found.patience) == (f"openai: {chain.model.name}", 9, 77)
    assert found._endpoint == Endpoint(f"openai: {chain.model.name}", ("OPENAI_API_KEY",), 77)
    assert (found.gate, found._max_failing_share) == (gate, 0.3)


ROLES = ("instructions", "classification", "input_first", "output_first")


@pytest.mark.parametrize(
    ("limits", "requests", "tokens"),
    [
        ({}, None, None),
        ({"model.requests_per_minute": 50}, 50, None),
        ({"model.tokens_per_minute": 9000}, None, 9000),
        (
            {
                "model.requests_per_minute": 50,
                "instances.input_first.model.requests_per_minute": 40,
                "instances.output_first.model.tokens_per_minute": 7000,
                "classification.model.tokens_per_minute": 8000,
            },
            40,
            7000,
        ),
    ],
)
def test_the_lowest_limit_counts(limits, requests, tokens):
    """Of the roles that share a gate, the lowest of each limit holds for all, and none where none has one."""
    chain = load_config("openai", limits)
    found = patiences({role: ConfiguredModel(chain.model_for(role)) for role in ROLES}, chain, 6)
    gates = {id(one.gate): one.gate for one in found.values()}

    assert list(found) == list(ROLES)
    [gate] = gates.values()
    assert (gate.most, gate._requests, gate._tokens) == (6, requests, tokens)


@pytest.mark.parametrize(
    ("values", "schema"),
    [
        ({"api_key_env": "KEY"}, True),
        ({"api_key_env": "KEY", "kind": "completion"}, False),
        ({"provider": "deepseek", "api_key_env": "KEY"}, False),
        ({"provider": "vllm", "kind": "completion"}, True),
        ({"provider": "embedded", "name": "no/such.gguf"}, True),
    ],
)
def test_schemas(monkeypatch, values, schema):
    """Whether replies can be held to one, without a call."""
    monkeypatch.setenv("KEY", "dummy")

    assert has_schema(config(**values)) is schema


def test_the_embedded_model_is_checked():
    """Its weights have to be there, and its settings be its own; nothing is started."""
    embedded = config(provider="embedded", name="smollm2-135m-instruct")

    assert check_model(embedded, "json_schema", "logprob") == []
    with pytest.raises(ConfigError, match="can't read"):
        check_model(embedded.model_copy(update={"name": "no/such.gguf"}))
    with pytest.raises(ConfigError, match=r"model\.extra\.nothing: embedded takes no such parameter"):
        check_model(embedded.model_copy(update={"extra": {"nothing": 1}}))


async def test_connections(server, model_at):
    """A model connects once for a loop, and anew after it was closed; closing twice is nothing."""
    model = model_at(server)
    await model.connect()
    first = list(model._by_loop.values())
    await model.connect()
    assert list(model._by_loop.values()) == first

    for _ in range(2):
        await model.aclose()
        assert not model._by_loop
    await model.connect()
    [again] = model._by_loop.values()
    client = again.model.model.http_async_client
    assert not client.is_closed
    await model.aclose()

    assert client.is_closed
    assert again is not first[0]
    assert again.model._longest == 16 * 2**20
    assert (again.model.kind, again.model.provider, again.model.send_seed) == ("chat", "openai", None)
