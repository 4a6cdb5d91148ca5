"""`selfinstruct regenerate`: a run's outputs, written anew by another model."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from selfinstruct_chains.cli import options, trust
from selfinstruct_chains.cli.echo import echo
from selfinstruct_chains.errors import ConfigError, SelfInstructError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from selfinstruct_chains.run.regenerate import Regenerated, Regeneration


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--chain", required=True, metavar="NAME|FILE.yaml", help="Whose input-first model writes: a stronger one, mostly."
)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), required=True, metavar="FOLDER", help="The new folder."
)
@click.option("--inputs", is_flag=True, help="Have inputs written anew too, input-first or output-first as in a run.")
@click.option(
    "--best-of",
    type=click.IntRange(min=1),
    default=1,
    metavar="K",
    help="Ask K times, at a temperature above 0, and take the answer that is rated best; of equals the first.",
)
@click.option("--judge", metavar="CHAIN", help="Whose classification model rates, A to D.  [default: that of --chain]")
@options.settings
@options.budgets
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
    what. The filters of RUN apply: an output that they drop goes with its instance. The same command goes on where it
    was stopped or killed.

    \b
    selfinstruct regenerate runs/mine --chain openai -o runs/mine-anew
    selfinstruct regenerate runs/mine --chain openai --inputs -o runs/mine-anew
    selfinstruct regenerate runs/mine --chain vllm --best-of 4 --judge openai -o runs/mine-best
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
    found = _asked(work, output, given)
    echo(f"{len(found.tasks):,} tasks are in {output / 'tasks.jsonl'}; {run} is as it was.")
    echo(regenerated_text(found))


def _asked(work: Regeneration, folder: Path, given: Mapping[str, Any]) -> Regenerated:
    """What came of it; ends the command with a word on how to go on if it was stopped."""
    from selfinstruct_chains.cli.progress import LiveDisplay
    from selfinstruct_chains.cli.signals import handlers_put_back, interruptible
    from selfinstruct_chains.cli.summary import how_to_go_on

    monitor = work.monitor
    try:
        with handlers_put_back(), LiveDisplay(monitor, folder, as_json=False, items="replies"):
            return asyncio.run(interruptible(work.run(options.limits(given)), monitor))
    except SelfInstructError as stopped:
        if not monitor.wanted or isinstance(stopped, ConfigError):
            raise
        echo(how_to_go_on(monitor, stopped, f"{monitor.finished:,} of {monitor.wanted:,} replies are in {folder}"))
        raise SystemExit(stopped.exit_code) from None


def _note(text: str) -> None:
    echo(text, err=True)
