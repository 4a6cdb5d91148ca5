"""Many calls at once: how many, what becomes of them when one fails, and when the run is stopped."""

from __future__ import annotations

import asyncio

import pytest

from selfinstruct_chains import Monitor
from selfinstruct_chains.errors import RunStopped
from selfinstruct_chains.run.hands import each, unless_stopped


async def after_a_look() -> None:
    """Waits until it must have been looked at whether the run is stopped, which is each fifth of a second."""
    looked = asyncio.Event()
    asyncio.get_running_loop().call_later(0.3, looked.set)
    await looked.wait()


class Work:
    """Work on numbers, which takes one turn of the loop each; 99 fails, and 5 stops the run if there is one."""

    def __init__(self, monitor: Monitor | None = None) -> None:
        self.begun: list[int] = []
        self.done: list[int] = []
        self.running = self.most = 0
        self._monitor = monitor

    async def __call__(self, number: int) -> None:
        self.begun.append(number)
        self.running += 1
        self.most = max(self.most, self.running)
        await asyncio.sleep(0)
        self.running -= 1
        if number == 99:
            raise ValueError("no")
        if number == 5 and self._monitor:
            self._monitor.stop(RunStopped("enough"))
            await after_a_look()
        self.done.append(number)


@pytest.mark.parametrize("most", [1, 2, 5])
async def test_so_many_at_once(most: int) -> None:
    """All items are done, each once, in their order; no more at once than were allowed, and no fewer."""
    work = Work()
    await each(range(9), work, most, Monitor())

    assert work.begun == sorted(work.done) == list(range(9))
    assert work.most == most


async def test_nothing_to_do_is_done_at_once() -> None:
    """More hands than work are no harm."""
    work = Work()
    await each([], work, 3, Monitor())
    await each([1], work, 3, Monitor())

    assert work.done == [1]


async def test_when_one_fails_no_more_are_begun() -> None:
    """Those in flight are finished, and what it raised goes on."""
    work = Work()
    with pytest.raises(ValueError, match="no"):
        await each([1, 99, *range(100, 200)], work, 2, Monitor())

    assert len(work.begun) < 10
    assert sorted(work.done) == sorted(set(work.begun) - {99})


async def test_when_the_run_is_stopped_no_more_are_begun() -> None:
    """The call in flight is finished, and then why it was stopped goes on."""
    monitor = Monitor()
    work = Work(monitor)
    with pytest.raises(RunStopped, match="enough"):
        await each(range(5, 9), work, 1, monitor)

    assert (work.begun, work.done) == ([5], [5])


async def test_what_is_done_when_the_run_is_stopped_counts() -> None:
    """There is nothing to stop any more."""
    monitor = Monitor()
    monitor.stop(RunStopped("enough"))
    work = Work()
    await each([1], work, 1, monitor)

    assert work.done == [1]


async def test_work_gives_its_result_unless_the_run_is_stopped() -> None:
    """Or what it raised; a pause is not sat out."""

    async def seven() -> int:
        return 7

    async def no() -> int:
        raise ValueError("no")

    monitor = Monitor()
    assert await unless_stopped(seven(), monitor) == 7
    with pytest.raises(ValueError, match="no"):
        await unless_stopped(no(), monitor)
    monitor.stop(RunStopped("enough"))
    assert await unless_stopped(seven(), monitor) == 7


async def test_work_that_goes_on_when_the_run_is_stopped_has_its_grace() -> None:
    """It may finish; then why it was stopped goes on."""
    monitor, done = Monitor(), [0]
    monitor.stop(RunStopped("enough"))

    async def late() -> None:
        await after_a_look()
        done.append(1)

    with pytest.raises(RunStopped, match="enough"):
        await unless_stopped(late(), monitor)

    assert done == [0, 1]
