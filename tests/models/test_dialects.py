"""What the real class of each provider puts into the body of a request, for what is asked of it in neutral words."""

import gc
from collections.abc import AsyncIterator
from importlib import import_module
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from langchain_core.messages import HumanMessage
from langchain_core.prompt_values import ChatPromptValue

from selfinstruct_chains.config import ModelConfig
from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.models.forms import forms
from selfinstruct_chains.models.providers import build
from selfinstruct_chains.models.replying import Replying

pytestmark = [
    pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning"),
    # LangChain's classes have no way to close the clients that they make.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
SCHEMA = {
    "type": "object",
    "properties": {"a": {"type": "string", "maxLength": 9}},
    "required": ["a"],
    "additionalProperties": False,
}
SENT = {**SCHEMA, "properties": {"a": {"type": "string"}}}
NAMED = {"type": "json_schema", "json_schema": {"name": "reply", "strict": True, "schema": SENT}}
JSON = {"type": "json_object"}
PROMPT = ChatPromptValue(messages=[HumanMessage("Hi")])
KEY = {"api_key": "k", "model": "m", "max_tokens": 50}
OPENAI = {**KEY, "base_url": "{url}"}

CLASSES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "groq": ("langchain_groq", "ChatGroq", OPENAI),
    "mistralai": ("langchain_mistralai", "ChatMistralAI", {**OPENAI, "max_retries": 1}),
    "openrouter": ("langchain_openrouter", "ChatOpenRouter", OPENAI),
    "fireworks": ("langchain_fireworks", "ChatFireworks", OPENAI),
    "together": ("langchain_together", "ChatTogether", OPENAI),
    "deepseek": ("langchain_deepseek", "ChatDeepSeek", {**KEY, "api_base": "{url}"}),
    "xai": ("langchain_xai", "ChatXAI", {**KEY, "xai_api_base": "{url}"}),
    "cohere": ("langchain_cohere", "ChatCohere", {"cohere_api_key": "k", "model": "m", "base_url": "{url}"}),
    "openai": ("langchain_openai", "ChatOpenAI", OPENAI),
    "base": ("langchain_openai.chat_models.base", "BaseChatOpenAI", OPENAI),
    "azure": (
        "langchain_openai",
        "AzureChatOpenAI",
        {"azure_endpoint": "{url}", "api_key": "k", "api_version": "2025-01-01", "model": "m", "max_tokens": 50},
    ),
}
"""LangChain's classes, and what makes one that calls the server at {url}."""
IN_DEV = {"openai", "base", "azure"}


def _marked(name: str, *values: Any) -> Any:
    return pytest.param(name, *values, marks=() if name in IN_DEV else pytest.mark.providers)


@pytest.fixture
async def asked() -> AsyncIterator[tuple[str, list[Any]]]:
    """A server that refuses all: its address, and the bodies of its requests."""
    bodies: list[Any] = []

    async def refuse(request: web.Request) -> web.Response:
        bodies.append(await request.json())
        refusal = web.json_response({"error": {"message": "no", "code": "no"}, "message": "no"}, status=400)
        refusal.force_close()
        return refusal

    app = web.Application()
    app.router.add_post("/{path:.*}", refuse)
    async with TestServer(app) as server:
        yield str(server.make_url("")), bodies
        gc.collect()  # the clients, while the filters above hold


async def body_of(name: str, asked: tuple[str, list[Any]], **options: Any) -> Any:
    """The body of one request."""
    url, bodies = asked
    module, class_name, values = CLASSES[name]
    made = {key: value.format(url=url) if isinstance(value, str) else value for key, value in values.items()}
    if "max_retries" not in made and name != "cohere":
        made["max_retries"] = 0
    model = getattr(import_module(module), class_name)(**made)
    with pytest.raises(Exception):  # noqa: B017, PT011 - each client has its own for the refusal
        await Replying(model).ainvoke(PROMPT, **options)
    return bodies[0]


@pytest.mark.parametrize(
    ("name", "held", "expected"),
    [
        _marked("openai", "json_schema", NAMED),
        _marked("openai", "json_mode", JSON),
        _marked("azure", "json_schema", NAMED),
        _marked("groq", "json_schema", NAMED),
        _marked("groq", "json_mode", JSON),
        _marked("mistralai", "json_schema", NAMED),
        _marked("openrouter", "json_schema", NAMED),
        _marked("fireworks", "json_schema", {"type": "json_object", "schema": SENT}),
        _marked("together", "json_schema", NAMED),
        _marked("deepseek", "json_mode", JSON),
        _marked("xai", "json_schema", NAMED),
        _marked("cohere", "json_schema", {"type": "json_object", "json_schema": SENT}),
    ],
)
async def test_json_in_each_providers_words(asked, name, held, expected):
    """A schema, or JSON mode, stands in the body as the provider's own page has it."""
    body = await body_of(name, asked, **{held: SCHEMA})

    sent = body["response_format"]
    if "json_schema" in sent:
        sent["json_schema"].pop("description", None)
    assert sent == expected


