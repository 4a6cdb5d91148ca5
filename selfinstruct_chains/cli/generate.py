"""`selfinstruct generate`: grow a dataset."""

from __future__ import annotations

import asyncio
import signal
from collections import deque
from contextlib import aclosing, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from selfinstruct_chains.cli import options, trust
from selfinstruct_chains.cli.echo import echo
from selfinstruct_chains.errors import ConfigError, Interrupted, SelfInstructError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selfinstruct_chains.run.goal import Goal
    from selfinstruct_chains.run.monitor import Monitor
    from selfinstruct_chains.run.self_instruct import SelfInstruct
    from selfinstruct_chains.tasks import Task

_SAMPLES = 3  # tasks shown in the summary
_SIGNALS: dict[int, tuple[str, int]] = {signal.SIGINT: ("Ctrl-C", 130), signal.SIGTERM: ("SIGTERM", 143)}
"""What a signal is called, and the exit code it brings."""


@click.command()
@click.option("-n", "n", type=click.IntRange(min=1), required=True, help="How many finished new tasks.")
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
@click.option("--max-calls", type=click.IntRange(min=1), help="Stop after so many replies, over the whole folder.")
@click.option("--max-tokens", type=click.IntRange(min=1), help="Stop after so many tokens, over the whole folder.")
@click.option(
    "--max-cost",
    type=click.FloatRange(min=0, min_open=True),
    metavar="DOLLARS",
    help="Stop when the tokens cost so much, over the whole folder; prices: model.price, or a kept list.",
)
@click.option(
    "--max-minutes", type=click.FloatRange(min=0, min_open=True), help="Stop after so many minutes of this start."
)
@click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How progress is told in a pipe.",
)
@trust.option
def command(  # noqa: PLR0913, PLR0917 - one for each option
    n: int,
    chain: str,
    seeds: Path | None,
    output: Path | None,
    settings: tuple[str, ...],
    seed: int | None,
    max_calls: int | None,
    max_tokens: int | None,
    max_cost: float | None,
    max_minutes: float | None,
    log_format: str,
    **given: bool,
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
    from selfinstruct_chains.files import shipped
    from selfinstruct_chains.files.seeds import read_seeds
    from selfinstruct_chains.run.manifest import run_fingerprint
    from selfinstruct_chains.run.monitor import Monitor
    from selfinstruct_chains.run.self_instruct import self_instruct
    from selfinstruct_chains.run.share import far_off

    config = options.load(chain, settings, seed)
    tasks = read_seeds(seeds or shipped.SEEDS)
    trust.tell(chain, settings, config, **given, say=partial(note, as_json=log_format == "json"), once=True)
    folder = output or Path("runs") / f"{config.name}-{run_fingerprint(config, tasks)[:6]}"
    limits = {"calls": max_calls, "tokens": max_tokens, "dollars": max_cost, "minutes": max_minutes}
    goal: Goal = {"n": n, "budgets": {k: v for k, v in limits.items() if v is not None}}  # type: ignore[typeddict-item]
    monitor = Monitor()
    samples: deque[Task] = deque(maxlen=_SAMPLES)
    stopped: SelfInstructError | None = None
    with _handlers_put_back():
        with LiveDisplay(monitor, folder, as_json=log_format == "json") as progress:
            try:
                run = self_instruct(config, folder, monitor=monitor, seeds=tasks)
                asyncio.run(_consume(run, goal, monitor, samples))
            except SelfInstructError as error:
                stopped = error
        if stopped and (not monitor.wanted or isinstance(stopped, ConfigError)):
            raise stopped
        if log_format == "json":
            progress.end(stopped)
        else:
            share = far_off(config, tasks, monitor.classification, monitor.finished)
            echo(summarise(monitor, folder, samples, stopped=stopped, share=share))
    if stopped:
        raise SystemExit(stopped.exit_code)


async def _consume(run: SelfInstruct, goal: Goal, monitor: Monitor, samples: deque[Task]) -> None:
    """Run to the end, keeping the tasks that the summary shows; the first signal ends it gently, the second at once."""
    _on_signals(monitor)
    try:
        async with aclosing(run.astream(goal)) as stream:
            async for [task] in stream:
                samples.append(task)
    except asyncio.CancelledError:
        raise monitor.stopping or Interrupted("stopped") from None


def _on_signals(monitor: Monitor) -> None:
    """Have signals end the run. Not the loop's own handlers: those go with it, and the summary is still to come."""
    loop, this = asyncio.get_running_loop(), asyncio.current_task()

    def stop(name: str, exit_code: int) -> None:
        if isinstance(monitor.stopping, Interrupted) and this:
            this.cancel()
        monitor.interrupt(Interrupted(f"by {name}", exit_code=exit_code))

    def handle(number: int, _: object) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(stop, *_SIGNALS[number])

    for number in _SIGNALS:
        signal.signal(number, handle)


@contextmanager
def _handlers_put_back() -> Iterator[None]:
    """Leaves the handlers of signals as they were."""
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
