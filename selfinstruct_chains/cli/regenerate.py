"""`selfinstruct regenerate`: a run's outputs, written anew by another model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from selfinstruct_chains.cli import options, trust
from selfinstruct_chains.cli.durably import durably
from selfinstruct_chains.cli.echo import echo, say
from selfinstruct_chains.cli.parameters import ChainName, Whole


@click.command()
@options.run
@click.option(
    "--chain",
    type=ChainName(),
    required=True,
    metavar="NAME|FILE.yaml",
    help="Whose input-first model writes: a stronger one, mostly.",
)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), required=True, metavar="FOLDER", help="The new folder."
)
@click.option("--inputs", is_flag=True, help="Have inputs written anew too, input-first or output-first as in a run.")
@click.option(
    "--best-of",
    type=Whole(min=1),
    default=1,
    metavar="K",
    help="Ask K times, at a temperature above 0, and take the answer that is rated best; of equals the first.",
)
@click.option(
    "--judge",
    type=ChainName(),
    metavar="CHAIN",
    help="Whose classification model rates, A to D.  [default: that of --chain]",
)
@options.settings
@options.budgets
@options.quiet
@trust.option
def command(  # noqa: PLR0913 - one for each option
    run: Path,
    chain: str,
    output: Path,
    *,
    inputs: bool,
    best_of: int,
    judge: str | None,
    settings: tuple[str, ...],
    **given: Any,
) -> None:
    """Have another model write the outputs of RUN anew, for the same instructions and inputs.

    Nothing of RUN is changed; the new folder can be exported and looked at as any other, and says which model wrote
    what. The filters of RUN's chain apply: an output that they drop goes with its instance. The same command goes on
    where it was stopped or killed.

    \b
    selfinstruct regenerate runs/mine --chain openai -o runs/anew
    selfinstruct regenerate runs/mine --chain openai --inputs -o runs/anew
    selfinstruct regenerate runs/mine --chain vllm --best-of 4 -o runs/best
    """
    from selfinstruct_chains.outputs.regenerated_text import regenerated_text
    from selfinstruct_chains.run.regenerate import How, Regeneration

    if best_of == 1:
        options.refuse("is about --best-of, which takes the best of several", "judge")
    config, judging = options.load(chain, settings), options.load(judge, ()) if judge else None
    work = Regeneration(run, output, How(config, inputs, best_of, judging))
    trust.tell(chain, settings, config, trust=given["trust"], say=_note, once=True)
    if judge and judging:
        trust.tell(judge, (), judging, trust=given["trust"], say=_note, once=True)
    found = durably(work.run(options.limits(given)), work.monitor, output, "replies")
    say(f"{len(found.tasks):,} tasks are in {output / 'tasks.jsonl'}; {run} is as it was.")
    say(regenerated_text(found))


def _note(text: str) -> None:
    echo(text, err=True)
