"""`selfinstruct refilter`: what other filters would have kept of a run."""

from __future__ import annotations

from pathlib import Path

import click

from selfinstruct_chains.cli import options
from selfinstruct_chains.cli.echo import echo_json, say


@click.command()
@options.run
@options.settings
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), required=True, metavar="FOLDER", help="The new folder."
)
@options.as_json
@options.quiet
def command(run: Path, settings: tuple[str, ...], output: Path, *, as_json: bool) -> None:
    """Filter the candidates of a run anew, by other filters or another novelty threshold, without a single call.

    The requests are taken as they were asked. Newly accepted instructions that no model was asked to complete are in
    unanswered.jsonl. The new folder can be exported and looked at as any other; it can't be extended.

    \b
    selfinstruct refilter runs/mine --set novelty.threshold=0.6 -o runs/mine-06
    selfinstruct refilter runs/mine --set filters.0.min_words=5 -o runs/mine-5
    """
    from selfinstruct_chains.cli.bars import Bar
    from selfinstruct_chains.files.chain import parse_overrides
    from selfinstruct_chains.run.refilter import refilter

    with Bar() as bar:
        result = refilter(run, parse_overrides(settings), output, bar)
    if as_json:
        kept = {"tasks": len(result.tasks), "new": result.gained, "gone": dict(result.lost)}
        echo_json({"output": str(output), **kept, "unanswered": len(result.unanswered)}, indent=1)
        return
    lost = ", ".join(f"{rule} {count}" for rule, count in result.lost.most_common())
    say(f"{len(result.tasks)} tasks are in {output / 'tasks.jsonl'}.")
    say(f"  new         {result.gained}")
    say(f"  gone        {result.lost.total()}{f' ({lost})' if lost else ''}")
    say(f"  unanswered  {len(result.unanswered)} newly accepted, which no model was asked to complete")
