"""Ctrl-C and SIGTERM while a model is trained: the first ends it gently, at the next checkpoint; the second at once."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_SIGNALS: dict[int, tuple[str, int]] = {signal.SIGINT: ("Ctrl-C", 130), signal.SIGTERM: ("SIGTERM", 143)}


class Stop:
    """Whether somebody wants it to end."""

    def __init__(self) -> None:
        self.by: str = ""
        """By what; "" if nobody does."""
        self.exit_code = 0

    def handle(self, number: int, _: object) -> None:
        """Note the first signal; end at once at the second."""
        if self.by:
            raise KeyboardInterrupt
        self.by, self.exit_code = _SIGNALS[number]


@contextmanager
def stoppable() -> Iterator[Stop]:
    """What signals say, until the block ends; in a thread, which no signal reaches, nothing."""
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {number: signal.signal(number, stop.handle) for number in _SIGNALS}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
