"""`selfinstruct repair`: a run folder after damage."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from selfinstruct_chains.cli import options
from selfinstruct_chains.cli.echo import echo_json, say

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@options.run
@options.as_json
@options.quiet
def command(run: Path, *, as_json: bool) -> None:
    """Mend a run folder in which a file is damaged, without a call. All that is good stays; damaged files are kept.

    Replies that were lost are asked for again by the command that began the run.

    \b
    selfinstruct repair runs/embedded-8f09f1
    selfinstruct repair runs/mine
    """
    from selfinstruct_chains.errors import RunError
    from selfinstruct_chains.run.repair import repair

    found = repair(run)
    if as_json:
        echo_json({"done": found.done, "left": found.left}, indent=1)
    for line in found.done * (not as_json):
        say(line)
    if found.left:
        raise RunError(f"{run}: {'; '.join(found.left)}")
    if not (found.done or as_json):
        say(f"{run}: nothing is damaged.")
