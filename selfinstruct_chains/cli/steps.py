"""What a training shows while it goes: a bar on a terminal, lines in a pipe; on standard error."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.progress import Progress

from selfinstruct_chains.cli.bars import LINES, columns
from selfinstruct_chains.cli.echo import echo, hushed
from selfinstruct_chains.cli.figures import duration

if TYPE_CHECKING:
    from selfinstruct_chains.training.tune import Step


class StepDisplay:
    """Shows each step that it is told."""

    def __init__(self, steps: int) -> None:
        self._console = Console(stderr=True)
        self._bar = Progress(*columns(), console=self._console, transient=True)
        self._task = self._bar.add_task("loading", total=steps)
        self._said = 0.0
        self._quiet = hushed()

    def __enter__(self) -> Self:
        if self._console.is_terminal and not self._quiet:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._console.is_terminal:
            self._bar.stop()

    def step(self, step: Step) -> None:
        """Show how far it is."""
        if self._quiet:
            return
        loss = "" if step.loss is None else f"loss {step.loss:.3f}"
        if self._console.is_terminal:
            self._bar.update(self._task, total=step.of, completed=step.number, description=loss or "training")
            return
        now = time.monotonic()
        if now - self._said < LINES and step.number < step.of:
            return
        self._said = now
        done = step.number - step.first
        left = step.seconds / done * (step.of - step.number) if done else 0
        echo(f"step {step.number:,} of {step.of:,}; {loss or 'no loss yet'}; about {duration(left)} left", err=True)
