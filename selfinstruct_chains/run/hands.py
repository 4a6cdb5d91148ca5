"""Many calls at once, outside the loop of a run."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any, TypeVar

from selfinstruct_chains.models import loops

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Iterable

    from selfinstruct_chains.run.monitor import Monitor

T = TypeVar("T")
GRACE = 3.0
"""Seconds that calls in flight are given when what they belong to is stopped; they are cancelled then."""
_TICK = 0.2  # seconds between looks at whether it was stopped


async def each(items: Iterable[T], work: Callable[[T], Awaitable[None]], most: int, monitor: Monitor) -> None:
    """Do `work` on all items, at most so many at once.

    When one fails, or `monitor` is stopped, no more are begun; those in flight may finish, since they are paid for.

    Raises:
        Exception: what the first that failed raised, or why it was stopped.
    """
    left = iter(items)

    async def hand() -> None:
        for item in left:
            await work(item)

    hands = running = {asyncio.create_task(hand()) for _ in range(most)}
    try:
        while running:
            done, running = await asyncio.wait(running, timeout=_TICK, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
            if running and monitor.stopping:
                raise monitor.stopping
    finally:
        deque(left, maxlen=0)
        await loops.ended(hands, GRACE)


async def unless_stopped(work: Coroutine[Any, Any, T], monitor: Monitor) -> T:
    """What comes of `work`; when `monitor` is stopped, a call may finish that is in flight, and a pause is not sat out.

    Raises:
        Exception: what it raised, or why it was stopped.
    """
    task = asyncio.create_task(work)
    try:
        while not (await asyncio.wait({task}, timeout=_TICK))[0]:
            if monitor.stopping:
                raise monitor.stopping
        return task.result()
    finally:
        await loops.ended({task}, GRACE)
