"""`selfinstruct repair`: a run folder after damage."""

from __future__ import annotations

from pathlib import Path

import click

from selfinstruct_chains.cli.echo import echo


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
def command(run: Path) -> None:
    """Mend a run folder in which a file is damaged, without a call. All that is good stays; damaged files are kept.

    Replies that were lost are asked for again by the command that began the run.

    \b
    selfinstruct repair runs/embedded-8f09f1
    selfinstruct repair runs/mine
    """
    from selfinstruct_chains.errors import RunError
    from selfinstruct_chains.run.repair import repair

    found = repair(run)
    for line in found.done:
        echo(line)
    if found.left:
        raise RunError(f"{run}: {'; '.join(found.left)}")
    if not found.done:
        echo(f"{run}: nothing is damaged.")
