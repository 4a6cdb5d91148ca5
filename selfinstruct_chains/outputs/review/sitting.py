"""A review from beginning to end: the sample, who answers, and what came of it."""

from __future__ import annotations

import asyncio
import webbrowser
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from selfinstruct_chains.outputs.review.address import Address
from selfinstruct_chains.outputs.review.agreement import agreements
from selfinstruct_chains.outputs.review.answers import AnswersSitting, Ratings, rates, shown
from selfinstruct_chains.outputs.review.guidelines import guidelines
from selfinstruct_chains.outputs.review.keys import own_keys, usual_keys
from selfinstruct_chains.outputs.review.server import Server
from selfinstruct_chains.outputs.review.tasks_sitting import TasksSitting
from selfinstruct_chains.outputs.review.verdicts import Reviews, sample, table_two
from selfinstruct_chains.run.reader import RunReader
from selfinstruct_chains.training.evaluation.folder import RATINGS, answered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from selfinstruct_chains.outputs.review.agreement import Agreement
    from selfinstruct_chains.outputs.review.answers import Rates
    from selfinstruct_chains.outputs.review.cards import Sitting
    from selfinstruct_chains.outputs.review.verdicts import By, TableTwo
    from selfinstruct_chains.tasks import Task


class Page(NamedTuple):
    """How the page is served."""

    port: int = 0
    """0: the last one of this folder, or any free one."""
    browse: bool = False
    """Whether to open it in a browser."""
    guidelines: Path | None = None
    """A Markdown file of one's own."""
    keys: str = ""
    """Other keys than the usual ones: see `keys.own_keys`."""


def review(folder: Path, size: int, page: Page, *, name: str | None, say: Callable[[str], None]) -> Outcome:
    """Serve the review page of a run until Ctrl-C; what people said of the sample.

    Args:
        folder: the run's.
        size: tasks to review; all if there are fewer.
        page: how it is served.
        name: who reviews; None: the page asks.
        say: told what there is to say, the page's address among it.

    Raises:
        ConfigError: the port is taken, or the guidelines or keys make no sense.
        RunError: there is no such run, or it has no tasks.
    """
    told = guidelines("tasks", page.guidelines)
    keys = own_keys(page.keys, usual_keys(TasksSitting.questions, TasksSitting.features))
    run, tasks, reviews = begin(folder, size, say)
    unfinished = run.unfinished()
    sitting = TasksSitting(
        f"Review of {folder.resolve().name}",
        f"Unfinished run: {unfinished}." if unfinished else "",
        tasks,
        reviews,
        name=name,
        find=InRun(run),
        guidelines=told,
        keys=keys,
    )
    _serve(sitting, folder, page, say)
    return outcome(folder, tasks, "person")


def rate(folder: Path, size: int, page: Page, *, by: str, say: Callable[[str], None]) -> Rates:
    """Serve the form for the answers of an evaluation until Ctrl-C; what a person said of them, earlier too.

    Args:
        folder: the evaluation's.
        size: items whose answers are rated; all if there are fewer.
        page: how it is served.
        by: who rates.
        say: told what there is to say, the page's address among it.

    Raises:
        ConfigError: the port is taken, or the guidelines or keys make no sense.
        DataError: the items, answers or ratings can't be read.
        RunError: the folder lacks the items, or can't be read.
    """
    told = guidelines("answers", page.guidelines)
    keys = own_keys(page.keys, usual_keys(AnswersSitting.questions, AnswersSitting.features))
    answers = shown(answered(folder), size)
    ratings = Ratings(folder / RATINGS, by, answers)
    sitting = AnswersSitting(f"Answers of {folder.resolve().name}", answers, ratings, told, keys)
    _serve(sitting, folder, page, say)
    return rates(answers, ratings)


def _serve(sitting: Sitting, folder: Path, page: Page, say: Callable[[str], None]) -> None:
    async def serve() -> None:
        async with Server(sitting, page.port, Address.of(folder)) as server:
            say(f"The review is at {server.url}\nCtrl-C ends it; what is answered is kept.")
            if page.browse:
                webbrowser.open(server.url)
            await asyncio.Event().wait()

    with suppress(KeyboardInterrupt):
        asyncio.run(serve())


class InRun:
    """Finds tasks of a run by their ids; the run may grow meanwhile."""

    def __init__(self, run: RunReader) -> None:
        self._run = run
        self._places: dict[str, int] = {}
        self._size = 0

    def __call__(self, id_: str) -> Task | None:
        """The task; None where there is none.

        Raises:
            RunError: the run is damaged.
        """
        if (size := self._run.size(seeds=False)) != self._size:
            self._places = {task.id: place for place, task in self._run.placed(seeds=False)}
            self._size = size
        if id_ not in self._places:
            return None
        with self._run.open_tasks(seeds=False) as tasks:
            return tasks.at(self._places[id_])


def _gone(run: RunReader, reviews: Reviews) -> str:
    """What there is to say of verdicts on tasks that the run has no more."""
    known = {task.id for task in run.tasks()}
    lost = len((reviews.by("person").keys() | reviews.by("judge").keys()) - known)
    told = f"{lost:,} reviewed tasks are no longer in the run; their verdicts stay in {reviews.path.name}."
    if lost == 1:
        return told.replace("tasks are", "task is").replace("their", "its")
    return told * bool(lost)


class Outcome(NamedTuple):
    """What came of a review."""

    table: TableTwo
    """Of the sample, as it counts."""
    people: Mapping[str, int]
    """Who has reviewed, and how many tasks of the run."""
    disagreed: int
    """Tasks that people have yet to settle."""
    agreement: Sequence[Agreement]


def outcome(folder: Path, tasks: Iterable[Task], who: By) -> Outcome:
    """What is said of these tasks by people, or by a judge.

    Raises:
        RunError: the verdicts can't be read.
    """
    reviews = Reviews(folder)
    given = reviews.by(who)
    return Outcome(
        table_two(given[task.id] for task in tasks if task.id in given),
        {name: len(reviews.of("person", name)) for name in reviews.names("person")},
        sum(reviews.settled(id_) is None for id_ in reviews.disagreed()),
        agreements(reviews),
    )


def begin(folder: Path, size: int, say: Callable[[str], None]) -> tuple[RunReader, list[Task], Reviews]:
    """The run, its sample and its verdicts; what there is to say of them is said.

    Raises:
        RunError: there is no such run, it has no tasks, or its verdicts can't be read.
    """
    run = RunReader(folder)
    if unfinished := run.unfinished():
        say(f"Unfinished run: {unfinished}.")
    tasks = sample(run, size)
    if len(tasks) < size:
        say(f"The run has {len(tasks)} tasks; all of them are in the sample.")
    reviews = Reviews(folder)
    if lost := _gone(run, reviews):
        say(lost)
    return run, tasks, reviews
