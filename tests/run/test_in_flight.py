"""Calls in flight when a run ends, by whatever reason: a reply that has come is kept, nothing new is asked."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.callbacks import AsyncCallbackHandler

from selfinstruct_chains import Monitor, self_instruct
from selfinstruct_chains.errors import BudgetReached, Interrupted, ProviderError, RunStopped
from selfinstruct_chains.run.budget import Budget
from selfinstruct_chains.testing import Reply, ScriptedChat, scripted_author
from tests.run.scripts import Author, config, entries

if TYPE_CHECKING:
    from pathlib import Path


class Listener(AsyncCallbackHandler):
    """Counts replies as they come, and takes its time over each."""

    def __init__(self) -> None:
        self.replies = 0

    async def on_llm_end(self, response: Any, **kwargs: Any) -> None:
        self.replies += 1
        await asyncio.sleep(0.03 * (self.replies % 3))


@pytest.mark.parametrize("n", [1, 2, 7])
async def test_a_reply_that_has_come_when_n_is_reached_is_kept(tmp_path: Path, n: int) -> None:
    """What a callback has seen is in the journal, though the run has its tasks while the callback is still at it."""
    listener = Listener()
    chain = self_instruct(config(), tmp_path, models=ScriptedChat(reply=scripted_author))
    assert len(await chain.ainvoke({"n": n}, {"callbacks": [listener]})) == n

    assert len(entries(tmp_path)) == listener.replies


async def test_calls_in_flight_at_n_are_kept_for_a_larger_n(tmp_path: Path) -> None:
    """No reply that was asked for is lost when the run has its n tasks, and none is asked for again."""
    author = Author(slow=0.05)
    await self_instruct(config(), tmp_path, models=author.model).ainvoke({"n": 3})
    assert len(entries(tmp_path)) == author.calls.total()
    await self_instruct(config(), tmp_path, models=author.model).ainvoke({"n": 20})

    assert set(author.calls.values()) == {1}


async def test_nothing_new_is_asked_for_once_n_is_reached(tmp_path: Path) -> None:
    """A call that ends after the last task has gone out is followed by no other, of the same item or another."""
    author, monitor = Author(slow=0.05), Monitor()
    chain = self_instruct(config(), tmp_path, models=author.model, monitor=monitor)
    asked = 0
    async for _ in chain.astream({"n": 4}):
        asked = author.calls.total()

    assert author.calls.total() <= asked + 1  # the reader may be a turn of the loop behind
    assert author.running == 0
    assert monitor.stopping is None


async def test_a_call_that_hangs_does_not_keep_the_run_from_its_end(tmp_path: Path) -> None:
    """A call that gives no reply is cancelled when the run has its tasks."""
    cancelled: list[str] = []

    async def author(prompt: str, seed: int | None) -> Reply:
        if "Task: " not in prompt and asked:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                cancelled.append(prompt)
                raise
        if "Task: " not in prompt:
            asked.append(prompt)
        return scripted_author(prompt, seed)

    asked: list[str] = []
    tasks = await self_instruct(config(), tmp_path, models=ScriptedChat(reply=author)).ainvoke({"n": 3})

    assert len(tasks) == 3
    assert len(cancelled) >= 1


async def test_replies_that_come_as_a_fatal_error_ends_the_run_are_kept(tmp_path: Path) -> None:
    """A wrong key of one role stops the run, and what another role's model was asked at that moment is kept."""
    author = Author(slow=0.05)

    def refuse(prompt: str, seed: int | None) -> Reply:
        raise ProviderError("the key is wrong")

    refusing = {"classification": ScriptedChat(reply=refuse)}
    models = dict.fromkeys(("instructions", "input_first", "output_first"), author.model) | refusing
    with pytest.raises(ProviderError, match="key is wrong"):
        await self_instruct(config(), tmp_path, models=models).ainvoke({"n": 20})

    assert len(entries(tmp_path)) == author.calls.total() > 1


async def test_a_budget_and_an_interruption_keep_what_is_in_flight(tmp_path: Path) -> None:
    """Replies to calls in flight at a budget, and after Ctrl-C, are kept."""
    author = Author(slow=0.05)
    with pytest.raises(BudgetReached):
        await self_instruct(config(), tmp_path, models=author.model).ainvoke({"n": 20, "budgets": {"calls": 7}})
    assert len(entries(tmp_path)) == author.calls.total() == 7
    monitor = Monitor()
    chain = self_instruct(config(), tmp_path, models=author.model, monitor=monitor)
    with pytest.raises(Interrupted):  # noqa: PT012 - it is raised by one of the steps
        async for _ in chain.astream({"n": 20}):
            monitor.interrupt(Interrupted("by a test"))

    assert len(entries(tmp_path)) == author.calls.total()


async def test_replies_in_flight_as_the_reader_leaves_are_kept(tmp_path: Path) -> None:
    """Who breaks out of a stream loses no reply that was under way."""
    author = Author(slow=0.05)
    stream = self_instruct(config(), tmp_path, models=author.model).astream({"n": 100})
    await anext(stream)
    await stream.aclose()

    assert len(entries(tmp_path)) == author.calls.total()
    assert author.running == 0


def test_a_closed_budget_lets_nothing_through() -> None:
    """After the end of a run no attempt goes ahead, limits or not."""
    budget = Budget({}, Monitor())
    budget.check()
    budget.close()
    with pytest.raises(RunStopped, match="ended"):
        budget.check()
