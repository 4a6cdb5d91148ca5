"""In which forms models may be asked, told without asking: alone, together, and inside what LangChain makes of them."""

from typing import Any

import pytest
from langchain_core.language_models import FakeListChatModel, FakeListLLM
from langchain_core.output_parsers import StrOutputParser
from langchain_core.runnables import RunnableLambda, RunnableParallel, RunnablePassthrough
from langchain_openai import ChatOpenAI

from selfinstruct_chains.config import ModelConfig
from selfinstruct_chains.models.forms import TEXT, Forms, all_of, forms_of, forms_without_key, keyless
from selfinstruct_chains.models.own import own_model
from selfinstruct_chains.testing import ScriptedChat

HERE = "http://127.0.0.1:9/v1"
ALL = ("json_schema", "function_calling", "json_mode", "text")
NO_TOOLS = ("json_schema", "json_mode", "text")


class ChatBedrock(FakeListChatModel):
    """Of a family whose models are held by tools, and can't be given any."""

    responses: Any = ("Hello",)


class ChatBedrockConverse(ChatBedrock):
    """Of the same family, with tools."""

    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        return self.bind(tools=tools)


class GoogleGenerativeAI(FakeListLLM):
    """A completion model of a family some of whose chat models take no system message."""

    responses: Any = ("Hello",)


def openai(**values: Any) -> ChatOpenAI:
    return ChatOpenAI(**{"model": "gpt-6-luna", "api_key": "k", **values})


def scripted() -> ScriptedChat:
    return ScriptedChat(reply=lambda prompt, seed: "Hello")


@pytest.mark.parametrize(
    ("make", "given", "found"),
    [
        (openai, {}, Forms(ALL, sure=True, system_role=True)),
        (openai, {"provider": "openai"}, Forms(ALL, sure=True, system_role=True)),
        (openai, {"own_server": True}, Forms(ALL, sure=False, system_role=True)),
        (openai, {"tools": False}, Forms(NO_TOOLS, sure=True, system_role=True)),
        (lambda: openai(base_url=HERE), {}, Forms(ALL, sure=False, system_role=None)),
        (lambda: openai(base_url=HERE), {"provider": "openai"}, Forms(ALL, sure=False, system_role=None)),
        (lambda: openai(base_url=HERE), {"provider": "groq"}, Forms(ALL, sure=True, system_role=True)),
        (scripted, {}, Forms(("json_schema", "text"), sure=True, system_role=True)),
        (lambda: FakeListChatModel(responses=["a"]), {}, TEXT),
        (ChatBedrock, {}, Forms(("text",), sure=True, system_role=None)),
        (ChatBedrockConverse, {}, Forms(("function_calling", "text"), sure=False, system_role=None)),
        (ChatBedrockConverse, {"tools": False}, Forms(("text",), sure=True, system_role=None)),
        (GoogleGenerativeAI, {}, Forms(NO_TOOLS, sure=False, system_role=True)),
    ],
)
def test_of_one_model(make, given, found):
    """Its family says what there is, and LangChain's profile of it what it takes, but not at a server of one's own."""
    assert forms_of(make(), **given) == found


CLOSED = Forms(NO_TOOLS, sure=True, system_role=True)
TURNED = Forms(("json_mode", "json_schema", "text"), sure=True, system_role=True)
OPEN = Forms(("json_mode", "text"), sure=False, system_role=None)
WITHOUT_ROLE = Forms(("text",), sure=True, system_role=False)


@pytest.mark.parametrize(
    ("several", "found"),
    [
        ([], TEXT),
        ([CLOSED], CLOSED),
        ([CLOSED, TURNED], CLOSED),
        ([TURNED, CLOSED], TURNED),
        ([CLOSED, OPEN], Forms(("json_mode", "text"), sure=False, system_role=None)),
        ([OPEN, CLOSED], Forms(("json_mode", "text"), sure=False, system_role=None)),
        ([OPEN, OPEN], OPEN),
        ([WITHOUT_ROLE, WITHOUT_ROLE], WITHOUT_ROLE),
        ([CLOSED, WITHOUT_ROLE], Forms(("text",), sure=True, system_role=None)),
    ],
)
def test_of_several(several, found):
    """What all of them take, the first one's best first; of a system message nothing is known where they differ."""
    assert all_of(iter(several)) == found


