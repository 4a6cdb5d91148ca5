"""`selfinstruct status`: how a run is going, or went."""

from __future__ import annotations

import textwrap
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from selfinstruct_chains.cli.echo import echo, echo_json

if TYPE_CHECKING:
    from selfinstruct_chains.run.overview import Overview


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def command(run: Path, *, as_json: bool) -> None:
    """Show how the run in a folder is going, or went. It may be running; nothing is locked, and nothing written.

    \b
    selfinstruct status runs/embedded-8f09f1
    watch selfinstruct status runs/mine
    selfinstruct status runs/mine --json
    """
    from selfinstruct_chains.cli.figures import WIDTH, figures
    from selfinstruct_chains.run.overview import look

    overview = look(run)
    monitor = overview.monitor
    if as_json:
        about = {"run": str(run), "state": overview.state, "why": overview.why, "updated": overview.updated}
        about |= {"made": overview.made} if overview.made else {}
        now = {"waiting": overview.waiting and overview.waiting._asdict(), "seconds_left": overview.left}
        echo_json(about | monitor.snapshot() | now, indent=1)
        return
    echo(textwrap.fill(f"{run}: {monitor.finished} of {monitor.wanted} tasks; {_state(overview)}", WIDTH))
    if overview.made:
        echo(textwrap.fill(f"{overview.made}.", WIDTH))
    echo("\n" + figures(monitor))


def _state(overview: Overview) -> str:
    monitor, ago = overview.monitor, _ago(overview.updated)
    match overview.state:
        case "running":
            left = _left(overview)
            return f"running, {monitor.in_flight} calls in flight{left}"
        case "finished":
            return f"finished {ago}"
        case "stopped":
            return f"stopped {ago}: {overview.why}. The command that began it goes on"
        case "killed":
            return f"killed (last sign of life {ago}). The command that began it goes on"
        case _ if overview.made:
            return "finished"
        case _:
            return "not known whether it is running"


def _left(overview: Overview) -> str:
    from selfinstruct_chains.cli.figures import duration

    left = "" if overview.left is None else f", about {duration(overview.left)} left"
    return f"{left}; waiting: {overview.waiting.why}" if overview.waiting else left


def _ago(updated: float | None) -> str:
    seconds = max(0, round(time.time() - (updated or time.time())))
    for unit, size in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit} ago"
    return f"{seconds} s ago"
