"""The monitor, read from other threads while the run changes it."""

from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from selfinstruct_chains import Monitor, Rejection
from selfinstruct_chains.cli.figures import figures, rules
from selfinstruct_chains.run.entry import Entry
from selfinstruct_chains.run.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Iterator

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
