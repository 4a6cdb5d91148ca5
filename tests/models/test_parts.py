"""The models inside what LangChain makes of them: where each stands, and that the whole still does what it did."""

from operator import itemgetter
from typing import Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompt_values import StringPromptValue
from langchain_core.runnables import (
    ConfigurableField,
    Runnable,
    RunnableBranch,
    RunnableLambda,
    RunnableParallel,
    RunnablePassthrough,
    RunnableSequence,
)

from selfinstruct_chains.models.own import own_model
from selfinstruct_chains.models.parts import inside, model_of
from selfinstruct_chains.testing import ScriptedChat, ScriptedCompletion

PROMPT = StringPromptValue(text="Say hello.")
A = ScriptedChat(reply=lambda prompt, seed: "A")
B = ScriptedCompletion(reply=lambda prompt, seed: "B")
F = RunnableLambda(lambda prompt: "F")
X = RunnableLambda(itemgetter("x"))
TEXT = StrOutputParser()
ONE = {"seed": 1}


class Quiet(RunnableSequence):
    """A sequence as any other."""


class Loud(RunnableSequence):
    """A sequence that goes about a call in its own way."""

    def invoke(self, input: Any, config: Any = None, **kwargs: Any) -> Any:
        return super().invoke(input, config, **kwargs).upper()

    async def ainvoke(self, input: Any, config: Any = None, **kwargs: Any) -> Any:
        return (await super().ainvoke(input, config, **kwargs)).upper()


def alternatives(one: Runnable, other: Runnable) -> Runnable:
    return one.configurable_alternatives(ConfigurableField(id="which"), default_key="one", two=other)


def never(prompt: Any) -> bool:
    return False


COMPOSITIONS: dict[str, tuple[Any, list[tuple[Any, dict[str, Any], bool, bool]]]] = {
    "alone": (A, [(A, {}, True, False)]),
    "bound": (A.bind(**ONE), [(A, ONE, True, False)]),
    "bound with a retry": (A.bind(**ONE).with_retry(), [(A, ONE, True, False)]),
    "bound twice": (
        A.bind(seed=2, stop=["x"]).with_fallbacks([B]).bind(**ONE),
        [(A, {"seed": 1, "stop": ["x"]}, True, False), (B, ONE, True, False)],
    ),
    "bound beside another": (A.bind(**ONE).with_fallbacks([B]), [(A, ONE, True, False), (B, {}, True, False)]),
    "followed": (A | TEXT, [(A, {}, True, True)]),
    "in a row": (A | TEXT | B, [(A, {}, False, True), (B, {}, True, False)]),
    "in a row, followed": (A | TEXT | B | str.strip, [(A, {}, False, True), (B, {}, True, True)]),
    "a row that is bound": ((A | B).bind(**ONE), [(A, ONE, False, True), (B, {}, True, False)]),
    "a row after a function, bound": ((F | A).bind(**ONE), [(A, {}, True, False)]),
    "a row within a row": ((A | TEXT).with_config(tags=["x"]) | B, [(A, {}, False, True), (B, {}, True, False)]),
    "a row within, followed": ((A | B).with_config(tags=["x"]) | TEXT, [(A, {}, False, True), (B, {}, True, True)]),
    "side by side": (RunnableParallel(a=A, b=F, c=B), [(A, {}, True, True), (B, {}, True, True)]),
    "assigned": (RunnablePassthrough.assign(a=A), [(A, {}, True, True)]),
    "a branch": (RunnableBranch((never, A), B), [(A, {}, True, False), (B, {}, True, False)]),
    "a branch to a function": (RunnableBranch((never, F), B), [(F, {}, True, False), (B, {}, True, False)]),
    "alternatives": (alternatives(A, B), [(A, {}, True, False), (B, {}, True, False)]),
    "alternatives, one bound": (alternatives(A.bind(**ONE), B), [(A, ONE, True, False), (B, {}, True, False)]),
    "a fallback to a function": (A.with_fallbacks([F]), [(A, {}, True, False), (F, {}, True, False)]),
    "a function": (F, [(F, {}, True, False)]),
    "a row of functions": (row := F | TEXT, [(row, {}, True, False)]),
    "a class of its own": (Quiet(A, TEXT), [(A, {}, True, True)]),
    "a class with a way of its own": (loud := Loud(A, TEXT), [(loud, {}, True, False)]),
}


