"""The quality review of a run: the paper's three questions (its Table 2) about a random sample of tasks.

Verdicts stand in the run folder, in `review.jsonl`: one on each line, appended and flushed, with who gave it and when;
of each reviewer's about a task the last counts. A verdict is about a task with all its instances, as the model wrote
them: yes when it holds for each.
"""

from __future__ import annotations

import hashlib
import heapq
from collections import Counter
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict

from selfinstruct_chains.errors import RunError
from selfinstruct_chains.outputs.review.lines import Lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from selfinstruct_chains.run.reader import RunReader
    from selfinstruct_chains.tasks import Task

By = Literal["person", "judge"]
Answer = bool | Literal["unsure"]
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
    valid_instruction: Answer
    appropriate_input: Answer
    correct_output: Answer
    name: str | None = None
    """Who: a person, or the judging model as its chain names it; None where nobody said."""
    model: str | None = None
    """The judge, as its provider reported it."""
    reason: str | None = None
    """Why, in a judge's words."""
    comment: str | None = None
    """What a person has to say besides."""
    at: str | None = None
    """When it was kept: date and time in UTC, ISO 8601."""
    seconds: float | None = None
    """How long the task was looked at."""
    settled: bool | None = None
    """Whether it settles what people disagree about: it counts before theirs."""
    undone: bool | None = None
    """Whether it takes back the one before it."""
    entry: str | None = None
    """The page's own number for it: what it sends twice is kept once."""

    @property
    def answers(self) -> dict[Question, Answer]:
        """By question."""
        return {question: getattr(self, question) for question in QUESTIONS}

    @property
    def approved(self) -> bool:
        """Whether all three answers are yes."""
        return all(answer is True for answer in self.answers.values())

    @property
    def rejected(self) -> bool:
        """Whether one of them is no; a verdict with "unsure" may be neither."""
        return any(answer is False for answer in self.answers.values())


class TableTwo(NamedTuple):
    """What Table 2 says of `reviewed` tasks: the shares of yes, 0 to 1, among the answers that are yes or no."""

    reviewed: int
    yes: Mapping[Question | Literal["all"], float]


class Reviews:
    """The verdicts of a run, to read and to add to; others may add to them meanwhile.

    Args:
        folder: the run's.

    Raises:
        RunError: the file can't be read, or is damaged before its last line.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        self._lines = Lines(self.path, Verdict, "its task can be reviewed again")
        self._forget()
        self.refresh()

    def by(self, who: By) -> Mapping[str, Verdict]:
        """The verdicts that count, by the task's id: of judges the last; of several people what they settled.

        Before that, what most of them said; "unsure" where as many said otherwise.
        """
        return self._count[who]

    def of(self, who: By, name: str) -> Mapping[str, Verdict]:
        """The verdicts of one reviewer; "" is the one who gave no name."""
        return self._given[who].get(name, {})

    def unnamed_judge(self) -> Mapping[str, Verdict]:
        """Those of judges that older versions wrote down without the name that the chain has for them."""
        return {id_: one for given in self._given["judge"].values() for id_, one in given.items() if not one.name}

    def names(self, who: By) -> list[str]:
        """Who has given verdicts, by name."""
        return sorted(name for name, given in self._given[who].items() if given)

    def people(self, id_: str) -> list[Verdict]:
        """What people said of a task, each their last, by name; not what settles it."""
        return [given[id_] for _, given in sorted(self._given["person"].items()) if id_ in given]

    def settled(self, id_: str) -> Verdict | None:
        """What settles a task."""
        return self._settled.get(id_)

    def disagreed(self) -> list[str]:
        """The ids of tasks about which people's answers differ, settled or not, in order."""
        ids = set[str]().union(*self._given["person"].values())
        return sorted(id_ for id_ in ids if not _alike(self.people(id_)))

    def disagreed_by_judge(self) -> list[str]:
        """The ids of tasks about which the last judge's answers differ from what people's come to, in order."""
        people, judge = self._count["person"], self._count["judge"]
        return sorted(id_ for id_ in people.keys() & judge.keys() if not _alike([people[id_], judge[id_]]))

    @property
    def count(self) -> int:
        """Lines that were read: it grows with every change."""
        return len(self._changes)

    def changed(self, name: str, since: int) -> set[str]:
        """The ids of tasks about which a person's verdict has changed since there were `since` lines."""
        lines = self._changes[since:] if since <= self.count else self._changes
        return {id_ for by, id_ in lines if by == name}

    def has(self, entry: str) -> bool:
        """Whether a verdict with that number of a page's is there."""
        return entry in self._entries

    def put(self, verdict: Verdict) -> None:
        """Append a verdict; it is with the operating system when this returns.

        Raises:
            RunError: it can't be written.
        """
        self._lines.append(verdict)
        self.refresh()

    def refresh(self) -> bool:
        """Read what was added since, by whomever; whether there was anything.

        Raises:
            RunError: as for the class.
        """
        if shrunk := self._lines.has_shrunk():
            self._forget()
        new = self._lines.new()
        for verdict in new:
            self._take(verdict)
        return shrunk or bool(new)

    def _forget(self) -> None:
        self._given: dict[By, dict[str, dict[str, Verdict]]] = {"person": {}, "judge": {}}
        self._count: dict[By, dict[str, Verdict]] = {"person": {}, "judge": {}}
        self._settled: dict[str, Verdict] = {}
        self._entries: set[str] = set()
        self._changes: list[tuple[str | None, str]] = []  # a person's name, and the task's id

    def _take(self, verdict: Verdict) -> None:
        if verdict.entry:
            self._entries.add(verdict.entry)
        self._changes.append((None if verdict.by == "judge" or verdict.settled else verdict.name or "", verdict.id))
        name = verdict.name or (verdict.by == "judge" and verdict.model) or ""
        kept = self._settled if verdict.settled else self._given[verdict.by].setdefault(name, {})
        kept.pop(verdict.id, None)
        if not verdict.undone:
            kept[verdict.id] = verdict
        if verdict.by == "judge":
            self._count["judge"][verdict.id] = verdict
            return
        counts = self._settled.get(verdict.id) or _counted(self.people(verdict.id))
        self._count["person"].pop(verdict.id, None)
        if counts:
            self._count["person"][verdict.id] = counts


def _counted(verdicts: Sequence[Verdict]) -> Verdict | None:
    """What several people's verdicts on a task come to."""
    if not verdicts:
        return None
    if _alike(verdicts):
        return max(verdicts, key=lambda verdict: verdict.at or "")
    most: Any = {question: _most(verdict.answers[question] for verdict in verdicts) for question in QUESTIONS}
    return Verdict(id=verdicts[0].id, by="person", **most)


def _most(answers: Iterable[Answer]) -> Answer:
    [first, *others] = Counter(answers).most_common()
    return "unsure" if others and others[0][1] == first[1] else first[0]


def _alike(verdicts: Sequence[Verdict]) -> bool:
    return all(verdict.answers == verdicts[0].answers for verdict in verdicts)


def table_two(verdicts: Iterable[Verdict]) -> TableTwo:
    """The shares of yes to each question, and to all three; zeros without verdicts."""
    given = list(verdicts)
    yes: dict[Question | Literal["all"], float] = {
        question: _share([verdict.answers[question] for verdict in given]) for question in QUESTIONS
    }
    yes["all"] = _share([verdict.approved for verdict in given if verdict.approved or verdict.rejected])
    return TableTwo(len(given), yes)


def _share(answers: Sequence[Answer]) -> float:
    known = [answer for answer in answers if answer != "unsure"]
    return sum(map(bool, known)) / (len(known) or 1)


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
