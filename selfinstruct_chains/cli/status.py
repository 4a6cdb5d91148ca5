"""`selfinstruct status`: how a run is going, or went."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import click

from selfinstruct_chains.cli import options
from selfinstruct_chains.cli.echo import echo, echo_json

if TYPE_CHECKING:
    from pathlib import Path

    from selfinstruct_chains.run.overview import Overview


@click.command()
@options.latest_run
@options.as_json
def command(run: Path | None, *, as_json: bool) -> None:
    """Show how the run in a folder, or the latest, is going, or went. Nothing is locked, and nothing written.

    \b
    selfinstruct status runs/embedded-8f09f1
    watch selfinstruct status runs/mine
    selfinstruct status runs/mine --json
    """
    from selfinstruct_chains.cli.figures import WIDTH, figures
    from selfinstruct_chains.run.overview import look

    run = options.the_run(run)
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
    from selfinstruct_chains.cli.figures import age

    monitor, ago = overview.monitor, f"{age(overview.updated)} ago"
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
