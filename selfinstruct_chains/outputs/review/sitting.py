"""A review from beginning to end: the sample, who answers, and what came of it."""

from __future__ import annotations

import asyncio
import webbrowser
from contextlib import suppress
from itertools import count
from typing import TYPE_CHECKING, Any

from selfinstruct_chains.outputs.review.answers import Ratings, answers_sitting, rates, shown
from selfinstruct_chains.outputs.review.cards import tasks_sitting
from selfinstruct_chains.outputs.review.server import Server
from selfinstruct_chains.outputs.review.verdicts import Reviews, sample, table_two
from selfinstruct_chains.run.reader import RunReader
from selfinstruct_chains.run.telling import untold
from selfinstruct_chains.training.evaluation.folder import RATINGS, answered

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from langchain_core.runnables import Runnable

    from selfinstruct_chains.config import ChainConfig
    from selfinstruct_chains.outputs.review.answers import Rates
    from selfinstruct_chains.outputs.review.cards import Sitting
    from selfinstruct_chains.outputs.review.verdicts import By, TableTwo
    from selfinstruct_chains.run.telling import Told
    from selfinstruct_chains.tasks import Task


def review(folder: Path, size: int, *, port: int, browse: bool, say: Callable[[str], None]) -> TableTwo:
    """Serve the review page of a run until Ctrl-C; what a person said of the sample.

    Args:
        folder: the run's.
        size: tasks to review; all if there are fewer.
        port: of the page; 0 for any free one.
        browse: open it in a browser.
        say: told what there is to say, the page's address among it.

    Raises:
        ConfigError: the port is taken.
        RunError: there is no such run, or it has no tasks.
    """
    run, tasks, reviews = _begin(folder, size, say)
    unfinished = run.unfinished()
    note = f"Unfinished run: {unfinished}." if unfinished else ""
    _serve(tasks_sitting(f"Review of {folder.resolve().name}", note, tasks, reviews), port, browse=browse, say=say)
    return _outcome(reviews, tasks, "person")


def rate(  # noqa: PLR0913 - what is rated by whom, and the page
    folder: Path, size: int, *, by: str, port: int, browse: bool, say: Callable[[str], None]
) -> Rates:
    """Serve the form for the answers of an evaluation until Ctrl-C; what a person said of them, earlier too.

    Args:
        folder: the evaluation's.
        size: items whose answers are rated; all if there are fewer.
        by: who rates.
        port: of the page; 0 for any free one.
        browse: open it in a browser.
        say: told what there is to say, the page's address among it.

    Raises:
        ConfigError: the port is taken.
        DataError: the items, answers or ratings can't be read.
        RunError: the folder lacks the items, or can't be read.
    """
    answers = shown(answered(folder), size)
    ratings = Ratings(folder / RATINGS, by, answers)
    _serve(answers_sitting(f"Answers of {folder.resolve().name}", answers, ratings), port, browse=browse, say=say)
    return rates(answers, ratings)


def _serve(sitting: Sitting, port: int, *, browse: bool, say: Callable[[str], None]) -> None:
    async def serve() -> None:
        async with Server(sitting, port) as server:
            say(f"The review is at {server.url}\nCtrl-C ends it; what is answered is kept.")
            if browse:
                webbrowser.open(server.url)
            await asyncio.Event().wait()

    with suppress(KeyboardInterrupt):
        asyncio.run(serve())


def judge(  # noqa: PLR0913 - two are seldom given
    folder: Path,
    size: int,
    config: ChainConfig,
    *,
    say: Callable[[str], None],
    prompt: str = "judge",
    model: Runnable[Any, Any] | None = None,
    on_progress: Told = untold,
) -> TableTwo:
    """Have a model answer; what it said of the sample.

    Args:
        folder: the run's.
        size: tasks to judge; all if there are fewer. Those that were judged before are not asked about again.
        config: the chain whose classification model answers.
        say: told what there is to say.
        prompt: what it is told, a shipped prompt's name or a file.
        model: a LangChain model to use instead of the chain's.
        on_progress: hears how many tasks are judged.

    Raises:
        ConfigError: the model can't be built, or the prompt is no judge's.
        ProviderError: the provider refuses, or does not answer.
        RunError: there is no such run, it has no tasks, or can't be written to.
    """
    from selfinstruct_chains.outputs.review.judge import Judge, judge_prompt

    told = judge_prompt(prompt)
    _, tasks, reviews = _begin(folder, size, say)
    waiting = sum(task.id not in reviews.by("judge") for task in tasks)
    numbers = count(1)
    judging = Judge(config, model, prompt=told).judge(
        tasks, reviews, lambda _: on_progress("judging", next(numbers), waiting)
    )
    judged = asyncio.run(judging)
    failed = f"; {judged.failed} got no readable answer, and can be asked again" if judged.failed else ""
    say(f"{judged.given} judged now, for {judged.tokens:,} tokens{failed}.")
    return _outcome(reviews, tasks, "judge")


def _begin(folder: Path, size: int, say: Callable[[str], None]) -> tuple[RunReader, list[Task], Reviews]:
    run = RunReader(folder)
    if unfinished := run.unfinished():
        say(f"Unfinished run: {unfinished}.")
    tasks = sample(run, size)
    if len(tasks) < size:
        say(f"The run has {len(tasks)} tasks; all of them are in the sample.")
    return run, tasks, Reviews(folder)


def _outcome(reviews: Reviews, tasks: Sequence[Task], who: By) -> TableTwo:
    given = reviews.by(who)
    return table_two(given[task.id] for task in tasks if task.id in given)
