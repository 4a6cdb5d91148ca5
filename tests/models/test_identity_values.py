"""A model's identity, whole: what is told of it and of what is around it."""

import hashlib
from functools import partial
from typing import Any

import pytest
from langchain_core.language_models import FakeListChatModel
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import ConfigurableField, RunnableLambda, RunnableParallel
from pydantic import BaseModel, SecretStr

from selfinstruct_chains.models.identity import chosen, identity
from selfinstruct_chains.models.own import own_model

HERE = __name__


class Word(BaseModel):
    """A word."""

    word: str
    token: str = "hidden"


class Small(FakeListChatModel):
    """A model with some of the parameters that shape a reply."""

    responses: Any = ("Hello",)
    model: Any = "m"
    temperature: Any = None
    top_k: Any = None
    stop: Any = None
    model_kwargs: Any = None
    base_url: str = "http://127.0.0.1:9"
    api_key: str = "secret"


class Odd:
    """What has no JSON."""


def shout(text: Any) -> str:
    return str(text).upper()


async def whisper(text: Any) -> str:
    return str(text).lower()


def of_small(**parameters: Any) -> dict[str, Any]:
    return {"class": f"{HERE}.Small", "parameters": {"model": "m", **parameters}}


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (0, 0),
        (0.5, 0.5),
        (False, False),
        ("", ""),
        ((1, 2), [1, 2]),
        ([2, 1], [2, 1]),
        ({3, 2}, [2, 3]),
        (frozenset({"b", "a"}), ["a", "b"]),
        ({"b": 1, "a": None}, {"a": None, "b": 1}),
        ({2: {"x": [Odd()]}}, {"2": {"x": [f"{HERE}.Odd"]}}),
        (
            {"api_key": "x", "url": "x", "Proxy": "x", "max_retries": 3, "headers": {}, "max_tokens": 5},
            {"max_tokens": 5},
        ),
        ({"a": SecretStr("x"), "b": 1}, {"b": 1}),
        (Word(word="a"), {"class": f"{HERE}.Word", "word": "a"}),
        (Word, {"class": f"{HERE}.Word", "schema": Word.model_json_schema()}),
        (Odd, f"{HERE}.Odd"),
        (shout, f"{HERE}.shout"),
        (partial(partial(shout), "a"), f"{HERE}.shout"),
    ],
)
def test_values(value, told):
    """In JSON's types, in an order of their own, without secrets and addresses."""
    found = identity(Small(temperature=value))

    assert found == of_small(temperature=told)
    if isinstance(told, dict):
        assert list(found["parameters"]["temperature"]) == list(told)


@pytest.mark.parametrize("nothing", [None, {}, []])
def test_nothing(nothing):
    """What is not set is not told."""
    assert identity(Small(temperature=nothing, stop=nothing, model_kwargs=nothing)) == of_small()


PARSER = {"class": "langchain_core.output_parsers.string.StrOutputParser"}
SEQUENCE = "langchain_core.runnables.base.RunnableSequence"
PARALLEL = "langchain_core.runnables.base.RunnableParallel"
TEMPLATE = ChatPromptTemplate.from_template("Say {text}")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (Small(), of_small()),
        (own_model(Small()), of_small()),
        (Small().with_retry(), of_small()),
        (Small().with_config(tags=["x"]), of_small()),
        (Small().bind(seed=1, api_key="x"), {"bound": {"seed": 1}, "model": of_small()}),
        (Small().bind(seed=1).with_retry(), {"bound": {"seed": 1}, "model": of_small()}),
        (Small().with_config(configurable={"heat": 0}), {"configured": {"heat": 0}, "model": of_small()}),
        (
            Small().bind(seed=1).with_config(configurable={"heat": 0, "api_key": "x"}),
            {"bound": {"seed": 1}, "configured": {"heat": 0}, "model": of_small()},
        ),
        (Small().configurable_fields(temperature=ConfigurableField(id="heat")), of_small()),
        (RunnableLambda(shout), {"function": f"{HERE}.shout"}),
        (RunnableLambda(whisper), {"function": f"{HERE}.whisper"}),
        (RunnableLambda(shout, afunc=whisper), {"function": f"{HERE}.shout"}),
        (StrOutputParser(), PARSER),
        (
            TEMPLATE,
            {
                "class": "langchain_core.prompts.chat.ChatPromptTemplate",
                "text": hashlib.sha256(TEMPLATE.pretty_repr().encode()).hexdigest(),
            },
        ),
        (Small() | StrOutputParser(), {"class": SEQUENCE, "parts": [of_small(), PARSER]}),
        (
            RunnableParallel(a=Small(), b=RunnableLambda(shout)),
            {"class": PARALLEL, "parts": [of_small(), {"function": f"{HERE}.shout"}]},
        ),
        (
            Small().configurable_alternatives(ConfigurableField(id="which"), default_key="one", two=Small),
            {
                "class": "langchain_core.runnables.configurable.RunnableConfigurableAlternatives",
                "parts": [of_small(), f"{HERE}.Small"],
            },
        ),
    ],
)
def test_compositions(given, told):
    """Each part by its class, in order; keywords and what is configured beside the model they are of."""
    assert identity(given) == told


def test_chosen():
    """What a call configures in the parts that there are, and no secret."""
    heat, cold = (
        Small().configurable_fields(temperature=ConfigurableField(id=name), api_key=ConfigurableField(id="api_key"))
        for name in ("heat", "cold")
    )
    configurable = {"heat": {2, 1}, "cold": 0, "which": "two", "api_key": "x", "thread_id": 5}

    assert chosen([heat, cold], configurable) == {"cold": 0, "heat": [1, 2]}
    assert chosen([heat], configurable) == {"heat": [1, 2]}
    assert chosen([], configurable) == {}
