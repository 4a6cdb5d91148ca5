"""Ctrl-C and SIGTERM while calls are paid for: the first ends it gently, the second at once."""

from __future__ import annotations

import asyncio
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from selfinstruct_chains.errors import Interrupted

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator

    from selfinstruct_chains.run.monitor import Monitor

T = TypeVar("T")
_SIGNALS: dict[int, tuple[str, int]] = {signal.SIGINT: ("Ctrl-C", 130), signal.SIGTERM: ("SIGTERM", 143)}
"""What a signal is called, and the exit code it brings."""


async def interruptible(work: Coroutine[Any, Any, T], monitor: Monitor) -> T:
    """What comes of `work`, which ends when `monitor` says so; the second signal cancels it.

    Raises:
        Interrupted: a signal ended it; and what `work` raises.
    """
    _on_signals(monitor)
    try:
        return await work
    except asyncio.CancelledError:
        raise monitor.stopping or Interrupted("stopped") from None


def _on_signals(monitor: Monitor) -> None:
    """Have signals end the work. Not the loop's own handlers: those go with it, and the summary is still to come."""
    loop, this = asyncio.get_running_loop(), asyncio.current_task()

    def stop(name: str, exit_code: int) -> None:
        if isinstance(monitor.stopping, Interrupted) and this:
            this.cancel()
        monitor.interrupt(Interrupted(f"by {name}", exit_code=exit_code))

    def handle(number: int, _: object) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(stop, *_SIGNALS[number])

    for number in _SIGNALS:
        signal.signal(number, handle)


@contextmanager
def handlers_put_back() -> Iterator[None]:
    """Leaves the handlers of signals as they were."""
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
