"""Which side of a model is called, step by step."""

import asyncio
from typing import Any

import pytest
from langchain_core.language_models import LLM, FakeListChatModel, FakeListLLM
from langchain_core.runnables import Runnable, RunnableLambda

from selfinstruct_chains.models import loops
from selfinstruct_chains.models.sides import Sides, _client, _has_async_side
from selfinstruct_chains.testing import ScriptedChat, ScriptedCompletion


async def later(given: Any) -> Any:
    return given


BOTH = RunnableLambda(str, afunc=later)
NOW = RunnableLambda(str)


class Plain(Runnable):
    """What has a synchronous side alone."""

    def invoke(self, input: Any, config: Any = None, **kwargs: Any) -> Any:
        return input


class Both(Plain):
    """What has both."""

    async def ainvoke(self, input: Any, config: Any = None, **kwargs: Any) -> Any:
        return input


class OneCall(LLM):
    """An LLM whose asynchronous side is of the simple kind."""

    @property
    def _llm_type(self) -> str:
        return "one"

    def _call(self, prompt: str, stop: Any = None, run_manager: Any = None, **kwargs: Any) -> str:
        return ""


class OneLaterCall(OneCall):
    """One that has an asynchronous side."""

    async def _acall(self, prompt: str, stop: Any = None, run_manager: Any = None, **kwargs: Any) -> str:
        return ""


@pytest.mark.parametrize(
    ("part", "has_one"),
    [
        (NOW, False),
        (RunnableLambda(later), True),
        (BOTH, True),
        (Plain(), False),
        (Both(), True),
        (OneCall(), False),
        (OneLaterCall(), True),
        (FakeListChatModel(responses=[""]), False),
        (FakeListLLM(responses=[""]), False),
        (ScriptedChat(reply=lambda prompt, seed: ""), True),
        (ScriptedCompletion(reply=lambda prompt, seed: ""), True),
    ],
)
def test_who_has_an_asynchronous_side(part, has_one):
    """A thread of LangChain's own is none; a class's own method is one, whichever it is."""
    assert _has_async_side(part) is has_one


class Tried:
    """Two sides that note when they are called, and raise what they are told to."""

    def __init__(self, now: Exception | None = None, later: Exception | None = None) -> None:
        self.calls: list[str] = []
        self._raised = {"now": now, "later": later}

    def now(self) -> str:
        return self._said("now")

    async def later(self) -> str:
        private = loops.is_private(asyncio.get_running_loop())
        return self._said("later") + " apart" * private

    def _said(self, side: str) -> str:
        self.calls.append(side)
        if error := self._raised[side]:
            raise error
        return side


def behind(error: Exception, cause: Exception | None = None, context: Exception | None = None) -> Exception:
    error.__cause__, error.__context__ = cause, context
    return error


OTHER_LOOPS = [
    RuntimeError("Event loop is closed"),
    RuntimeError("<Event> is bound to a different event loop"),
    RuntimeError("got Future attached to a different loop"),
    behind(ValueError("no connection"), cause=RuntimeError("Event loop is closed")),
    behind(ValueError("no connection"), context=behind(KeyError("a"), cause=RuntimeError("event loop is closed"))),
]


@pytest.mark.parametrize("error", OTHER_LOOPS)
async def test_a_client_of_another_loop(error):
    """It is found out by its error, once, and called in threads from then on."""
    tried, sides = Tried(later=error), Sides(BOTH)

    assert [await sides.call(tried.now, tried.later) for _ in range(2)] == ["now", "now"]
    assert tried.calls == ["later", "now", "now"]


def in_a_circle() -> Exception:
    one, other = ValueError("one"), ValueError("other")
    one.__context__, other.__context__ = other, one
    return one


@pytest.mark.parametrize(
    "error",
    [RuntimeError("odd"), ValueError("Event loop is closed"), TypeError("No synchronous function"), in_a_circle()],
)
async def test_any_other_error(error):
    """It is the model's own, and nothing is tried again."""
    tried, sides = Tried(later=error), Sides(BOTH)
    for _ in range(2):
        with pytest.raises(type(error)) as raised:
            await sides.call(tried.now, tried.later)
        assert raised.value is error

    assert tried.calls == ["later", "later"]


@pytest.mark.parametrize(
    "error",
    [
        NotImplementedError(),
        TypeError("Cannot invoke a coroutine function synchronously."),
        TypeError("No synchronous function provided"),
    ],
)
async def test_no_synchronous_side(error):
    """What has none is asked on the private loop, once it has said so."""
    tried, sides = Tried(now=error), Sides(NOW)

    assert [await sides.call(tried.now, tried.later) for _ in range(2)] == ["later apart", "later apart"]
    assert tried.calls == ["now", "later", "later"]


async def test_an_error_of_the_synchronous_side():
    """Any other error of the thread's is the model's own."""
    tried, sides = Tried(now=TypeError("odd")), Sides(NOW)
    with pytest.raises(TypeError, match="odd"):
        await sides.call(tried.now, tried.later)

    assert tried.calls == ["now"]


def test_on_one_loop_alone():
    """The first loop that asks is the model's home, unless it is the private one; others go by threads."""
    tried, sides = Tried(), Sides(BOTH)

    async def once() -> str:
        return await sides.call(tried.now, tried.later)

    async def twice() -> list[str]:
        return [await once(), await loops.on_private_loop(once), await once()]

    assert loops.wait(once) == "now"
    assert asyncio.run(twice()) == ["later", "now", "later"]
    assert asyncio.run(once()) == "now"


class Held:
    """A client, perhaps with another one below it."""

    def __init__(self, below: Any = None) -> None:
        if below is not None:
            self._client = below


def test_models_that_share_a_client():
    """They share its home, however deep it lies."""
    client = Held()
    one, other, alone = Both(), Both(), Both()
    one.async_client = Held(Held(client))  # type: ignore[attr-defined]
    other.root_async_client = client  # type: ignore[attr-defined]
    tried = Tried()

    async def called(*parts: Any) -> list[str]:
        return [await Sides(part).call(tried.now, tried.later) for part in parts]

    assert [_client(part) for part in (one, other, alone)] == [client, client, None]
    assert asyncio.run(called(one)) == ["later"]
    assert asyncio.run(called(other, alone)) == ["now", "later"]
