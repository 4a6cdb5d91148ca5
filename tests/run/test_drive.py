"""One start of a run after another: what a stopped one still gives, and what ends one."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler

from selfinstruct_chains import Monitor, self_instruct
from selfinstruct_chains.errors import AcceptanceCollapsed, Interrupted, ItemRefused, RunStopped
from selfinstruct_chains.run.journalled import ITEM
from selfinstruct_chains.run.manifest import read_manifest
from selfinstruct_chains.run.overview import look
from selfinstruct_chains.run.reader import RunReader
from selfinstruct_chains.testing import Reply, ScriptedChat, scripted_author
from tests.run.scripts import Author, config, entries, files

if TYPE_CHECKING:
    from pathlib import Path

LINES = [
    "Explain the tides to a sailor.",
    "Describe the taste of rain in five words.",
    "Plan a week of meals without meat.",
    "Compare two ways to cross a desert.",
]


async def grow(folder: Path, n: int, **settings: Any) -> Author:
    """The author that a run asked."""
    author = Author()
    await self_instruct(config(**settings), folder, models=author.model).ainvoke({"n": n})
    return author


def requests(folder: Path) -> int:
    """How many requests for instructions have an answer."""
    return sum(entry.key.startswith("instructions/") for entry in entries(folder))


async def test_a_run_that_is_stopped_before_it_begins_gives_what_is_there(tmp_path: Path) -> None:
    """All tasks that the journal has, and also those that were only asked for; no call is made."""
    await grow(tmp_path, 12)
    before, author, monitor = files(tmp_path), Author(), Monitor()
    monitor.stop(RunStopped("enough"))
    chain = self_instruct(config(), tmp_path, models=author.model, monitor=monitor)
    with pytest.raises(RunStopped, match="enough") as stopped:
        await chain.ainvoke({"n": 1000})

    assert [task.id for task in stopped.value.tasks[:12]] == [task.id for task in RunReader(tmp_path).tasks()][:12]
    assert all(after.startswith(one) for after, one in zip(files(tmp_path), before, strict=True))
    assert monitor.finished == len(stopped.value.tasks) >= 12
    assert monitor.requests >= 2
    assert (author.calls.total(), monitor.new, monitor.new_calls) == (0, 0, 0)


class Items(BaseCallbackHandler):
    """Hears what is begun, and for which request or candidate."""

    def __init__(self) -> None:
        self.begun: set[str] = set()

    def on_chain_start(self, *_: Any, **kwargs: Any) -> None:
        """Something is."""
        self.begun |= {str(item) for item in [(kwargs["metadata"] or {}).get(ITEM)] if item}


async def test_a_run_that_is_stopped_asks_for_nothing_new() -> None:
    """A candidate that it has accepted is not completed, nor is a request begun: not even a step."""
    monitor, items = Monitor(), Items()

    def author(prompt: str, seed: int | None) -> Reply:
        monitor.stop(RunStopped("enough"))
        return scripted_author(prompt, seed)

    chain = self_instruct(config(run__lookahead=1), models=ScriptedChat(reply=author), monitor=monitor)
    with pytest.raises(RunStopped, match="enough"):
        await chain.ainvoke({"n": 5}, {"callbacks": [items]})

    assert items.begun == {"000000"}


async def test_a_window_without_an_instruction_is_of_this_start(tmp_path: Path) -> None:
    """Requests that the journal answers don't count to it: a run that collapsed asks as many more when it goes on."""

    def author(prompt: str, seed: int | None) -> Reply:
        return scripted_author(prompt, seed) if "Task: " in prompt else Reply(f"9. {LINES[0]}")

    chain = self_instruct(
        config(run__give_up_after=2, run__lookahead=1, run__max_concurrency=1),
        tmp_path,
        models=ScriptedChat(reply=author),
    )
    found = []
    for _ in range(3):
        with pytest.raises(AcceptanceCollapsed, match="the last 2 requests gave no new instruction, mostly by novelty"):
            await chain.ainvoke({"n": 10})
        found.append(requests(tmp_path))

    assert found == [3, 5, 7]