@pytest.mark.parametrize("name", [_marked(name) for name in ("openai", "groq", "openrouter", "together", "xai")])
async def test_a_tool_that_has_to_be_called(asked, name):
    """`function_calling` gives the model one tool, whose parameters are the schema, and no choice."""
    body = await body_of(name, asked, function_calling=SCHEMA)

    [tool] = body["tools"]
    assert (tool["function"]["name"], tool["function"]["parameters"]) == ("reply", SENT)
    assert body["tool_choice"] == {"type": "function", "function": {"name": "reply"}}
    assert "response_format" not in body


@pytest.mark.parametrize(
    ("name", "limit"),
    [
        _marked("openai", "max_completion_tokens"),
        _marked("azure", "max_completion_tokens"),
        _marked("base", "max_tokens"),
        *(_marked(name, "max_tokens") for name in ("groq", "mistralai", "openrouter", "fireworks", "together", "xai")),
        _marked("deepseek", "max_tokens"),
    ],
)
@pytest.mark.parametrize("larger", [1, 2])
async def test_one_limit_by_one_name(asked, name, limit, larger):
    """A request has the limit once, on the second attempt too: Azure refuses both names together."""
    body = await body_of(name, asked, larger=larger)

    assert {key: value for key, value in body.items() if key.startswith("max_")} == {limit: 50 * larger}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        *(
            _marked(name, {"seed": 7})
            for name in ("openai", "azure", "groq", "openrouter", "together", "xai", "cohere")
        ),
        _marked("fireworks", {"seed": 7}),
        _marked("mistralai", {"random_seed": 7}),
        _marked("deepseek", {}),
    ],
)
async def test_a_seed_by_its_name(asked, name, expected):
    """A seed goes along under the provider's name for it, or not at all."""
    body = await body_of(name, asked, seed=7)

    assert {key: value for key, value in body.items() if "seed" in key} == expected


@pytest.mark.parametrize(
    ("provider", "expected"), [("openai", "max_tokens"), ("vllm", "max_tokens"), ("llamacpp", "max_tokens")]
)
async def test_servers_of_ones_own_get_the_older_name(asked, provider, expected):
    """Servers that know max_tokens alone would ignore the newer name, and write without end."""
    url, bodies = asked
    model = build(ModelConfig(provider=provider, kind="chat", name="m", base_url=url, max_tokens=50))
    for larger in (1, 2):
        with pytest.raises(Exception, match="no"):
            await Replying(model, provider=provider).ainvoke(PROMPT, larger=larger)

    limits = [{key: value for key, value in body.items() if key.startswith("max_")} for body in bodies]
    assert limits == [{expected: 50}, {expected: 100}]


@pytest.mark.parametrize(
    ("values", "outputs", "sure", "system_role"),
    [
        ({"name": "gpt-6-luna"}, "json_schema function_calling json_mode text", True, True),
        ({"name": "gpt-4"}, "function_calling json_mode text", False, True),
        ({"name": "ft:mine"}, "json_schema function_calling json_mode text", False, True),
        ({"base_url": "http://127.0.0.1:9/v1"}, "json_schema function_calling json_mode text", False, None),
        ({"provider": "vllm", "base_url": "http://127.0.0.1:9/v1"}, "json_schema text", True, None),
        ({"provider": "anthropic", "name": "claude-sonnet-5-5"}, "json_schema function_calling text", True, True),
        ({"provider": "anthropic", "name": "claude-haiku-5-5"}, "function_calling text", False, True),
        ({"provider": "google_genai", "name": "gemini-3.5-flash-lite"}, "json_schema json_mode text", True, True),
        ({"provider": "google_genai", "name": "gemma-3-27b-it"}, "json_schema json_mode text", False, None),
        ({"provider": "ollama"}, "json_schema text", True, True),
        ({"provider": "embedded", "kind": "completion"}, "json_schema text", True, True),
        ({"kind": "completion"}, "text", True, True),
    ],
)
def test_what_is_known_without_a_call(monkeypatch, values, outputs, sure, system_role):
    """Profiles tell of models, the table of services, and nothing of a server of one's own."""
    monkeypatch.setenv("KEY", "k")
    key = {} if values.get("provider") in {"vllm", "embedded", "ollama"} else {"api_key_env": "KEY"}
    config = ModelConfig(**{"provider": "openai", "kind": "chat", "name": "m", **key, **values})

    assert forms(config) == (tuple(outputs.split()), sure, system_role)


@pytest.mark.parametrize("held", ["json_schema", "function_calling", "json_mode"])
async def test_what_a_family_lacks_is_said(asked, held):
    """A form that the model has no way to give is one line, and nothing is sent."""
    url, bodies = asked
    model = build(ModelConfig(provider="openai", kind="completion", name="m", base_url=url))

    with pytest.raises(ConfigError, match=f"output: {held} is not to be had from an OpenAI completion model"):
        await Replying(model).ainvoke(PROMPT, **{held: SCHEMA})
    assert not bodies
