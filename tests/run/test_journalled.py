"""What stands between a step and its model: answers from the journal, and what is written of those that are asked."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.exceptions import OutputParserException
from langchain_core.messages import AIMessage
from langchain_core.prompt_values import StringPromptValue
from langchain_core.runnables import RunnableLambda

from selfinstruct_chains import Monitor
from selfinstruct_chains.errors import BudgetReached, ConfigError, ItemRefused, ProviderError, RunError
from selfinstruct_chains.method.parsing import Parsed, TruncatedReply, UnreadableReply
from selfinstruct_chains.models.faults import NoReply
from selfinstruct_chains.models.limits import Gate
from selfinstruct_chains.models.patience import Patience
from selfinstruct_chains.run.budget import Budget
from selfinstruct_chains.run.entry import Entry
from selfinstruct_chains.run.journal import Journal, call_seed, text_hash
from selfinstruct_chains.run.journalled import ITEM, Calling, Journalled, JournalledStep, NotRemembered
from tests.run.test_journal import USAGE

if TYPE_CHECKING:
    from collections.abc import Callable

PROMPT = StringPromptValue(text="Is it?")
SHA = text_hash("Is it?")
KEY = "classification/000000-00/1"
REPLY = AIMessage("No", usage_metadata=USAGE, response_metadata={"finish_reason": "stop", "model_name": "m"})


class Waits:
    """A clock that only pauses move, and the patience that goes by it."""

    def __init__(self, seconds: float = 600.0) -> None:
        self.now = 0.0
        gate = Gate(9, clock=lambda: self.now, sleep=self.sleep)
        self.monitor = Monitor(clock=lambda: self.now)
        self.patience = Patience("m", 50.0, seconds, gate=gate, sleep=self.sleep)
        self.waiting: list[list[str]] = []

    async def sleep(self, seconds: float) -> None:
        """Makes it later."""
        self.waiting.append(list(self.monitor.waiting))
        self.now += seconds
        await asyncio.sleep(0)

    def calling(self, **limits: Any) -> Calling:
        """What is around a call of a run with the seed 7."""
        return Calling(self.patience, Budget(limits, self.monitor), self.monitor, 7)  # type: ignore[arg-type]


class Model:
    """Gives these in turn, or raises them; keeps what it was asked."""

    def __init__(self, *gives: Any) -> None:
        self.asked: list[tuple[Any, dict[str, Any]]] = []
        self._gives = list(gives)

    async def ainvoke(self, prompt: Any, config: Any = None, **options: Any) -> Any:
        """The next one."""
        self.asked.append((prompt, options))
        given = self._gives.pop(0)
        if isinstance(given, Exception):
            raise given
        return given

    def get_name(self, suffix: str | None = None, *, name: str | None = None) -> str:
        """Its name, and what it is asked for it by."""
        return f"model {suffix} {name}"


def about(item: str = "000000-00", **metadata: Any) -> Any:
    """The config of a call about an item."""
    return {"metadata": {ITEM: item, **metadata}}


def written(journal: Journal) -> list[Entry]:
    """All lines of a journal in memory."""
    return [Entry.of_line(line) for line in journal._memory]


def answered(*entries: Entry) -> Journal:
    """A journal with these lines."""
    journal = Journal()
    for entry in entries:
        journal.write(entry)
    return journal


async def test_what_is_there_is_answered_without_a_model() -> None:
    """For its own prompt alone; a refusal is raised again."""
    journal = answered(
        Entry.of_message(KEY, SHA, REPLY, 3),
        Entry.of_message("classification/000000-00/2", SHA, AIMessage("Yes"), 3),
        Entry.refused("classification/000000-01/1", SHA, ItemRefused("no", reason="invalid")),
    )
    model = Journalled("classification", journal)

    assert (await model.ainvoke(PROMPT, about())).content == "No"
    assert (await model.ainvoke(PROMPT, about(selfinstruct_attempt=2))).content == "Yes"
    assert model.invoke(PROMPT, about()).content == "No"
    with pytest.raises(ItemRefused, match="no"):
        await model.ainvoke(PROMPT, about("000000-01"))
    with pytest.raises(RunError, match="another prompt"):
        await model.ainvoke(StringPromptValue(text="Is it not?"), about())
    for absent in (about("000000-02"), about(selfinstruct_attempt=3)):
        with pytest.raises(NotRemembered):
            await model.ainvoke(PROMPT, absent)
    assert [model.knows(item) for item in ("000000-00", "000000-01", "000000-02")] == [True, True, False]


def test_a_name_for_traces() -> None:
    """The model's, as it is asked for; without one, the journal's."""
    model: Any = Model()

    assert Journalled("classification", Journal()).get_name() == "journal"
    assert Journalled("classification", Journal(), model).get_name("s", name="n") == "model s n"
    assert JournalledStep("classification", Journal()).get_name() == "classification"


async def test_what_is_asked_is_written_before_anybody_has_it() -> None:
    """With its prompt's hash and its time; the call has its own seed, and is counted."""
    journal, waits = Journal(), Waits()
    model: Any = Model(REPLY)
    before = time.perf_counter()
    role = Journalled("classification", journal, model, waits.calling())
    reply = await role.ainvoke(PROMPT, about(), top_logprobs=5)
    most = 1000 * (time.perf_counter() - before)
    [entry] = written(journal)

    assert reply is REPLY
    assert entry == Entry.of_message(KEY, SHA, REPLY, entry.ms or 0)
    assert 0 <= (entry.ms or 0) <= most + 1
    assert model.asked == [(PROMPT, {"top_logprobs": 5, "seed": call_seed(7, KEY)})]
    assert (waits.monitor.new_calls, waits.monitor.in_flight) == (1, 0)
    assert (await role.ainvoke(PROMPT, about())).content == "No"
    assert len(model.asked) == 1