@pytest.mark.parametrize("name", COMPOSITIONS)
def test_where_they_stand(name):
    """What is bound to each, which of them the prompt's options are for, and of which something is made."""
    given, places = COMPOSITIONS[name]
    leaves = own_model(given).leaves

    assert [(leaf.part, leaf.bound, leaf.asked, leaf.followed) for leaf in leaves] == places
    assert [leaf.model for leaf in leaves] == [part if part in (A, B) else None for part, *_ in places]


def plus(text: str) -> Runnable:
    return RunnableLambda(lambda said: said + text)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (A | TEXT | plus("1") | plus("2") | plus("3"), "A123"),
        (RunnableLambda(str) | plus("1") | plus("2") | A, "A"),
        (A.with_fallbacks([B]), "A"),
        (RunnableLambda(lambda prompt: 1 / 0).with_fallbacks([A | TEXT, B]), "A"),
        (RunnableLambda(lambda prompt: 1 / 0).with_fallbacks([RunnableLambda(lambda prompt: 1 / 0), B]), "B"),
        (RunnableBranch((never, A), (bool, B), F), "B"),
        (RunnableBranch((never, A), (never, B), F), "F"),
        (
            RunnableParallel(x=A | TEXT, y=F, z=B) | RunnableLambda(lambda said: "".join(said[key] for key in "zyx")),
            "BFA",
        ),
        (
            RunnableLambda(lambda prompt: {"x": "1"})
            | RunnablePassthrough.assign(a=X | B)
            | itemgetter("x", "a")
            | "".join,
            "1B",
        ),
        (alternatives(A, B), "A"),
        (alternatives(A, B).with_config(configurable={"which": "two"}), "B"),
        (Quiet(A, TEXT, plus("1")), "A1"),
        (Loud(RunnableLambda(str), plus("1")), "TEXT='SAY HELLO.'1"),
    ],
)
async def test_what_comes_of_them(given, text):
    """All parts are where they were, in their order, at both sides."""
    model = own_model(given)

    assert (await model.ainvoke(PROMPT)).text == text
    assert model.invoke(PROMPT).text == text


def test_model_of():
    """A model, and one whose fields are configurable; nothing else is one."""
    configurable = A.configurable_fields(seed=ConfigurableField(id="seed"))

    assert [model_of(part) for part in (A, B, configurable, F, A | TEXT, None)] == [A, B, A, None, None, None]


def test_inside():
    """The parts of a known composition, in order; none of anything else."""
    assert inside(A | TEXT) == [A, TEXT]
    assert inside(RunnableBranch((never, A), B)) == [A, B]
    assert inside(A) == inside(F) == inside(Loud(A, TEXT)) == []


class Names(BaseCallbackHandler):
    """Notes what runs under which name."""

    def __init__(self) -> None:
        self.seen: list[str | None] = []

    def on_chain_start(self, *_: Any, name: str | None = None, **__: Any) -> None:
        self.seen.append(name)


async def test_names_in_traces():
    """A retry is traced under the name of what is tried, and so is the whole."""
    names = Names()
    for given in (A, F):
        await own_model(given.with_retry()).ainvoke(PROMPT, {"callbacks": [names]})

    assert names.seen[0] == "ScriptedChat"
    assert set(names.seen[1:]) == {F.get_name()}
    assert own_model(A.with_retry()).get_name() == "ScriptedChat"
    assert own_model(A).get_name("Input") == "ScriptedChatInput"
