"""A call to what the user gave: its options, its replies and its errors are its own."""

from typing import Any

import pytest
from langchain_core.exceptions import OutputParserException
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompt_values import StringPromptValue
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import ConfigurableField, Runnable, RunnableBranch, RunnableLambda
from pydantic import Field

from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.models.own import own_model
from selfinstruct_chains.testing import Reply, ScriptedChat, ScriptedCompletion

PROMPT = StringPromptValue(text="Say hello.")


class Keeping(ScriptedChat):
    """Keeps the stop strings that it is given."""

    stops: list[Any] = Field(default_factory=list)

    async def _agenerate(self, messages: Any, stop: Any = None, run_manager: Any = None, **kwargs: Any) -> Any:
        self.stops.append(stop)
        return self._generate(messages)


def keeping(text: str, tokens: int = 5) -> Keeping:
    return Keeping(reply=lambda prompt, seed: Reply(text, output_tokens=tokens))


class Asks(Runnable):
    """A question that is put to another role model, in the middle of a call."""

    def __init__(self, model: Any) -> None:
        self.model = own_model(model)

    def invoke(self, input: Any, config: Any = None, **kwargs: Any) -> bool:
        return self.model.invoke(input).text == "yes"

    async def ainvoke(self, input: Any, config: Any = None, **kwargs: Any) -> bool:
        return (await self.model.ainvoke(input, stop=["theirs"])).text == "yes"


async def test_a_call_within_a_call():
    """It has its own options and replies, and the outer one goes on with its own."""
    inner, outer = keeping("yes", 7), keeping("Hello", 9)
    model = own_model(RunnableBranch((Asks(inner.with_retry()), outer), keeping("No")))
    reply = await model.ainvoke(PROMPT, stop=["ours"])

    assert (inner.stops, outer.stops) == ([["theirs"]], [["ours"]])
    assert reply.text == "Hello"
    assert reply.usage_metadata["output_tokens"] == 9


async def test_a_parser_that_refuses():
    """What the last model said is the reply; where none said anything, the error is the user's."""

    def refuse(given: Any) -> Any:
        raise OutputParserException("no such word")

    one, two = keeping("one"), keeping("two")
    reply = await own_model(one | StrOutputParser() | two | RunnableLambda(refuse)).ainvoke(PROMPT)

    assert (reply.text, reply.usage_metadata["output_tokens"]) == ("two", 10)
    with pytest.raises(OutputParserException, match="no such word"):
        await own_model(RunnableLambda(refuse)).ainvoke(PROMPT)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (StrOutputParser(), "a StrOutputParser is no model; give the model, or model | parser"),
        (
            ChatPromptTemplate.from_template("Hi"),
            "a ChatPromptTemplate is no model; give the model, or model | parser",
        ),
        (
            5,
            (
                "a model is a LangChain Runnable from a prompt to a message, text or a structure, not 5: give a chat "
                "model, an LLM, or what LangChain makes of one"
            ),
        ),
        (
            print,
            (
                "a model is a LangChain Runnable from a prompt to a message, text or a structure, not a "
                "builtin_function_or_method: wrap it in RunnableLambda"
            ),
        ),
    ],
)
def test_what_is_no_model(given, said):
    """The whole sentence."""
    with pytest.raises(ConfigError) as refused:
        own_model(given)

    assert str(refused.value) == said


def test_what_is_one_already():
    """A role model stays itself, and knows what it was given."""
    given = keeping("Hello").configurable_fields(seed=ConfigurableField(id="seed"))
    model = own_model(given)

    assert own_model(model) is model
    assert model.given is given
    assert [spec.id for spec in model.config_specs] == ["seed"]


def test_kinds():
    """By the first model's family; what is no model at all is given messages."""
    completion = ScriptedCompletion(reply=lambda prompt, seed: "Hello")
    function = RunnableLambda(str)

    assert [own_model(given).kind for given in (completion, keeping(""), function, function | completion)] == [
        "completion",
        "chat",
        "chat",
        "completion",
    ]
    assert own_model(function.with_fallbacks([completion])).kind == "completion"
