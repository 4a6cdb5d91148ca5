"""How far something is that may take long: a bar on a terminal, on standard error, and nothing elsewhere."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from selfinstruct_chains.cli.echo import hushed

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.progress import ProgressColumn, TaskID

LINES = 10.0
"""Seconds between lines in a pipe, of what shows them there."""
WIDTH = 24
"""Columns of a bar."""
_QUICK = 1.0  # seconds in which nothing is shown: most of what is done is done by then
_REFRESH = 0.1  # seconds between changes of a bar


def columns() -> list[ProgressColumn]:
    """What a bar shows: what is done, how much of it, and for how long still."""
    return [
        TextColumn("{task.description}"),
        BarColumn(bar_width=WIDTH),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    ]


class Bar:
    """Shows how far one stage after another is, each time it is called; what takes less than a second shows nothing."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._console = Console(stderr=True)
        self._bar = Progress(*columns(), console=self._console, transient=True)
        self._stage: TaskID | None = None
        self._named = ""
        self._next = clock() + _QUICK

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._stage is not None:  # else it would still print an empty line
            self._bar.stop()

    def __call__(self, stage: str, done: int, of: int | None) -> None:
        """Show that `done` of so many parts of a stage are done; None: nobody knows of how many."""
        now = self._clock()
        if self._console.is_terminal and not hushed() and now >= self._next:
            self._next = now + _REFRESH
            self._draw(stage, done, of)

    def _draw(self, stage: str, done: int, of: int | None) -> None:
        self._bar.start()
        if self._stage is None or stage != self._named:
            if self._stage is not None:
                self._bar.remove_task(self._stage)
            self._stage, self._named = self._bar.add_task(stage, total=of), stage
        self._bar.update(self._stage, completed=done, total=of)
