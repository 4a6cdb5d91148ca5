"""The monitor, read from other threads while the run changes it."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from selfinstruct_chains import Monitor, Rejection, self_instruct
from selfinstruct_chains.cli.figures import figures, rules
from selfinstruct_chains.errors import Interrupted
from selfinstruct_chains.models.patience import Wait
from selfinstruct_chains.run.entry import Entry
from selfinstruct_chains.run.journal import Journal
from selfinstruct_chains.run.monitor import Pauses
from selfinstruct_chains.run.overview import look
from selfinstruct_chains.run.reader import RunReader
from selfinstruct_chains.testing.server import ScriptedServer
from tests.run.scripts import Author, config

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

USAGE = {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5}


@pytest.fixture
def _hasty() -> Iterator[None]:
    """Threads that take turns every ten microseconds."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


def rejection(rule: str) -> Rejection:
    """A dropped instruction."""
    return Rejection(id="000000-00", rule=rule, stage="instruction", text="Go", request=0)


@pytest.mark.usefixtures("_hasty")
def test_readers_see_whole_counts_while_it_changes() -> None:
    """Rules and models that nobody met before, in each of 3,000 steps: no reader fails, no reply is half counted."""
    monitor, journal, ended = Monitor(), Journal(), threading.Event()
    monitor.begin(1, journal.usage, {}, [])
    failures: list[BaseException] = []
    reads = 0

    def read() -> None:
        nonlocal reads
        try:
            while not ended.is_set():
                for usage in monitor.spent.values():
                    assert usage.input_tokens == 3 * usage.calls
                rejected = monitor.rejected
                assert rejected.total() == sum(count for _, count in rejected.items())
                seen = monitor.snapshot()
                assert seen["input_tokens"] * 2 == seen["output_tokens"] * 3
                assert figures(monitor)
                assert monitor.rate >= 0
                rules(monitor)
                if pauses := seen["waiting"]:
                    assert pauses["calls"] <= 9
                    assert pauses["why"] == "m is busy"
                reads += 1
        except BaseException as error:  # noqa: BLE001 - told below
            failures.append(error)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    until = time.monotonic() + 10
    for step in range(3000):
        key, model = f"instructions/{step:06d}/1", f"model-{step % 300}"
        journal.write(Entry(key, "ab", reply="x", usage=USAGE, model=model, ms=1))
        monitor.reject(rejection(f"rule-{step % 300}"))
        monitor.wait(f"call-{step % 9}", Wait("m is busy", 1, 600))
        with monitor.call(f"call-{(step + 5) % 9}"):
            monitor.replied()
        if failures or time.monotonic() > until:
            break
    ended.set()
    for reader in readers:
        reader.join()

    assert failures == []
    assert reads > 3


def test_counts_that_were_taken_stay_as_they_are() -> None:
    """What a reader holds does not change under it."""
    monitor, journal = Monitor(), Journal()
    monitor.begin(1, journal.usage, {}, [])
    monitor.reject(rejection("too_short"))
    journal.write(Entry("instructions/000000/1", "ab", reply="x", usage=USAGE, model="m", ms=1))
    rejected, spent = monitor.rejected, monitor.spent
    monitor.reject(rejection("too_short"))
    journal.write(Entry("instructions/000001/1", "ab", reply="x", usage=USAGE, model="m", ms=1))

    assert (rejected.total(), monitor.rejected.total()) == (1, 2)
    assert (spent["instructions", "m"].calls, monitor.spent["instructions", "m"].calls) == (1, 2)


def test_the_rate_is_of_the_last_minute() -> None:
    """Replies of this second count; none, and it is zero."""
    monitor = Monitor()
    monitor.begin(1, {}, {}, [])

    assert monitor.rate == 0
    for _ in range(5):
        monitor.replied()
    assert monitor.rate == 5


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_what_was_there_before_says_nothing_of_the_time_that_is_left() -> None:
    """After ten seconds with two new tasks, the 90 that are missing take 450 s; 10,000 replayed ones change nothing."""
    clock = Clock()
    monitor = Monitor(clock=clock)
    monitor.begin(10_092, {}, {}, [])
    for _ in range(10_000):
        monitor.answer(new=False)
    clock.now += 100  # a long journal
    assert monitor.left is None
    with monitor.call("instructions/000000/1"):
        clock.now += 10
    assert monitor.left is None
    for _ in range(2):
        monitor.answer(new=True)

    assert monitor.left == 450
    assert monitor.snapshot()["seconds_left"] == 450


def test_pauses_are_summed_up() -> None:
    """How many calls wait, until when the first does, when the first gives up; none when they are made again."""
    clock = Clock()
    monitor = Monitor(clock=clock)
    monitor.begin(1, {}, {}, [])
    assert monitor.pauses() is None
    monitor.wait("a", Wait("m is busy (429): x", 30, 590))
    monitor.wait("b", Wait("m can't be reached: y", 10, 25))
    clock.now += 4

    assert monitor.pauses() == Pauses(2, "m can't be reached: y", 6, 21)
    with monitor.call("b"):
        assert monitor.pauses() == Pauses(1, "m is busy (429): x", 26, 586)
    monitor.go_on("a")
    assert monitor.pauses() is None


@pytest.mark.parametrize(
    ("fault", "said"),
    [("429", "is busy (429): Too Many Requests"), ("500", "answered 500: Internal Server Error")],
)
@pytest.mark.timeout(60)  # an interrupted run does not sit its waits out
async def test_a_run_that_waits_says_why(tmp_path: Path, fault: str, said: str) -> None:
    """While its calls pause the monitor has the reason, the wait and the patience, and `status` finds them."""
    monitor = Monitor()
    with ScriptedServer(faults=lambda _: fault, retry_after="200") as server:
        settings = config(model__base_url=server.base_url, run__patience=300)
        run = asyncio.create_task(self_instruct(settings, tmp_path, monitor=monitor).ainvoke({"n": 5}))
        while not (pauses := monitor.pauses()):  # noqa: ASYNC110 - another thread may read it, and nobody wakes it
            await asyncio.sleep(0.01)
        assert said in pauses.why
        assert 200 < pauses.patience_left <= 300
        assert fault != "429" or 150 <= pauses.seconds <= 200
        while not (found := look(tmp_path).waiting):  # noqa: ASYNC110 - the same of a file
            await asyncio.sleep(0.1)
        assert said in found.why
        monitor.interrupt(Interrupted("by a test"))
        with pytest.raises(Interrupted):
            await run

    assert monitor.pauses() is None


async def test_only_what_this_start_made_is_new(tmp_path: Path) -> None:
    """A run that goes on counts all its tasks, and as new those that models were called for."""
    author, monitor = Author(), Monitor()
    await self_instruct(config(), tmp_path, models=author.model).ainvoke({"n": 6})
    chain = self_instruct(config(), tmp_path, models=author.model, monitor=monitor)
    before = sum(1 for _ in RunReader(tmp_path).entries())
    await chain.ainvoke({"n": 20})

    assert monitor.finished == 20
    assert 0 < monitor.new <= 14
    assert monitor.new_calls == sum(1 for _ in RunReader(tmp_path).entries()) - before