def test_a_synchronous_call_is_the_same() -> None:
    """Its own arguments reach the model too."""
    journal, model = Journal(), Model(REPLY)
    role: Any = Journalled("classification", journal, model, Waits().calling())  # type: ignore[arg-type]

    assert role.invoke(PROMPT, about(), top_logprobs=5) is REPLY
    assert model.asked[0][1]["top_logprobs"] == 5


async def test_without_what_is_around_a_call_none_is_made() -> None:
    """A model alone is not enough, nor is a step."""
    model: Any = Model(REPLY)
    for alone in (
        Journalled("classification", Journal(), model),
        Journalled("classification", Journal(), None, Waits().calling()),
        JournalledStep("classification", Journal(), RunnableLambda(lambda _: True)),
        JournalledStep("classification", Journal(), None, Waits().calling()),
    ):
        with pytest.raises(NotRemembered):
            await alone.ainvoke(PROMPT, about())
    assert model.asked == []


@pytest.mark.parametrize("kind", ["model", "step"])
async def test_an_attempt_without_a_reply_is_written_and_made_again(kind: str) -> None:
    """While it pauses the monitor knows that, and afterwards it does not."""
    journal, waits = Journal(), Waits()
    model: Any = Model(NoReply("gone"), NoReply("gone"), REPLY if kind == "model" else True)
    if kind == "model":
        role: Any = Journalled("classification", journal, model, waits.calling())
    else:
        role = JournalledStep("classification", journal, RunnableLambda(model.ainvoke), waits.calling())
    await role.ainvoke(PROMPT, about())
    lines = written(journal)

    sha = SHA if kind == "model" else ""
    assert [(line.kind, line.key, line.prompt_sha256) for line in lines[:2]] == [("fault", KEY, sha)] * 2
    assert all("gone" in (line.error or "") for line in lines[:2])
    assert [line.kind for line in lines[2:]] == ["reply" if kind == "model" else "result"]
    assert waits.waiting == [[KEY], [KEY]]
    assert waits.monitor.waiting == {}
    assert waits.monitor.new_calls == 1


async def test_a_call_that_is_given_up_pauses_no_more() -> None:
    """Its attempts are written; nothing else is."""
    journal, waits = Journal(), Waits(0.0)
    model: Any = Model(*[NoReply("gone")] * 9)
    with pytest.raises(ProviderError, match="gave no reply"):
        await Journalled("classification", journal, model, waits.calling()).ainvoke(PROMPT, about())

    assert {line.kind for line in written(journal)} == {"fault"}
    assert (waits.monitor.waiting, waits.monitor.in_flight, waits.monitor.new_calls) == ({}, 0, 0)


