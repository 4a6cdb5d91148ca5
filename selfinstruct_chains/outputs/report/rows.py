"""The rows of a report's table: every task, dropped candidate and seed, in compressed blocks."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from selfinstruct_chains.config import language_name
from selfinstruct_chains.outputs.pages import packed
from selfinstruct_chains.outputs.review.verdicts import QUESTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from selfinstruct_chains.method.novelty import Similar
    from selfinstruct_chains.outputs.report.diversity import Near
    from selfinstruct_chains.outputs.review.verdicts import Reviews, Verdict
    from selfinstruct_chains.run.reader import RunReader
    from selfinstruct_chains.tasks import Rejection, Task

MOST = 100_000
"""Finished tasks, and dropped candidates, that a table holds at most: the first ones."""


BLOCK = 1_000
"""Rows of a block: a page shows the first as soon as it is there, and goes on with the others."""


class Rows(NamedTuple):
    """The rows, packed."""

    blocks: list[str]
    """Each is base64 of gzip of JSON: a list of objects."""
    left_out: int
    """Tasks and dropped candidates beyond `MOST`."""


def pack(run: RunReader, near: Mapping[str, Near], reviews: Reviews, most: int = MOST) -> Rows:
    """The table of a run.

    A row has `id`, `status` ("finished", "rejected" or "seed") and `text`; a task also `kind`, `instances`, its `name`
    where it has one, `provenance`, its nearest `seed` and `near`est other task as [id, score], and its `verdicts`; a
    dropped candidate `stage`, `rule`, `request`, for novelty the `nearest` of the pool, and for language the `language`
    it is in with the probability of the one that was asked for.

    Args:
        run: the run.
        near: what is known of tasks' neighbours, by id.
        reviews: its verdicts.
        most: of finished tasks, and of dropped candidates.
    """
    blocks: list[str] = []
    waiting: list[dict[str, Any]] = []
    left_out = 0
    for row in _rows(run, near, reviews, most):
        if row is None:
            left_out += 1
            continue
        waiting.append(row)
        if len(waiting) == BLOCK:
            blocks.append(packed(waiting))
            waiting.clear()
    return Rows([*blocks, packed(waiting)], left_out)


def _rows(run: RunReader, near: Mapping[str, Near], reviews: Reviews, most: int) -> Iterator[dict[str, Any] | None]:
    """The rows, and None for each that is left out."""
    tasks, rejections = run.tasks(), run.rejections()
    for task in islice(tasks, most):
        yield _task(task, near.get(task.id), reviews)
    yield from (None for _ in tasks)
    for rejection in islice(rejections, most):
        yield _rejection(rejection)
    yield from (None for _ in rejections)
    for seed in run.seeds():
        yield _seed(seed)


def _seed(task: Task) -> dict[str, Any]:
    named = {"name": task.name} if task.name is not None else {}
    return named | {
        "id": task.id,
        "status": "seed",
        "text": task.instruction,
        "kind": _kind(task),
        "instances": [[instance.input, instance.output] for instance in task.instances],
    }


def _task(task: Task, near: Near | None, reviews: Reviews) -> dict[str, Any]:
    row = _seed(task) | {"status": "finished"}
    if task.provenance:
        row["provenance"] = task.provenance.model_dump(exclude_none=True)
    if near:
        row |= {name: _pair(one) for name, one in (("seed", near.seed), ("near", near.generated)) if one}
    verdicts = {who: _verdict(found[task.id]) for who in ("person", "judge") if task.id in (found := reviews.by(who))}
    return row | ({"verdicts": verdicts} if verdicts else {})


def _rejection(rejection: Rejection) -> dict[str, Any]:
    row = rejection.model_dump(include={"id", "stage", "rule", "text", "request"}) | {"status": "rejected"}
    if rejection.language is not None:
        row["language"] = [language_name(rejection.language), rejection.score]
    if rejection.nearest is not None:
        row["nearest"] = [rejection.nearest, round(rejection.score or 0, 4)]
    return row


def _kind(task: Task) -> str:
    return "classification" if task.is_classification else "other"


def _pair(similar: Similar) -> list[Any]:
    return [similar.id, round(similar.score, 4)]


def _verdict(verdict: Verdict) -> dict[str, Any]:
    answers = {question: getattr(verdict, question) for question in QUESTIONS}
    return answers | verdict.model_dump(include={"name", "reason", "comment", "model"}, exclude_none=True)
