"""The paper's blind form for answers (section 4.4): which model gave one is not told, and the order is mixed.

Ratings stand in the evaluation's folder, in `ratings.jsonl`, as `evaluate --people` reads them, with the answer that
was rated: an answer that has changed since has no rating.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, NamedTuple

from selfinstruct_chains.errors import RunError
from selfinstruct_chains.files.ratings import Rated, ratings_in, write_ratings
from selfinstruct_chains.outputs.review.cards import Choice, Features, NotAVerdictError, Question, kind
from selfinstruct_chains.outputs.review.keys import usual_keys
from selfinstruct_chains.outputs.review.verdicts import drawn
from selfinstruct_chains.tasks import RATINGS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from selfinstruct_chains.files.items import Item
    from selfinstruct_chains.outputs.review.cards import Entry
    from selfinstruct_chains.tasks import Rating
    from selfinstruct_chains.training.evaluation.folder import Answered

_LOT = "review of answers"
QUESTION = Question(
    "rating",
    "How good is the answer?",
    (
        Choice("a", "A", "Correct and satisfying", good=True),
        Choice("b", "B", "Acceptable, with minor errors", good=True),
        Choice("c", "C", "Responds, but has significant errors", good=False),
        Choice("d", "D", "Irrelevant or invalid", good=False),
    ),
)
"""The paper's four levels."""


class Shown(NamedTuple):
    """An answer to rate, once for all models that gave it."""

    id: str
    """Tells neither a model nor an order."""
    item: Item
    text: str
    models: Sequence[str]


class Rates(NamedTuple):
    """What a person said so far."""

    given: int
    answers: int
    """That there are to rate."""
    by_model: Mapping[str, Mapping[Rating, int]]
    """How many ratings of each level; none before all are given, so that the form stays blind."""


class Ratings:
    """A person's ratings of answers, to read and to change; others' in the same file stay.

    Args:
        path: the file, which need not be there.
        by: who rates.
        answers: those that are rated, by their ids.

    Raises:
        DataError: a line is no rating, or the file can't be read.
    """

    def __init__(self, path: Path, by: str, answers: Sequence[Shown]) -> None:
        self.path, self._by = path, by
        self._answers = {one.id: one for one in answers}
        self._ids: dict[tuple[str, str, str | None], str] = {
            (one.item.id, model, one.text): one.id for one in answers for model in one.models
        }
        self.given: dict[str, Rating] = dict(self._mine())

    def put(self, id_: str, rating: Rating | None) -> None:
        """Keep the rating of an answer, or take it back; it is on the disk when this returns.

        Raises:
            DataError: the file has been damaged since.
            RunError: it can't be written.
        """
        one = self._answers[id_]
        kept = [rated for rated in self._all() if not self._is_of(rated, one)]
        new = [Rated(one.item.id, model, rating, self._by, one.text) for model in one.models] if rating else []
        try:
            write_ratings(self.path, [*kept, *new])
        except OSError as error:
            raise RunError(f"{self.path}: can't be written: {error.strerror or error}") from None
        self.given.pop(id_, None)
        if rating:
            self.given[id_] = rating

    def _is_of(self, rated: Rated, one: Shown) -> bool:
        """Whether it is this person's, of that item and one of those models, whatever the answer was."""
        return rated.by == self._by and rated.id == one.item.id and rated.model in one.models

    def _mine(self) -> Iterator[tuple[str, Rating]]:
        for rated in self._all():
            id_ = self._ids.get((rated.id, rated.model, rated.output))
            if id_ and rated.by == self._by:
                yield id_, rated.rating

    def _all(self) -> list[Rated]:
        return list(ratings_in(self.path)) if self.path.exists() else []


def shown(found: Answered, size: int) -> list[Shown]:
    """All answers to `size` items drawn at random, or to all there are, in random order; the same at each call."""
    answers = [one for item in drawn(found.items, size, _LOT) for one in _of(item, found)]
    return drawn(answers, len(answers), _LOT)


def _of(item: Item, found: Answered) -> Iterator[Shown]:
    models: dict[str, list[str]] = {}
    for model, answers in found.answers.items():
        if item.id in answers:
            models.setdefault(answers[item.id].text, []).append(model)
    for text, those in models.items():
        digest = hashlib.sha256(json.dumps([item.id, text]).encode()).hexdigest()
        yield Shown(digest[:20], item, text, those)


