"""Any composition gives the same, run by LangChain or quietly."""

from __future__ import annotations

import asyncio
from operator import itemgetter
from typing import Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.exceptions import OutputParserException
from langchain_core.messages import AIMessage
from langchain_core.output_parsers import JsonOutputParser, StrOutputParser
from langchain_core.prompts import ChatPromptTemplate, PromptTemplate
from langchain_core.runnables import (
    Runnable,
    RunnableBranch,
    RunnableLambda,
    RunnableParallel,
    RunnablePassthrough,
    RunnablePick,
)
from langchain_core.tracers.context import collect_runs

from selfinstruct_chains.method.quiet import WouldWaitError, at_once, evaluate, run

PROMPT = ChatPromptTemplate.from_messages([("system", "Be {mood}."), ("human", "Say {word}.")]).partial(mood="brief")
MODEL: Runnable[Any, Any] = RunnableLambda(lambda prompt: AIMessage(content=f"<{prompt.to_string()}>"))


def _fails(value: Any) -> Any:
    raise OutputParserException(f"not {value}")


async def _options(value: Any, **kwargs: Any) -> str:
    await asyncio.sleep(0)
    return f"{value} {sorted(kwargs.items())}"


async def _tags(value: Any, config: Any) -> str:
    return f"{value} {sorted(config['tags'])} {config['metadata'].get('a')}"


FAILING: Runnable[Any, Any] = RunnableLambda(_fails)
CONDITION = RunnableLambda(lambda value: "a" in str(value))
TAGS: Runnable[Any, Any] = RunnableLambda(_tags)
COMPOSITIONS: dict[str, tuple[Runnable[Any, Any], Any]] = {
    "prompt, model, parser": (PROMPT | MODEL | StrOutputParser(), {"word": "hello"}),
    "a bare value for one variable": (PromptTemplate.from_template("Say {word}.") | MODEL | StrOutputParser(), "hi"),
    "a parser of JSON": (RunnableLambda(lambda _: AIMessage(content='{"a": [1]}')) | JsonOutputParser(), None),
    "a parser of text": (RunnableLambda(lambda _: '{"a": [1]}') | JsonOutputParser(), None),
    "assign": (RunnablePassthrough.assign(b=itemgetter("a") | RunnableLambda(str)), {"a": 1}),
    "assign several": (RunnablePassthrough.assign(b=itemgetter("a"), c=RunnablePick("a")), {"a": 1}),
    "parallel": (RunnableParallel(x=RunnablePassthrough(), y=RunnableLambda(str)), 3),
    "pick several": (RunnablePick(["a", "c"]), {"a": 1, "b": 2, "c": 3}),
    "a branch taken": (RunnableBranch((CONDITION, RunnableLambda(str)), RunnablePassthrough()), {"a": 1}),
    "the branch's default": (RunnableBranch((CONDITION, RunnableLambda(str)), RunnablePassthrough()), {"x": 1}),
    "fallbacks": (FAILING.with_fallbacks([FAILING, RunnableLambda(str)]), 5),
    "a retry": (RunnableLambda(str).with_retry(stop_after_attempt=2), 5),
    "bound options": (RunnableLambda(_options).bind(stop=["a"]).bind(n=3), 5),
    "bound options of the first": ((RunnableLambda(_options) | RunnableLambda(str)).bind(n=3), 5),
    "config": (TAGS.with_config(tags=["t"], metadata={"a": 1}), 5),
    "config above a sequence": ((RunnableLambda(str) | TAGS).with_config(tags=["t"], metadata={"a": 1}), 5),
    "a name above a sequence": ((RunnableLambda(str) | TAGS).with_config(run_name="named"), 5),
    "types": (RunnableLambda(str).with_types(input_type=int), 5),
    "assigned by a function": (RunnablePassthrough(lambda _: None), 5),
}
FAILURES: dict[str, tuple[Runnable[Any, Any], Any]] = {
    "the first of several failures": (FAILING.with_fallbacks([RunnableLambda(lambda _: 1 / 0)]), 5),
    "an error that no fallback is for": (FAILING.with_fallbacks([MODEL], exceptions_to_handle=(KeyError,)), 5),
    "a variable too few": (PROMPT, {"wort": "x"}),
    "no dict to assign to": (RunnablePassthrough.assign(b=RunnableLambda(str)), 5),
    "no dict to pick from": (RunnablePick("a"), 5),
    "no JSON": (RunnableLambda(lambda _: "{{{") | JsonOutputParser(), None),
}


@pytest.mark.parametrize("name", COMPOSITIONS)
async def test_loud_and_quiet_give_the_same(name: str) -> None:
    """Each of LangChain's parts gives, evaluated quietly, what LangChain gives."""
    chain, value = COMPOSITIONS[name]

    assert await evaluate(chain, value, {}) == await chain.ainvoke(value)


@pytest.mark.parametrize("name", FAILURES)
async def test_loud_and_quiet_fail_alike(name: str) -> None:
    """An error has the same type and the same words either way."""
    chain, value = FAILURES[name]
    loud, quiet = await asyncio.gather(chain.ainvoke(value), evaluate(chain, value, {}), return_exceptions=True)

    assert isinstance(loud, Exception)
    assert (type(quiet), str(quiet)) == (type(loud), str(loud))


class _Listener(BaseCallbackHandler):
    def __init__(self) -> None:
        self.names: list[str] = []

    def on_chain_start(self, serialized: Any, inputs: Any, **kwargs: Any) -> None:
        self.names.append(kwargs["name"])


async def test_whoever_listens_hears() -> None:
    """A handler in the config, and one of the context, see LangChain run the parts."""
    chain = (RunnableLambda(str) | RunnablePassthrough()).with_config(run_name="both")
    heard = _Listener()
    await run(chain, 5, {"callbacks": [heard]})
    with collect_runs() as collected:
        await run(chain, 5)

    assert heard.names == ["both", "str", "RunnablePassthrough"]
    assert [child.name for child in collected.traced_runs[0].child_runs] == ["str", "RunnablePassthrough"]


async def test_listeners_of_a_part_are_told() -> None:
    """What was put on a part with `with_listeners`, or bound as callbacks, hears of it in a quiet run too."""
    ended: list[str] = []
    heard = _Listener()
    part = RunnableLambda(str).with_listeners(on_end=lambda done: ended.append(done.name))
    chain = part | RunnableLambda(str).with_config(callbacks=[heard])

    assert await evaluate(chain, 5, {}) == "5"
    assert ended == heard.names == ["str"]


async def test_a_subclass_is_asked_itself() -> None:
    """A class of the user's that descends from one of LangChain's parts is awaited, not walked."""

    class Mine(RunnablePassthrough[Any]):
        async def ainvoke(self, input: Any, config: Any = None, **kwargs: Any) -> Any:
            return "mine"

    assert await evaluate(Mine() | RunnablePassthrough(), 5, {}) == "mine"


def test_what_never_waits_needs_no_loop() -> None:
    """`at_once` gives the result of quiet parts without an event loop, and says so when something would wait."""
    assert at_once(evaluate(PROMPT, {"word": "x"}, {})).to_string() == "System: Be brief.\nHuman: Say x."
    assert at_once(evaluate(RunnablePick("word"), {"word": "x"}, {})) == "x"
    with pytest.raises(WouldWaitError):
        at_once(asyncio.sleep(0))
