"""`selfinstruct generate`: grow a dataset."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from selfinstruct_chains.cli import options, trust
from selfinstruct_chains.cli.echo import echo, hushed, overheard
from selfinstruct_chains.cli.parameters import OneOf, Whole
from selfinstruct_chains.cli.signals import handlers_put_back, interruptible
from selfinstruct_chains.errors import ConfigError, SelfInstructError

if TYPE_CHECKING:
    from selfinstruct_chains.run.goal import Goal
    from selfinstruct_chains.run.self_instruct import SelfInstruct
    from selfinstruct_chains.tasks import Task

_SAMPLES = 3  # tasks shown in the summary


@click.command()
@click.option("-n", "n", type=Whole(min=1), required=True, help="How many finished new tasks.")
@options.chain
@options.seeds
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="The run folder.  [default: runs/<chain>-<fingerprint>]",
)
@options.settings
@click.option("--seed", type=int, help="The run's random seed; short for --set run.seed=.")
@options.budgets
@click.option(
    "--log-format",
    type=OneOf(["text", "json"]),
    default="text",
    show_default=True,
    help="How progress is told in a pipe.",
)
@options.quiet
@trust.option
def command(  # noqa: PLR0913, PLR0917 - one for each option
    n: int,
    chain: str,
    seeds: Path | None,
    output: Path | None,
    settings: tuple[str, ...],
    seed: int | None,
    log_format: str,
    **given: Any,
) -> None:
    """Grow a dataset of N new tasks from seed tasks.

    The same command again goes on where it was stopped or killed; with a larger -n it extends the run.

    \b
    selfinstruct generate -n 20
    selfinstruct generate -n 500 --chain openai --seeds mine.jsonl -o runs/mine
    selfinstruct generate -n 500 --chain openai --max-cost 5
    selfinstruct generate -n 500 --chain openai --set model.name=gpt-6-sol
    """
    from selfinstruct_chains.cli.progress import LiveDisplay, note
    from selfinstruct_chains.cli.summary import summarise
    from selfinstruct_chains.files.seeds import read_seeds, seeds_source
    from selfinstruct_chains.run.manifest import run_fingerprint
    from selfinstruct_chains.run.monitor import Monitor
    from selfinstruct_chains.run.places import RUNS
    from selfinstruct_chains.run.self_instruct import self_instruct
    from selfinstruct_chains.run.share import far_off

    config = options.load(chain, settings, seed)
    notes: list[str] = []
    tasks = read_seeds(seeds_source(config, seeds), notes=notes)
    say = partial(note, as_json=log_format == "json")
    for one in notes * (not hushed()):
        say(f"note: {one}")
    trust.tell(chain, settings, config, trust=given["trust"], say=say, once=True)
    folder = output or RUNS / f"{config.name}-{run_fingerprint(config, tasks)[:6]}"
    goal: Goal = {"n": n, "budgets": options.limits(given)}
    monitor = Monitor()
    samples: deque[Task] = deque(maxlen=_SAMPLES)
    stopped: SelfInstructError | None = None
    with handlers_put_back():
        with LiveDisplay(monitor, folder, as_json=log_format == "json") as progress, overheard(progress.note):
            try:
                run = self_instruct(config, folder, monitor=monitor, seeds=tasks)
                asyncio.run(interruptible(_consume(run, goal, samples), monitor))
            except SelfInstructError as error:
                stopped = error
        if stopped and (not monitor.wanted or isinstance(stopped, ConfigError)):
            raise stopped
        if log_format == "json":
            progress.end(stopped)
        elif hushed():
            echo(f"Stopped: {stopped}" if stopped else "", err=True, nl=bool(stopped))
        else:
            share = far_off(config, tasks, monitor.classification, monitor.finished)
            echo(summarise(monitor, folder, samples, stopped=stopped, share=share))
    if stopped:
        raise SystemExit(stopped.exit_code)


async def _consume(run: SelfInstruct, goal: Goal, samples: deque[Task]) -> None:
    """Run to the end, keeping the tasks that the summary shows."""
    async with aclosing(run.astream(goal)) as stream:
        async for [task] in stream:
            samples.append(task)
