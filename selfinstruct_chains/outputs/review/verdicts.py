"""The quality review of a run: the paper's three questions (its Table 2) about a random sample of tasks.

Verdicts stand in the run folder, in `review.jsonl`: one on each line, appended and flushed; for a task the last line of
a person counts, and the last of a judge. A verdict is about a task with all its instances: yes when it holds for each.
"""

from __future__ import annotations

import hashlib
import heapq
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from selfinstruct_chains.errors import RunError
from selfinstruct_chains.files.writing import cut_torn_line
from selfinstruct_chains.tasks import to_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from selfinstruct_chains.run.reader import RunReader
    from selfinstruct_chains.tasks import Task

By = Literal["person", "judge"]
Question = Literal["valid_instruction", "appropriate_input", "correct_output"]

QUESTIONS: dict[Question, str] = {
    "valid_instruction": "Does the instruction describe a valid task?",
    "appropriate_input": "Is the input appropriate for the instruction?",
    "correct_output": "Is the output a correct and acceptable response to the instruction and input?",
}
"""Paper, Table 2."""
PAPER_TABLE_TWO: dict[Question | Literal["all"], float] = {
    "valid_instruction": 0.92,
    "appropriate_input": 0.79,
    "correct_output": 0.58,
    "all": 0.54,
}
"""Shares of "yes" in the paper's Table 2, over 200 instructions."""
FILE = "review.jsonl"


class Verdict(BaseModel):
    """The answers to the three questions about one task."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    id: str
    """The task's."""
    by: By
    valid_instruction: bool
    appropriate_input: bool
    correct_output: bool
    model: str | None = None
    """The judge, as its provider reported it."""
    reason: str | None = None
    """Why, in a judge's words."""

    @property
    def approved(self) -> bool:
        """Whether all three answers are yes."""
        return self.valid_instruction and self.appropriate_input and self.correct_output


class TableTwo(NamedTuple):
    """What Table 2 says: the shares of yes, 0 to 1, among `reviewed` tasks."""

    reviewed: int
    yes: Mapping[Question | Literal["all"], float]


class Reviews:
    """The verdicts of a run, to read and to add to.

    Args:
        folder: the run's.

    Raises:
        RunError: the file can't be read, or is damaged before its last line.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        self._verdicts: dict[By, dict[str, Verdict]] = {"person": {}, "judge": {}}
        for verdict in _verdicts_in(self.path):
            self._verdicts[verdict.by][verdict.id] = verdict

    def by(self, who: By) -> Mapping[str, Verdict]:
        """The verdicts that count, by the task's id."""
        return self._verdicts[who]

    def put(self, verdict: Verdict) -> None:
        """Append a verdict; it is with the operating system when this returns.

        Raises:
            RunError: it can't be written.
        """
        line = to_line(verdict).encode("utf-8", "backslashreplace")
        try:
            cut_torn_line(self.path)
            with self.path.open("ab") as file:
                file.write(line)
        except OSError as error:
            raise RunError(f"{self.path}: can't be written: {error.strerror or error}") from None
        self._verdicts[verdict.by][verdict.id] = verdict


def table_two(verdicts: Iterable[Verdict]) -> TableTwo:
    """The shares of yes to each question, and to all three; zeros without verdicts."""
    given = list(verdicts)
    count = len(given) or 1
    yes: dict[Question | Literal["all"], float] = {
        question: sum(getattr(verdict, question) for verdict in given) / count for question in QUESTIONS
    }
    yes["all"] = sum(verdict.approved for verdict in given) / count
    return TableTwo(len(given), yes)


def agreement(reviews: Reviews) -> tuple[int, float]:
    """On how many tasks both a person and a judge gave a verdict, and the share of their answers that agree, 0 to 1."""
    person, judge = reviews.by("person"), reviews.by("judge")
    both = person.keys() & judge.keys()
    same = sum(
        getattr(person[id_], question) == getattr(judge[id_], question) for id_ in both for question in QUESTIONS
    )
    return len(both), same / (len(both) * len(QUESTIONS) or 1)


def sample(run: RunReader, size: int) -> list[Task]:
    """`size` tasks of a run drawn at random, or all there are, in random order; the same at each call.

    A larger sample begins with the smaller one, and in a run that has grown most of the sample stays what it was.

    Raises:
        RunError: the run has no tasks.
    """
    tasks = drawn(run.tasks(), size, f"{run.config.run.seed}:review")
    if not tasks:
        raise RunError(f"{run.path}: no finished tasks yet, so there is nothing to review")
    return tasks


class _Named(Protocol):
    """Has an id."""

    @property
    def id(self) -> str: ...


T = TypeVar("T", bound=_Named)


def drawn(things: Iterable[T], size: int, lot: str) -> list[T]:
    """`size` of the things, or all if there are fewer, by the hash of `lot` and their ids: the same at each call."""

    def place(thing: T) -> bytes:
        return hashlib.sha256(f"{lot}:{thing.id}".encode("utf-8", "backslashreplace")).digest()

    return heapq.nsmallest(size, things, key=place)


def _verdicts_in(path: Path) -> list[Verdict]:
    try:
        lines = path.read_bytes().splitlines(keepends=True)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise RunError(f"{path}: can't be read: {error.strerror or error}") from None
    verdicts = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            verdicts.append(Verdict.model_validate_json(line))
        except ValidationError:
            if number < len(lines) or line.endswith(b"\n"):
                raise RunError(
                    f"{path}, line {number}: damaged; delete the line, its task can be reviewed again"
                ) from None
    return verdicts