@pytest.mark.parametrize("kind", ["model", "step"])
async def test_a_refusal_is_written_and_raised(kind: str) -> None:
    """As the journal gives it again."""
    journal, calling = Journal(), Waits().calling()
    model: Any = Model(ItemRefused("m: too long", reason="context_too_long"))
    role: Any = (
        Journalled("classification", journal, model, calling)
        if kind == "model"
        else JournalledStep("classification", journal, RunnableLambda(model.ainvoke), calling)
    )
    for _ in range(2):
        with pytest.raises(ItemRefused, match="m: too long"):
            await role.ainvoke(PROMPT, about())

    refused = ItemRefused("m: too long", reason="context_too_long")
    assert written(journal) == [Entry.refused(KEY, SHA if kind == "model" else "", refused)]
    assert len(model.asked) == 1


async def test_no_attempt_is_made_beyond_a_limit() -> None:
    """And nothing is written of it."""
    journal, waits = answered(Entry.of_message("classification/000000-07/1", "x", REPLY, 1)), Waits()
    waits.monitor.begin(9, journal.usage, {}, [])
    model: Any = Model(REPLY)
    with pytest.raises(BudgetReached):
        await Journalled("classification", journal, model, waits.calling(calls=1)).ainvoke(PROMPT, about())

    assert (model.asked, len(written(journal))) == ([], 1)


@pytest.mark.parametrize(
    "make",
    [
        lambda journal, calling: Journalled("classification", journal, Model(REPLY), calling),  # type: ignore[arg-type]
        lambda journal, calling: JournalledStep("classification", journal, RunnableLambda(lambda _: True), calling),
    ],
)
async def test_an_answer_lets_earlier_refusals_stand(make: Callable[..., Any]) -> None:
    """Those of its own role, which were in doubt."""
    unclear = ItemRefused("no", reason="refused", unclear=True)
    early = [Entry.refused(f"{role}/000000-07/1", "x", unclear) for role in ("classification", "input_first")]
    journal = answered(*early)
    await make(journal, Waits().calling()).ainvoke(PROMPT, about())

    assert written(journal)[2] == early[0]._replace(unclear=None)
    assert len(written(journal)) == 4


async def test_a_step_s_result_is_written_and_remembered() -> None:
    """As its role has it, though the step gave it otherwise; its prompt is its own."""
    journal, waits = Journal(), Waits()
    step = JournalledStep("instructions", journal, RunnableLambda(lambda _: ["Sing.", "Ring."]), waits.calling())
    again = JournalledStep("instructions", journal)

    assert await step.ainvoke(["x"], about("000000")) == Parsed(("Sing.", "Ring."))
    assert written(journal) == [
        Entry.of_result("instructions/000000/1", {"items": ["Sing.", "Ring."], "cut": ""}),
    ]
    assert (
        await again.ainvoke(["x"], about("000000"))
        == again.invoke(["y"], about("000000"))
        == Parsed(("Sing.", "Ring."))
    )
    assert waits.monitor.new_calls == 1


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (UnreadableReply("no label: 'x'", "x"), "x"),
        (UnreadableReply("no label"), "no label"),
        (TruncatedReply("no label before it was cut: 'x'", "x"), "x"),
        (OutputParserException("bad", llm_output="raw"), "raw"),
        (OutputParserException(ValueError("bad")), "bad"),
    ],
)
async def test_a_reply_that_a_step_s_own_parser_refuses_is_remembered(error: Exception, text: str) -> None:
    """As a refusal, which drops its item by the rule unreadable; the reply stands there."""
    journal, model = Journal(), Model(error)
    step = JournalledStep("classification", journal, RunnableLambda(model.ainvoke), Waits().calling())
    for _ in range(2):
        with pytest.raises(ItemRefused) as raised:
            await step.ainvoke("x", about())
        assert (str(raised.value), raised.value.reason) == (text, "unreadable")

    assert written(journal) == [Entry.refused(KEY, "", ItemRefused(text, reason="unreadable"))]
    assert len(model.asked) == 1


@pytest.mark.parametrize(
    ("gives", "said"),
    [
        (TypeError("what?"), "the classification step of your own failed: TypeError: what?; it is invoked with"),
        ("maybe", "the classification step of your own gave 'maybe'; whether it is a classification task"),
    ],
)
async def test_a_step_that_is_none_is_said(gives: Any, said: str) -> None:
    """What it raised or gave; nothing is written of it."""
    journal, model = Journal(), Model(gives)
    step = JournalledStep("classification", journal, RunnableLambda(model.ainvoke), Waits().calling())
    with pytest.raises(ConfigError) as raised:
        await step.ainvoke("x", about())

    assert str(raised.value).startswith(said)
    assert written(journal) == []
