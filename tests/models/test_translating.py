"""A call's neutral options, and what becomes of them for each family's class: whole dicts, without a call."""

from typing import Any

import pytest
from langchain_anthropic import ChatAnthropic
from langchain_core.language_models import FakeListChatModel
from langchain_ollama import ChatOllama, OllamaLLM
from langchain_openai import ChatOpenAI
from langchain_openai.chat_models.base import BaseChatOpenAI

from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.models.translating import shaped_by, translate
from selfinstruct_chains.testing import ScriptedChat

SCHEMA = {"type": "object"}
NAMED = {"type": "json_schema", "json_schema": {"name": "reply", "strict": True, "schema": SCHEMA}}


class ChatMistralAI(FakeListChatModel):
    """By its name, of a family that has another word for a seed."""

    responses: Any = ("Hello",)


def openai(**values: Any) -> ChatOpenAI:
    return ChatOpenAI(**{"model": "m", "api_key": "k", **values})


def older(**values: Any) -> BaseChatOpenAI:
    return BaseChatOpenAI(**{"model": "m", "api_key": "k", "base_url": "http://127.0.0.1:9/v1", **values})


def fake(**values: Any) -> FakeListChatModel:
    return FakeListChatModel(responses=["Hello"])


def ollama(**values: Any) -> ChatOllama:
    return ChatOllama(model="m", **values)


def ollama_llm(**values: Any) -> OllamaLLM:
    return OllamaLLM(model="m", **values)


def anthropic(**values: Any) -> ChatAnthropic:
    return ChatAnthropic(**{"model": "m", "api_key": "k", **values})


def scripted(**values: Any) -> ScriptedChat:
    return ScriptedChat(reply=lambda prompt, seed: "Hello")


@pytest.mark.parametrize(
    ("make", "options", "native"),
    [
        (openai, {}, {}),
        (openai, {"stop": ["x"], "max_tokens": None, "seed": None, "top_logprobs": None}, {"stop": ["x"]}),
        (openai, {"max_tokens": 50}, {"max_completion_tokens": 50}),
        (openai, {"max_tokens": 50, "larger": 1}, {"max_completion_tokens": 50}),
        (openai, {"max_tokens": 50, "larger": 3}, {"max_completion_tokens": 150}),
        (openai, {"max_tokens": 0}, {}),
        (openai, {"larger": 2}, {}),
        (older, {"max_tokens": 50}, {"max_tokens": 50}),
        (fake, {"max_tokens": 50, "larger": 2}, {}),
        (openai, {"seed": 7}, {"seed": 7}),
        (openai, {"seed": 0}, {"seed": 0}),
        (fake, {"seed": 7}, {}),
        (ChatMistralAI, {"seed": 7}, {"random_seed": 7}),
        (openai, {"top_logprobs": 5}, {"logprobs": True, "top_logprobs": 5}),
        (openai, {"top_logprobs": 50}, {"logprobs": True, "top_logprobs": 20}),
        (openai, {"json_schema": SCHEMA}, {"extra_body": {"response_format": NAMED}}),
        (openai, {"json_mode": SCHEMA}, {"extra_body": {"response_format": {"type": "json_object"}}}),
        (scripted, {"json_schema": SCHEMA, "stop": ["x"]}, {"json_schema": SCHEMA, "stop": ["x"]}),
        (anthropic, {"stop": ["\n", "x", " "]}, {"stop": ["x"]}),
        (anthropic, {"stop": ["\n"], "max_tokens": 5}, {"max_tokens": 5}),
        (ollama, {}, {}),
        (ollama, {"json_schema": SCHEMA}, {"format": SCHEMA}),
        (ollama, {"stop": ["x"], "seed": 7}, {"options": {"stop": ["x"], "seed": 7}}),
        (ollama_llm, {}, {"raw": True}),
        (ollama_llm, {"max_tokens": 50}, {"raw": True, "options": {"num_predict": 50}}),
    ],
)
def test_of_a_call(make, options, native):
    """Each option stands under its family's name; what is None, and what the family lacks, is left out."""
    assert translate(make(), None, options) == native