JSON = {"type": "json_object"}


@pytest.mark.parametrize(
    ("make", "found"),
    [
        (openai, Forms(ALL, sure=True, system_role=True)),
        (lambda: openai() | StrOutputParser(), Forms(NO_TOOLS, sure=True, system_role=True)),
        (lambda: RunnableParallel(a=openai()) | str, Forms(NO_TOOLS, sure=True, system_role=True)),
        (lambda: RunnablePassthrough.assign(a=openai()), Forms(NO_TOOLS, sure=True, system_role=True)),
        (
            lambda: openai().with_fallbacks([scripted()]),
            Forms(("json_schema", "text"), sure=True, system_role=True),
        ),
        (lambda: openai().with_fallbacks([openai(base_url=HERE)]), Forms(ALL, sure=False, system_role=None)),
        (lambda: openai(base_url=HERE) | StrOutputParser() | scripted(), forms_of(scripted())),
        (lambda: openai().bind(response_format=JSON), TEXT),
        (
            lambda: openai().bind(response_format=JSON) | StrOutputParser(),
            Forms(("json_schema", "text"), sure=True, system_role=True),
        ),
        (
            lambda: openai().bind(response_format=JSON).with_fallbacks([FakeListChatModel(responses=[""])]) | str,
            TEXT,
        ),
        (lambda: RunnableLambda(str), TEXT),
    ],
)
def test_of_a_composition(make, found):
    """All that answer count; a tool's call is lost where something is made of the message."""
    assert own_model(make()).forms == found


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({"name": "gpt-6-luna"}, Forms(ALL, sure=True, system_role=True)),
        ({"name": "gpt-6-luna", "api_key_env": "UNSET"}, Forms(ALL, sure=True, system_role=True)),
        ({"name": "gpt-6-luna", "headers_env": {"X-Team": "UNSET"}}, Forms(ALL, sure=True, system_role=True)),
        ({"name": "gpt-6-luna", "base_url": HERE}, Forms(ALL, sure=False, system_role=None)),
        ({"provider": "vllm"}, Forms(("json_schema", "text"), sure=True, system_role=None)),
        (
            {"provider": "anthropic", "name": "claude-sonnet-5-5"},
            Forms(("json_schema", "function_calling", "text"), sure=True, system_role=True),
        ),
        ({"provider": "embedded", "name": "no/such.gguf"}, Forms(("json_schema", "text"), sure=True, system_role=True)),
        ({"provider": "ibm"}, TEXT),
    ],
)
def test_without_a_key(values, found):
    """What calls nothing needs no key; where the package is missing, it is text."""
    config = ModelConfig(**{"provider": "openai", "kind": "chat", "name": "m", **values})

    assert forms_without_key(config) == found


def test_keyless():
    """Neither a key nor a header is read from the environment, and an address of one's own stays."""
    values = {"provider": "openai", "kind": "chat", "name": "m", "api_key_env": "UNSET", "headers_env": {"A": "UNSET"}}
    plain, here = (keyless(ModelConfig(**values, base_url=url)) for url in (None, HERE))

    assert (plain.base_url, plain.api_key_env, plain.headers_env) == ("https://api.openai.com/v1", None, {})
    assert (here.base_url, here.api_key_env, here.headers_env) == (HERE, None, {})


@pytest.mark.parametrize(
    ("make", "schema", "logprobs"),
    [
        (openai, True, False),
        (lambda: openai(model="gpt-4.1-mini"), True, True),
        (lambda: openai(model="no-such"), True, True),
        (lambda: openai(model="no-such") | StrOutputParser(), True, True),
        (lambda: openai() | StrOutputParser() | openai(model="no-such"), True, True),
        (lambda: openai(model="no-such").with_fallbacks([openai()]), True, False),
        (lambda: openai(model="no-such").with_fallbacks([RunnableLambda(str)]), False, False),
        (scripted, True, False),
    ],
)
def test_what_is_to_be_had(make, schema, logprobs):
    """A model that reasons reports no log-probabilities, by its profile; all that answer have to."""
    model = own_model(make())

    assert (model.has_schema, model.has_logprobs) == (schema, logprobs)
