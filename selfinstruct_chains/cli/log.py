"""`selfinstruct log`: the calls of a run, what each was asked and what it replied."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from selfinstruct_chains.cli import options
from selfinstruct_chains.cli.echo import echo, echo_json
from selfinstruct_chains.cli.parameters import OneOf, RunFolder, Whole

if TYPE_CHECKING:
    from selfinstruct_chains.run.calls import Calls, Wanted

ROLES = ("instructions", "classification", "input_first", "output_first", "found")
_TASK = re.compile(rf"\d+(-\d+)?|({'|'.join(ROLES)})/.+/\d+")
"""How a candidate, a request or a call is called."""


class _RunOrTask(RunFolder):
    """A run, or what a task is called where the run is the latest."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """`value` as a path."""
        return Path(value) if _TASK.fullmatch(str(value)) else super().convert(value, param, ctx)


@click.command()
@click.argument("run", type=_RunOrTask(), required=False)
@click.argument("task", required=False)
@click.option(
    "--limit", type=Whole(min=1), default=20, show_default=True, metavar="N", help="The last N calls of the table."
)
@click.option("--role", type=OneOf(ROLES), help="Only calls for this role; found: those before the first request.")
@click.option("--faults", is_flag=True, help="Only attempts that got no reply, and refusals.")
@click.option("--unreadable", is_flag=True, help="Only replies that hold nothing usable.")
@options.as_json
def command(  # noqa: PLR0913 - one for each option
    run: Path | None,
    task: str | None,
    *,
    limit: int,
    role: str | None,
    faults: bool,
    unreadable: bool,
    as_json: bool,
) -> None:
    """List the calls of RUN, or of the latest run, or show all about TASK: prompts as they were sent, and raw replies.

    TASK is a candidate (000003-02), finished or dropped, a request (000003), or a call (input_first/000003-02/1). The
    journal has the hash of a prompt; its text is made anew from the folder, and whether it is the one that was sent is
    told.

    \b
    selfinstruct log
    selfinstruct log runs/mine --unreadable --limit 100
    selfinstruct log runs/mine 000003-02
    """
    from selfinstruct_chains.run.calls import Calls, Wanted
    from selfinstruct_chains.run.reader import RunReader

    if task is None and run is not None and _TASK.fullmatch(str(run)) and not os.path.lexists(run):
        run, task = None, str(run)
    calls = Calls(RunReader(options.the_run(run)))
    if task is None:
        _list(calls, Wanted(role or "", faults, unreadable), limit, as_json=as_json)
        return
    options.refuse("chooses among calls, and TASK has its own", "limit", "role", "faults", "unreadable")
    _show(calls, task, as_json=as_json)


def _list(calls: Calls, wanted: Wanted, limit: int, *, as_json: bool) -> None:
    from selfinstruct_chains.cli.log_text import row_values, table

    rows, count = calls.rows(wanted, limit)
    if as_json:
        echo_json([row_values(row) for row in rows], indent=1)
    else:
        echo(table(rows, count))


def _show(calls: Calls, task: str, *, as_json: bool) -> None:
    from selfinstruct_chains.cli.log_text import about_text, about_values

    about = calls.about(task)
    if as_json:
        echo_json(about_values(about), indent=1)
    else:
        echo(about_text(about))