@pytest.mark.parametrize("refused", [True, False])
async def test_requests_that_hold_nothing_end_a_run(refused: bool) -> None:
    """By what they were dropped is said; of each that can't be read there is a second attempt."""
    asked: list[str] = []

    def author(prompt: str, seed: int | None) -> Reply:
        asked.append(prompt)
        if refused:
            raise ItemRefused("no", reason="content_filter")
        return Reply("")

    chain = self_instruct(
        config(run__give_up_after=2, run__lookahead=1, run__max_concurrency=1), models=ScriptedChat(reply=author)
    )
    rule = "content_filter" if refused else "unreadable"
    with pytest.raises(AcceptanceCollapsed, match=rf"the last 2 requests gave no .*, mostly by {rule} \(2 of 2\)"):
        await chain.ainvoke({"n": 10})

    assert len(asked) == (2 if refused else 4)


async def test_what_is_accepted_before_nothing_new_comes_is_completed(tmp_path: Path) -> None:
    """Instructions of the first request, though the next ones only repeat it."""

    def author(prompt: str, seed: int | None) -> Reply:
        same = "\n".join(f"{number}. {line}" for number, line in enumerate(LINES, start=9))
        return scripted_author(prompt, seed) if "Task: " in prompt else Reply(same)

    monitor = Monitor()
    chain = self_instruct(config(run__give_up_after=3), tmp_path, models=ScriptedChat(reply=author), monitor=monitor)
    with pytest.raises(AcceptanceCollapsed) as stopped:
        await chain.ainvoke({"n": 10})

    assert [task.instruction for task in stopped.value.tasks] == LINES
    repeated = 4 * (monitor.requests - 1)
    assert (monitor.finished, monitor.accepted, monitor.rejected["instruction", "novelty"]) == (4, 4, repeated)


async def test_a_model_may_stop_the_run() -> None:
    """By raising a reason to stop, which is the run's."""

    def author(prompt: str, seed: int | None) -> Reply:
        if "Task: " in prompt:
            raise RunStopped("the shop is closed")
        return scripted_author(prompt, seed)

    monitor = Monitor()
    with pytest.raises(RunStopped, match="the shop is closed"):
        await self_instruct(config(), models=ScriptedChat(reply=author), monitor=monitor).ainvoke({"n": 5})

    assert str(monitor.stopping) == "the shop is closed"


async def test_an_interruption_waits_for_what_is_in_flight(tmp_path: Path) -> None:
    """The reply that is under way is kept."""
    monitor = Monitor()
    asked: list[str] = []

    async def author(prompt: str, seed: int | None) -> Reply:
        asked.append(prompt)
        monitor.interrupt(Interrupted("by a test"))
        for _ in range(20):
            await asyncio.sleep(0)
        return scripted_author(prompt, seed)

    chain = self_instruct(config(run__lookahead=1), tmp_path, models=ScriptedChat(reply=author), monitor=monitor)
    with pytest.raises(Interrupted):
        await chain.ainvoke({"n": 5})

    assert len(entries(tmp_path)) == len(asked) == 1


async def test_a_long_journal_lets_others_take_their_turns(tmp_path: Path) -> None:
    """While it is replayed, whoever looks sees its tasks come one after another."""
    await grow(tmp_path, 12)
    monitor = Monitor()
    seen: set[int] = set()
    run = asyncio.create_task(
        self_instruct(config(), tmp_path, models=Author().model, monitor=monitor).ainvoke({"n": 12})
    )
    while not run.done():
        seen.add(monitor.finished)
        await asyncio.sleep(0)

    assert len(await run) == 12
    assert len(seen) > 3


def test_the_replies_that_were_used_are_those_up_to_the_last_task(tmp_path: Path) -> None:
    """With the calls before the first request; one that goes on counts them too, and a look from outside."""
    monitors = [Monitor(), Monitor()]
    for monitor in monitors:
        chain = self_instruct(config(topics={"ask": 3}), tmp_path, models=Author().model, monitor=monitor)
        chain.invoke({"n": 3})
    before = [entry for entry in RunReader(tmp_path).entries() if entry.key.startswith("found/") and entry.is_call]
    noted = read_manifest(tmp_path)["found"]

    assert before
    assert len(noted["found/instructions/100"]["names"]) == 3
    assert monitors[0].replies_used == monitors[1].replies_used == look(tmp_path).monitor.replies_used
    assert monitors[0].replies_used >= len(before) + 3


async def test_a_call_s_own_number_of_calls_at_once_counts(tmp_path: Path) -> None:
    """LangChain's max_concurrency goes before the chain's; without one the chain's holds."""
    for most, expected in ((2, 2), (None, 3)):
        author = Author(slow=0.005)
        chain = self_instruct(config(run__max_concurrency=3), models=author.model)
        await chain.ainvoke({"n": 6}, {"max_concurrency": most} if most else None)
        assert author.most == expected
