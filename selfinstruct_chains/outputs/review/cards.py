"""What the review page shows one after another, what it asks about each, and who keeps the verdicts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import ValidationError

from selfinstruct_chains.outputs.review.verdicts import QUESTIONS, Reviews, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from selfinstruct_chains.tasks import Task


class NotAVerdictError(ValueError):
    """The page sent something else; in words."""


class Choice(NamedTuple):
    """What a question may be answered with."""

    key: str
    """That gives it, one small letter."""
    value: bool | str
    text: str
    good: bool


class Question(NamedTuple):
    """What is asked about each card."""

    key: str
    text: str
    choices: Sequence[Choice]


class Card(NamedTuple):
    """What is shown at a time."""

    id: str
    shown: Mapping[str, Any]
    """`about` it, its `instruction`, and `instances` with an input and an output each."""


class Sitting(NamedTuple):
    """What is reviewed, and where the verdicts go."""

    title: str
    """In words."""
    note: str
    """What there is to say of it; "" for nothing."""
    cards: Sequence[Card]
    questions: Sequence[Question]
    verdict: Callable[[str], Mapping[str, Any] | None]
    """The answers by question that a card has, by its id; None: none."""
    take: Callable[[bytes], None]
    """Keep what the page sends; raises NotAVerdictError, and a SelfInstructError where it can't be kept."""
    what: str = "tasks"
    """What the cards are, for the page to say."""
    output: str = "Output"
    """The heading above it."""
    undo: bool = False
    """Whether a verdict can be taken back: by nulls instead of answers."""


YES_NO = (Choice("y", value=True, text="Yes", good=True), Choice("n", value=False, text="No", good=False))


def tasks_sitting(title: str, note: str, tasks: Sequence[Task], reviews: Reviews) -> Sitting:
    """The paper's three questions about the tasks of a run."""

    def verdict(id_: str) -> Mapping[str, Any] | None:
        given = reviews.by("person").get(id_)
        return {question: getattr(given, question) for question in QUESTIONS} if given else None

    def take(body: bytes) -> None:
        try:
            given = Verdict.model_validate_json(body)
        except ValidationError as error:
            raise NotAVerdictError(str(error.errors()[0]["msg"])) from None
        if given.id not in known or given.by != "person":
            raise NotAVerdictError("not a person's verdict on a task of this sample")
        reviews.put(given)

    known = {task.id for task in tasks}
    questions = [Question(key, text, YES_NO) for key, text in QUESTIONS.items()]
    return Sitting(title, note, [_card(task) for task in tasks], questions, verdict, take)


def _card(task: Task) -> Card:
    count = len(task.instances)
    several = f"; {count} instances: answer yes if it holds for each of them" if count > 1 else ""
    about = f"{kind(is_classification=task.is_classification)} {task.id}{several}"
    return Card(task.id, {"about": about, **task.model_dump(include={"instruction", "instances"})})


def kind(*, is_classification: bool) -> str:
    """What a task is called on its card."""
    return "Classification task" if is_classification else "Task"
