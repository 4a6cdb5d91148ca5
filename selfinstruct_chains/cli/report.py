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
@click.option(
    "--calls",
    type=Whole(min=0),
    default=200,
    show_default=True,
    help="Of the first so many tasks, and dropped candidates, the page has prompts and replies; `log` has all.",
)
@click.option(
    "--figures",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Also write each figure as a file there: NAME-light.svg and NAME-dark.svg; for PNG, the page has buttons.",
)
@click.option("--force", is_flag=True, help="Also replace files that are no report, or none of its figures.")
@options.as_json
@options.quiet
def command(  # noqa: PLR0913 - one for each option
    run: Path | None,
    out: Path | None,
    sample: int,
    calls: int,
    figures: Path | None,
    *,
    force: bool,
    as_json: bool,
) -> None:
    """Write a report of RUN, or of the latest: one HTML page that opens offline, in any browser.

    It has the funnel from requests to tasks, what the instructions ask for, how new they are, lengths, acceptance,
    labels, tokens, review verdicts, and all tasks and dropped candidates to search; report.html#task-000003-02 opens
    one. Each figure can be saved from the page, as SVG or PNG. Needs the extra `report`:
    pip install 'selfinstruct-chains[report]'

    \b
    selfinstruct report my-run
    selfinstruct report my-run -o page.html --sample 50000
    selfinstruct report my-run --figures figures
    selfinstruct report my-run --json | jq '.sections[].figures[].name'
    """
    from selfinstruct_chains.cli.bars import Bar
    from selfinstruct_chains.outputs.report.report import write_report

    with Bar() as bar:
        report = write_report(
            options.the_run(run), out, sample=sample, calls=calls, figures=figures, force=force, on_progress=bar
        )
    to_stdout = str(out) == "-"
    if as_json:
        found = {"report": str(report.path), "tasks": report.tasks, "unfinished": report.unfinished}
        echo_json(found | {"files": list(map(str, report.figures))} | report.numbers, err=to_stdout)
        return
    if report.unfinished:
        say(f"Unfinished run: {report.unfinished}.", err=to_stdout)
    say(f"Report on {report.tasks:,} tasks: {report.path}", err=to_stdout)
    if figures is not None:
        say(f"{len(report.figures) // 2} figures, each light and dark: {figures}", err=to_stdout)
