"""`selfinstruct report`: one page to look at a run."""

from __future__ import annotations

from pathlib import Path

import click

from selfinstruct_chains.cli import options
from selfinstruct_chains.cli.echo import echo_json, say
from selfinstruct_chains.cli.parameters import Whole


@click.command()
@options.latest_run
@click.option(
    "-o",
    "--output",
    "out",
    type=click.Path(path_type=Path),
    metavar="FILE.html",
    help="The page, or -.  [default: report.html in the run folder]",
)
@click.option(
    "--sample",
    type=Whole(min=1),
    default=5000,
    show_default=True,
    help="Tasks that are parsed, and compared with all others; drawn at random when there are more.",
)
@click.option("--force", is_flag=True, help="Also replace a file that is no report.")
@options.as_json
@options.quiet
def command(run: Path | None, out: Path | None, sample: int, *, force: bool, as_json: bool) -> None:
    """Write a report of RUN, or of the latest: one HTML page that opens offline, in any browser.

    It has the funnel from requests to tasks, what the instructions ask for, how new they are, lengths, acceptance,
    labels, tokens, review verdicts, and all tasks and dropped candidates to search. Needs the extra `report`:
    pip install 'selfinstruct-chains[report]'

    \b
    selfinstruct report my-run
    selfinstruct report my-run -o page.html --sample 50000
    """
    from selfinstruct_chains.cli.bars import Bar
    from selfinstruct_chains.outputs.report.report import write_report

    with Bar() as bar:
        report = write_report(options.the_run(run), out, sample=sample, force=force, on_progress=bar)
    to_stdout = str(out) == "-"
    if as_json:
        found = {"report": str(report.path), "tasks": report.tasks, "unfinished": report.unfinished}
        echo_json(found, err=to_stdout)
        return
    if report.unfinished:
        say(f"Unfinished run: {report.unfinished}.", err=to_stdout)
    say(f"Report on {report.tasks:,} tasks: {report.path}", err=to_stdout)