@pytest.mark.parametrize(
    ("make", "options", "native"),
    [
        (lambda: openai(max_tokens=100), {"larger": 1}, {}),
        (lambda: openai(max_tokens=100), {"larger": 2}, {"max_completion_tokens": 200}),
        (lambda: openai(max_tokens=100), {"max_tokens": 50, "larger": 2}, {"max_completion_tokens": 100}),
        (lambda: ollama(num_predict=100), {"larger": 2}, {"options": {"num_predict": 200}}),
        (lambda: ollama(num_predict=-1), {"larger": 2}, {}),
        (
            lambda: ollama(temperature=0.0, num_ctx=512),
            {"stop": ["x"]},
            {"options": {"temperature": 0.0, "num_ctx": 512, "stop": ["x"]}},
        ),
    ],
)
def test_over_the_models_own(make, options, native):
    """A second attempt has twice the model's own room; Ollama's options are replaced as a whole, so all go along."""
    assert translate(make(), None, options) == native


@pytest.mark.parametrize(
    ("make", "bound", "options", "native"),
    [
        (openai, {"stop": ["mine"]}, {"stop": ["ours"], "seed": 7}, {"stop": ["mine"], "seed": 7}),
        (openai, {"max_tokens": 30}, {"max_tokens": 50}, {"max_tokens": 30}),
        (openai, {"max_tokens": 30}, {"max_tokens": 50, "larger": 2}, {"max_tokens": 60}),
        (openai, {"max_completion_tokens": 30}, {"max_tokens": 50}, {"max_completion_tokens": 30}),
        (openai, {"max_completion_tokens": 30}, {"max_tokens": 50, "larger": 2}, {"max_completion_tokens": 60}),
        (openai, {"max_tokens": -1}, {"larger": 2}, {"max_tokens": -1}),
        (openai, {"extra_body": {"a": 1}}, {"seed": 7}, {"extra_body": {"a": 1}, "seed": 7}),
        (
            openai,
            {"extra_body": {"a": 1}},
            {"json_schema": SCHEMA},
            {"extra_body": {"response_format": NAMED, "a": 1}},
        ),
        (openai, {"tools": []}, {"json_schema": SCHEMA, "seed": 7}, {"tools": [], "seed": 7}),
        (
            lambda: ollama(temperature=0.5),
            {"options": {"num_ctx": 9}},
            {"stop": ["x"]},
            {"options": {"temperature": 0.5, "stop": ["x"], "num_ctx": 9}},
        ),
        (ollama, {"options": {"num_ctx": 9}}, {}, {"options": {"num_ctx": 9}}),
    ],
)
def test_what_is_bound_wins(make, bound, options, native):
    """What the user has bound comes along in the place of the call's, and joined to it where both have keys."""
    assert translate(make(), None, options, bound=bound) == native


@pytest.mark.parametrize(
    ("make", "send", "native"),
    [
        (openai, True, {"seed": 7}),
        (openai, False, {}),
        (fake, True, {"seed": 7}),
        (fake, None, {}),
        (ChatMistralAI, True, {"random_seed": 7}),
    ],
)
def test_a_seed_by_config(make, send, native):
    """The chain file has the last word on whether a seed goes along."""
    assert translate(make(), None, {"seed": 7}, send_seed=send) == native


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            {"json_schema": SCHEMA},
            "output: json_schema is not to be had from FakeListChatModel; use output: text, or auto",
        ),
        ({"json_mode": SCHEMA}, "output: json_mode is not to be had from FakeListChatModel; use output: text, or auto"),
        ({"top_logprobs": 1}, "decide: logprob is not to be had from FakeListChatModel; use decide: text"),
    ],
)
def test_what_is_not_to_be_had(options, said):
    """What the family has no way to give is one line with the way out."""
    with pytest.raises(ConfigError) as refused:
        translate(fake(), None, options)

    assert str(refused.value) == said


@pytest.mark.parametrize(("bound", "shaped"), [({}, False), ({"stop": []}, False), ({"tools": []}, True)])
def test_shaped_by(bound, shaped):
    """Tools, and forms of a reply, give a shape; other keywords don't."""
    assert shaped_by(bound) is shaped
