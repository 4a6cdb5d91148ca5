"""What a run shows while it goes: a live display on a terminal, lines in a pipe, JSON for machines."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.text import Text

from selfinstruct_chains.characters import visible
from selfinstruct_chains.cli.bars import LINES, WIDTH
from selfinstruct_chains.cli.echo import echo, echo_json, hushed
from selfinstruct_chains.cli.figures import duration, money, nodes, rules
from selfinstruct_chains.errors import Interrupted

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from selfinstruct_chains.errors import SelfInstructError
    from selfinstruct_chains.run.monitor import Monitor

_OF_A_RUN = "tasks"
_REFRESH = 4  # times a second on a terminal


class LiveDisplay:
    """Shows a monitor's counts from a thread of its own, on stderr, until the block ends; of `items`, in words."""

    def __init__(self, monitor: Monitor, folder: Path, *, as_json: bool, items: str = _OF_A_RUN) -> None:
        self._monitor, self._folder, self._as_json, self._items = monitor, folder, as_json, items
        self._console = Console(stderr=True)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=WIDTH),
            MofNCompleteColumn(),
            TextColumn("{task.fields[times]}"),
            console=self._console,
        )
        self._task = self._bar.add_task(items, total=None, times="")
        self._ended = threading.Event()
        self._noted = 0
        self._quiet = hushed()
        self._display: Live | threading.Thread | None = None

    def __enter__(self) -> Self:
        if self._quiet:
            return self
        if self._console.is_terminal and not self._as_json:
            self._display = Live(
                get_renderable=self._render, console=self._console, refresh_per_second=_REFRESH, transient=True
            )
        else:
            self._display = threading.Thread(target=self._tell, daemon=True)
        self._display.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        if isinstance(self._display, Live):
            self._display.stop()
        elif self._display:
            self._display.join()
        self._note()

    def note(self, text: str) -> None:
        """A line of its own, from any thread."""
        if self._quiet:
            return
        if self._as_json:
            _print(self._json("note") | {"note": text})
        else:
            self._console.print(visible(f"note: {text}"), markup=False, highlight=False, soft_wrap=True)

    def end(self, stopped: SelfInstructError | None) -> None:
        """The last line for machines: that it is over, why, and the exit code."""
        _print(self._json("end") | {"why": str(stopped or ""), "exit_code": stopped.exit_code if stopped else 0})

    def _render(self) -> RenderableType:
        self._note()
        monitor = self._monitor
        self._bar.update(
            self._task, total=monitor.wanted or None, completed=monitor.finished, times="; ".join(_times(monitor))
        )
        return Group(self._bar, *(Text(visible(line), style="dim") for line in self._lines()))

    def _tell(self) -> None:
        said = ""
        while not self._ended.wait(LINES if said else 1.0):
            self._note()
            parts = [f"{self._monitor.finished} of {self._monitor.wanted} {self._items}", *_times(self._monitor)[1:]]
            line = "; ".join([*parts, *self._lines()])
            if line == said or not self._monitor.wanted:
                continue
            if self._as_json:
                _print(self._json("progress"))
            else:
                echo(line, err=True)
            said = line

    def _lines(self) -> list[str]:
        return _lines(self._monitor, of_a_run=self._items == _OF_A_RUN)

    def _note(self) -> None:
        """What there is to say besides, once."""
        notes = self._monitor.notes[self._noted :]
        self._noted += len(notes)
        for one in notes:
            self.note(one)

    def _json(self, event: str) -> dict[str, object]:
        when = {"event": event, "time": round(time.time(), 1), "run": str(self._folder)}
        return when | self._monitor.snapshot()


def note(text: str, *, as_json: bool) -> None:
    """What there is to say before a run begins."""
    if as_json:
        _print({"event": "note", "time": round(time.time(), 1), "note": text})
    else:
        echo(text, err=True)


def _print(values: dict[str, object]) -> None:
    echo_json(values, err=True)


def _lines(monitor: Monitor, *, of_a_run: bool) -> list[str]:
    if not monitor.wanted:
        return ["starting"]
    total = monitor.total
    share = f" ({monitor.accepted / monitor.candidates:.0%})" if monitor.candidates else ""
    paid = f"{total.input_tokens + total.output_tokens:,} tokens{money(monitor)}"
    lines = [f"{monitor.in_flight} calls in flight, {monitor.rate:.1f}/s; {total.calls:,} replies, {paid}"]
    if of_a_run:
        lines.append(f"{monitor.accepted:,} of {monitor.candidates:,} instructions accepted{share}")
        lines += [f"dropped: {dropped}"] if (dropped := rules(monitor)) else []
    lines += nodes(monitor)
    lines += _pauses(monitor)
    stopping = monitor.stopping
    if stopping:
        more = "; again stops at once" if isinstance(stopping, Interrupted) else ""
        lines.append(f"stopping {stopping}: waiting for {monitor.in_flight} calls in flight{more}")
    return lines


def _times(monitor: Monitor) -> list[str]:
    """For how long it goes, and, as far as that is known, for how long still."""
    if not monitor.wanted:
        return []
    left = monitor.left
    return [duration(monitor.seconds), *([] if left is None else [f"about {duration(left)} left"])]


def _pauses(monitor: Monitor) -> list[str]:
    """Why nothing moves, or less than could: calls that got no reply, when they are made again, and how long yet."""
    if not (found := monitor.pauses()):
        return []
    calls = f"{found.calls} call{'s' if found.calls > 1 else ''}"
    when = f"in {duration(found.seconds)}" if found.seconds > 0 else "when it is their turn"
    return [f"waiting: {found.why}", f"{calls} to make again {when}; given up in {duration(found.patience_left)}"]
