"""`selfinstruct compare`: runs side by side."""

from __future__ import annotations

from pathlib import Path

import click

from selfinstruct_chains.cli import options
from selfinstruct_chains.cli.echo import echo, echo_json, say
from selfinstruct_chains.cli.parameters import Whole


@click.command()
@options.runs
@click.option(
    "-o",
    "--output",
    "out",
    type=click.Path(path_type=Path),
    metavar="FILE.html",
    help="Write a page instead, which opens offline, or -.",
)
@click.option(
    "--sample",
    type=Whole(min=1),
    default=1000,
    show_default=True,
    help="Tasks of each run that are parsed for verbs, and compared with all of each other run; drawn at random.",
)
@click.option("--force", is_flag=True, help="Also replace a file that is no comparison.")
@options.as_json
@options.quiet
def command(runs: tuple[Path, ...], out: Path | None, sample: int, *, force: bool, as_json: bool) -> None:
    """Compare runs: which chain, model, prompt or threshold does better, or that it can't be told.

    The others are held against the first; without any RUN the two latest are taken, the older one first. Shown is what
    differs in their chains, Table 1 beside the paper's, what was dropped and spent, how much of one is in the other,
    verbs, labels, verdicts, and the differences of shares with 95% intervals.

    \b
    selfinstruct compare runs/before runs/after
    selfinstruct compare runs/a runs/b runs/c -o compare.html
    selfinstruct compare runs/a runs/b --json | jq .differences
    """
    from selfinstruct_chains.cli.bars import Bar
    from selfinstruct_chains.outputs.compare.comparison import compare
    from selfinstruct_chains.outputs.compare.page import check, write
    from selfinstruct_chains.outputs.compare.text import comparison_text
    from selfinstruct_chains.outputs.compare.wire import as_json as values

    paths = options.the_runs(runs)
    if out is None:
        options.refuse("is about the page that -o names", "force")
    else:
        check(out, force=force)
    with Bar() as bar:
        found = compare(paths, sample, bar)
    to_stdout = str(out) == "-"
    if out is not None:
        write(found, out)
    if as_json:
        echo_json(values(found) | ({} if out is None else {"page": str(out)}), err=to_stdout, indent=1)
    elif out is None:
        echo(comparison_text(found))
    else:
        for note in found.notes:
            say(note, err=to_stdout)
        say(f"{len(found.sides)} runs side by side: {out}", err=to_stdout)