def rates(answers: Sequence[Shown], ratings: Ratings) -> Rates:
    """How far a person has come, and at the end what came of it."""
    given = [(model, ratings.given[one.id]) for one in answers if one.id in ratings.given for model in one.models]
    count = sum(one.id in ratings.given for one in answers)
    counts: dict[str, dict[Rating, int]] = {model: dict.fromkeys(RATINGS, 0) for model in sorted(dict(given))}
    for model, rating in given:
        counts[model][rating] += 1
    return Rates(count, len(answers), counts if count == len(answers) else {})


class AnswersSitting:
    """A `cards.Sitting` about answers.

    Args:
        title: of the page.
        answers: those that are rated.
        ratings: where the ratings go.
        guidelines: HTML.
        keys: other keys than the usual ones.
    """

    what, output, note = "answers", "Answer", ""
    features = Features()
    questions: Sequence[Question] = [QUESTION]
    name: str | None = ""

    def __init__(
        self,
        title: str,
        answers: Sequence[Shown],
        ratings: Ratings,
        guidelines: str = "",
        keys: Mapping[str, str] | None = None,
    ) -> None:
        self.title, self.guidelines = title, guidelines
        self.keys = keys or usual_keys(self.questions, self.features)
        self._answers = {one.id: one for one in answers}
        self._ratings = ratings
        self._kept: set[str] = set()
        self._changes: list[str] = []

    def cards(self, name: str) -> list[dict[str, Any]]:  # noqa: ARG002 - one person rates
        """The answers in their order, with their ratings."""
        return [
            {"id": one.id, "kind": _kind(one), "topic": one.item.category or "", "verdict": self._verdict(one.id)}
            for one in self._answers.values()
        ]

    def shown(self, id_: str) -> Mapping[str, Any] | None:
        """What the card of an answer shows: nothing that tells a model."""
        one = self._answers.get(id_)
        if one is None:
            return None
        about = f"{kind(is_classification=one.item.is_classification)} {one.item.id}"
        instances = [{"input": one.item.input, "output": one.text}]
        return {"about": about, "instruction": one.item.instruction, "instances": instances}

    def take(self, entry: Entry, name: str) -> str:  # noqa: ARG002 - whose ratings they are is settled
        """Keep a rating, or take it back."""
        rating: Any = None if entry.answers is None else entry.answers.get(QUESTION.key)
        if entry.id not in self._answers:
            raise NotAVerdictError("not an answer of this sample")
        if entry.text or (entry.answers is not None and rating not in RATINGS):
            raise NotAVerdictError("a rating, A to D, is expected")
        self._ratings.put(entry.id, rating)
        self._kept.add(entry.entry)
        self._changes.append(entry.id)
        return ""

    def has(self, entry: str) -> bool:
        """Whether it was kept since the program was started: once more does no harm."""
        return entry in self._kept

    def changed(self, name: str, since: int) -> tuple[int, dict[str, Any]]:  # noqa: ARG002
        """The ratings that are new, by card."""
        return len(self._changes), {id_: self._verdict(id_) for id_ in self._changes[since:]}

    def search(self, text: str) -> list[str]:
        """The ids of the answers that hold a text, or whose tasks do."""
        wanted = text.casefold()
        return [
            id_
            for id_, one in self._answers.items()
            if wanted in f"{one.item.instruction}\n{one.item.input}\n{one.text}".casefold()
        ]

    def people(self) -> Mapping[str, int]:
        """Nobody: others' ratings are not told."""
        return {}

    def disagreements(self) -> list[dict[str, Any]]:
        """None: who rates is told nothing of others."""
        return []

    def agreement(self) -> list[dict[str, Any]]:
        """None: `selfinstruct evaluate --people` tells it."""
        return []

    def _verdict(self, id_: str) -> dict[str, Any] | None:
        given = self._ratings.given.get(id_)
        return {"answers": {QUESTION.key: given}, "comment": "", "seen": None} if given else None


def _kind(one: Shown) -> str:
    return "classification" if one.item.is_classification else "other"
