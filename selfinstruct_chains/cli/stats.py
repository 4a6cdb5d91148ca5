"""`selfinstruct stats`: the figures of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from selfinstruct_chains.cli import options
from selfinstruct_chains.cli.echo import echo, echo_json

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@options.latest_run
@options.as_json
def command(run: Path | None, *, as_json: bool) -> None:
    """Count what is in a run: the paper's Table 1 beside the paper's own, and what was dropped, accepted and spent.

    RUN is a run folder, also one that is being written; the latest, if none is named.

    \b
    selfinstruct stats runs/embedded-1a2b3c
    selfinstruct stats runs/embedded-1a2b3c --json | jq .table_1
    """
    import textwrap

    from selfinstruct_chains.cli.figures import WIDTH
    from selfinstruct_chains.outputs.report.facts import gather
    from selfinstruct_chains.outputs.stats_text import statistics_text
    from selfinstruct_chains.run.reader import RunReader

    run = options.the_run(run)
    reader = RunReader(run)
    facts, made = gather(reader), reader.origin.made
    if as_json:
        about = {"run": str(run), "unfinished": reader.unfinished(), "fingerprint": reader.origin.fingerprint}
        about |= {"made": made} if made else {}
        echo_json({**about, **facts.as_json()}, indent=2)
        return
    echo(statistics_text(facts.stats, f"{run}: {reader.config.name}, {reader.origin.fingerprint[:6]}"))
    if facts.share:
        echo("\n" + textwrap.fill(facts.share, WIDTH))
    if made:
        echo("\n" + textwrap.fill(f"{made}.", WIDTH))
    if reason := reader.unfinished():
        echo(f"The run may not be finished: {reason}.", err=True)
