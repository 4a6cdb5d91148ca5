"""What a review page shows and asks, and what it sends: the terms between the server and who keeps the answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from selfinstruct_chains.outputs.review.corrections import Wording

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LONGEST_NAME = 100
"""Characters of a reviewer's name."""


class NotAVerdictError(ValueError):
    """The page sent something else; in words."""


class Choice(NamedTuple):
    """What a question may be answered with."""

    key: str
    """That gives it, one small letter."""
    value: bool | str
    text: str
    good: bool | None
    """None: neither good nor bad."""


class Question(NamedTuple):
    """What is asked about each card."""

    key: str
    text: str
    choices: Sequence[Choice]


class Entry(BaseModel):
    """One thing that a reviewer did, as the page sends it."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    entry: str = Field(min_length=1, max_length=64)
    """The page's own number for it, the same whenever it sends it again."""
    id: str
    """Of the card that it is about, whatever the page shows by now."""
    answers: dict[str, bool | str] | None = None
    """By question; None takes back what was answered, unless there is a `text`."""
    comment: str | None = Field(default=None, max_length=10_000)
    seconds: float | None = Field(default=None, ge=0)
    """For which the card was looked at."""
    settled: bool = False
    """Whether it settles what people disagree about."""
    seen: str | None = None
    """The entry of this reviewer's answers that the page knew, or of the correction that it was made from."""
    text: Wording | None = None
    """A correction."""


class Features(NamedTuple):
    """What a page offers besides answering."""

    comment: bool = False
    correct: bool = False
    several: bool = False
    """Reviewers with names, whose answers are compared and settled."""
    back: bool = False
    """A key for the question before."""


class Sitting(Protocol):
    """What is reviewed, and where the answers go."""

    title: str
    """In words."""
    note: str
    """What there is to say of it; "" for nothing."""
    name: str | None
    """Who reviews; None: the page asks."""
    what: str
    """What the cards are, for the page to say."""
    output: str
    """The heading above it."""
    questions: Sequence[Question]
    features: Features
    guidelines: str
    """HTML, to be shown beside the questions."""
    keys: Mapping[str, str]
    """Other keys than the usual ones, by what they do."""

    def cards(self, name: str) -> list[dict[str, Any]]:
        """The sample as a reviewer has it: `id`, what it can be filtered by, and `verdict`, None without one."""

    def shown(self, id_: str) -> Mapping[str, Any] | None:
        """What a card shows: `about` it, its `instruction`, `instances`; None where there is no such card."""

    def take(self, entry: Entry, name: str) -> str:
        """Keep what a reviewer did; what there is to say of it, "" for nothing.

        Raises:
            NotAVerdictError: it makes no sense here.
            SelfInstructError: it can't be kept.
        """

    def has(self, entry: str) -> bool:
        """Whether it was kept before."""

    def changed(self, name: str, since: int) -> tuple[int, dict[str, Any]]:
        """How many changes there were, and the verdicts of those after the first `since`, by card."""

    def search(self, text: str) -> list[str]:
        """The ids of the cards that hold a text, in any case."""

    def people(self) -> Mapping[str, int]:
        """Who has reviewed, and how many."""

    def disagreements(self) -> list[dict[str, Any]]:
        """The cards about which people's answers differ, with each answer."""

    def agreement(self) -> list[dict[str, Any]]:
        """Tables of how far reviewers agree."""


def entry_of(value: Any) -> Entry:
    """What the page sent, if that is what it is.

    Raises:
        NotAVerdictError: it is something else.
    """
    try:
        return Entry.model_validate_json(json.dumps(value))  # as JSON, where lists are tuples
    except ValidationError as error:
        wrong = error.errors()[0]
        raise NotAVerdictError(f"{'.'.join(map(str, wrong['loc']))}: {wrong['msg']}") from None


def kind(*, is_classification: bool) -> str:
    """What a task is called on its card."""
    return "Classification task" if is_classification else "Task"
