"""`selfinstruct runs`: which runs there are, and how each stands."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import click

from selfinstruct_chains.cli import options
from selfinstruct_chains.cli.echo import echo, echo_json

if TYPE_CHECKING:
    from selfinstruct_chains.run.runs import Standing

_NAME = 28  # columns
_WIDE = 11  # of numbers


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), required=False)
@options.as_json
def command(folder: Path | None, *, as_json: bool) -> None:
    """List the runs in FOLDER, the latest first: tasks, calls, cost, and how each stands.

    FOLDER is runs, if none is named. Nothing is locked, and nothing written.

    \b
    selfinstruct runs
    selfinstruct runs elsewhere --json
    """
    from selfinstruct_chains.run.places import RUNS
    from selfinstruct_chains.run.runs import standings

    found = [] if folder is None and not RUNS.exists() else standings(folder or RUNS)
    if as_json:
        echo_json([_values(one) for one in found], indent=1)
        return
    if not found:
        echo(f"{folder or RUNS}: no runs yet. To make one: selfinstruct generate -n 20")
        return
    echo(f"In {folder or RUNS}, the latest first:\n")
    echo(_row("", "tasks", "calls", "cost", "state"))
    for one in found:
        echo(_told(one))


def _values(one: Standing) -> dict[str, object]:
    values = one._asdict() | {"run": str(one.path), "updated": round(one.updated, 1)}
    del values["path"]
    return {"run": values.pop("run"), **values}


def _told(one: Standing) -> str:
    """A run's line, and below it why it stopped, or what is wrong."""
    from selfinstruct_chains.cli.figures import WIDTH, age

    tasks = "" if one.finished is None else f"{one.finished:,}/{'?' if one.wanted is None else f'{one.wanted:,}'}"
    calls = "" if one.calls is None else f"{one.calls:,}"
    lines = [_row(one.path.name, tasks, calls, _cost(one), f"{one.state}, {age(one.updated)}")]
    if why := one.why or one.made:
        indent = " " * 4
        lines.append(textwrap.fill(why, WIDTH, initial_indent=indent, subsequent_indent=indent))
    return "\n".join(lines)


def _row(name: str, *cells: str) -> str:
    tasks, calls, cost, state = cells
    start = f"  {name:<{_NAME}}" if len(name) <= _NAME else f"  {name}\n  {'':<{_NAME}}"
    return f"{start}{tasks:>{_WIDE}}{calls:>9}{cost:>9}  {state}".rstrip()


def _cost(one: Standing) -> str:
    if one.calls is None:
        return ""
    if one.dollars is None or (not one.dollars and one.unknown_tokens):
        return "?"
    return f"${one.dollars:,.2f}" if one.dollars else "-"
