"""What a run says at its end, for people: 80 columns of plain text."""

from __future__ import annotations

import shlex
import textwrap
from typing import TYPE_CHECKING

import click

from selfinstruct_chains.characters import printable
from selfinstruct_chains.cli.command_line import again
from selfinstruct_chains.cli.figures import LABEL, WIDTH, cost, duration, figures, row, tokens
from selfinstruct_chains.errors import AcceptanceCollapsed, BudgetReached, Interrupted, ProviderError, RunError
from selfinstruct_chains.run import advice

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from selfinstruct_chains.errors import SelfInstructError
    from selfinstruct_chains.run.monitor import Monitor
    from selfinstruct_chains.tasks import Instance, Task

_LINES = 4  # of a field of a task
_OPTIONS = {"calls": "max_calls", "tokens": "max_tokens", "dollars": "max_cost"}


def summarise(
    monitor: Monitor, folder: Path, samples: Collection[Task], *, stopped: SelfInstructError | None, share: str = ""
) -> str:
    """The summary of a run that ended, or stopped: what was asked, kept and dropped, and the command to go on with.

    `share` is what there is to say of its classification tasks.
    """
    parts = [_headline(monitor, folder, stopped), figures(monitor)]
    if share:
        parts.append(textwrap.fill(share, WIDTH))
    if samples:
        parts += ["Some of them:" if len(samples) > 1 else "One of them:", *map(_task, samples)]
    if isinstance(stopped, BudgetReached | Interrupted) and _mostly_dropped(monitor):
        parts.append(
            textwrap.fill(f"Little of what came was of use; it was dropped {advice.why(monitor.rejected)}.", WIDTH)
        )
    if monitor.finished:
        parts.append(_with_it(folder))
    parts.append(_next(monitor, stopped))
    return "\n\n".join(parts)


def _with_it(folder: Path) -> str:
    """The commands for what there is, to copy."""
    data = f"{folder.resolve().name}-messages"
    commands = (("report", folder), ("review", folder), ("export", folder, "--format", "messages", "-o", data))
    shown = "\n".join(f"  {shlex.join(['selfinstruct', *map(str, words)])}" for words in commands)
    return f"To look through it, to judge a sample, and to train on it:\n{shown}"


def _headline(monitor: Monitor, folder: Path, stopped: SelfInstructError | None) -> str:
    done = f"{monitor.finished} tasks are in {folder / 'tasks.jsonl'} ({duration(monitor.seconds)})."
    return f"{_stopped(stopped)}\n{done}" if stopped else done


def how_to_go_on(monitor: Monitor, stopped: SelfInstructError, kept: str) -> str:
    """What is said when questions outside a run were stopped: why, what is kept, and the command to go on with."""
    rows = [row("Calls", f"{monitor.calls}"), row("Tokens", tokens(monitor.total)), row("Cost", cost(monitor))]
    return "\n\n".join([f"{_stopped(stopped)}\n{kept}.", "\n".join(rows), _next(monitor, stopped)])


def _stopped(stopped: SelfInstructError) -> str:
    return textwrap.fill(f"Stopped: {stopped}", WIDTH)


def _next(monitor: Monitor, stopped: SelfInstructError | None) -> str:
    """How to go on, which depends on why it ended."""
    command = again()
    match stopped:
        case None:
            how, command = "For more, take a larger -n; what is there is kept:", again(n=2 * monitor.wanted)
        case BudgetReached(budget="minutes"):
            how = "To go on for as long again:"
        case BudgetReached(budget=budget) if budget in _OPTIONS:
            how, command = "To go on, raise the budget, which counts the whole folder:", _raised(_OPTIONS[budget])
        case BudgetReached():
            how, command = "To go on with a limit that can be kept:", _by_calls(monitor)
        case AcceptanceCollapsed():
            how = "A chain that is changed has a folder of its own. To try the same for longer:"
        case ProviderError():
            how = "When that is put right, the same command goes on:"
        case RunError():
            how = "When there is room again, the same command goes on:"
        case _:
            how = "To go on, the same command:"
    return f"{textwrap.fill(how, WIDTH)}\n  {command}"


def _mostly_dropped(monitor: Monitor) -> bool:
    whole = sum(count for (stage, _), count in monitor.rejected.items() if stage == "request")
    return 2 * monitor.finished < monitor.candidates + whole


def _raised(option: str) -> str:
    given = click.get_current_context().params[option]
    return again(**{option: 2 * given})


def _by_calls(monitor: Monitor) -> str:
    return again(max_tokens=(), max_cost=(), max_calls=max(100, 2 * monitor.calls))


def _task(task: Task) -> str:
    more = len(task.instances) - 1
    lines = [textwrap.fill(printable(task.instruction), WIDTH, initial_indent="  ", subsequent_indent="  ")]
    lines += _instance(task.instances[0])
    if more:
        lines.append(row("", f"(and {more} more instance{'s' if more > 1 else ''})", indent=4))
    return "\n".join(lines)


def _instance(instance: Instance) -> list[str]:
    fields = (("Input", instance.input), ("Output", instance.output))
    return [row(label, _shortened(text), indent=4) for label, text in fields if text]


def _shortened(text: str) -> str:
    return textwrap.shorten(printable(text), _LINES * (WIDTH - LABEL - 4), placeholder=" ...")
