"""A judge's view of models' answers: the paper's ratings of each, and pairs with the baseline in both orders.

The judge is told no model's name; the same text under the same task is asked about once, whoever wrote it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, cast

from selfinstruct_chains.run.asking import Unanswered, asking
from selfinstruct_chains.run.judges import task_json
from selfinstruct_chains.tasks import RATINGS
from selfinstruct_chains.training.evaluation import intervals
from selfinstruct_chains.training.evaluation.agreement import agreement
from selfinstruct_chains.training.evaluation.comparing import LEVEL
from selfinstruct_chains.training.evaluation.pairs import Pair, preference

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from selfinstruct_chains.files.items import Item
    from selfinstruct_chains.files.predictions import Answer
    from selfinstruct_chains.files.ratings import Rated
    from selfinstruct_chains.run.asking import Question
    from selfinstruct_chains.run.budget import Budgets
    from selfinstruct_chains.run.judges import Judge
    from selfinstruct_chains.run.monitor import Monitor
    from selfinstruct_chains.tasks import Rating
    from selfinstruct_chains.training.evaluation.agreement import Agreement
    from selfinstruct_chains.training.evaluation.intervals import Estimate
    from selfinstruct_chains.training.evaluation.pairs import Better, Preference


class Levels(NamedTuple):
    """How a model's answers are rated."""

    rated: int
    missing: int
    """Answers without a rating: two replies that can't be read, or a refusal."""
    shares: Mapping[Rating, Estimate]
    """Percent of the rated answers at each level."""
    acceptable: Estimate
    """Percent of the rated answers that are A or B."""


class Judging(NamedTuple):
    """What a judge said."""

    judge: str
    """The judging model's name."""
    baseline: str
    items: int
    ratings: Mapping[str, Mapping[str, Rating | None]]
    """By model, and the item's id; None where there is none."""
    pairs: Mapping[str, Sequence[Pair]]
    """By model, without the baseline, in the order of the items."""
    levels: Mapping[str, Levels]
    preferences: Mapping[str, Preference]
    """By model, without the baseline."""
    people: Agreement | None = None
    """The judge's ratings beside people's; None without any of theirs."""
    among_people: Agreement | None = None
    """People's ratings of one answer beside each other; None where nobody rated what another did."""
    outdated: int = 0
    """People's ratings of answers that are others now; they count in nothing."""


class _Asking(NamedTuple):
    """What is to be asked: each model's question about each item."""

    ratings: Mapping[str, Mapping[str, Question[str]]]
    pairs: Mapping[str, Sequence[tuple[Question[str], Question[str]] | None]]
    """Baseline first, model first; None where the two answers are one text."""

    def all(self) -> list[Question[str]]:
        """Each question once."""
        several = [question for by_item in self.ratings.values() for question in by_item.values()]
        several += [question for pairs in self.pairs.values() for pair in pairs for question in pair or ()]
        return list({question.id: question for question in several}.values())


async def judged(  # noqa: PLR0913 - who is asked, about what, and how durably
    judge: Judge,
    items: Sequence[Item],
    answers: Mapping[str, Mapping[str, Answer]],
    baseline: str | None = None,
    *,
    folder: Path | None,
    monitor: Monitor,
    budgets: Budgets | None = None,
    people: Sequence[Rated] = (),
) -> Judging:
    """Have `judge` rate each answer, and compare each model's with the baseline's.

    Args:
        judge: who is asked.
        items: what the models were asked.
        answers: by model and the item's id; an item without one of a model's is left out for that model.
        baseline: the model that the others are compared with; the first when None.
        folder: where replies are kept, so that the same call again asks only what is missing; None: nowhere.
        monitor: counts, for a display; `stop` and `interrupt` end it.
        budgets: as a run's, for this folder.
        people: people's ratings of the same answers.

    Raises:
        RunStopped: a budget is used up, or it was interrupted; the same call again goes on.
        ProviderError: the provider refuses all calls, or does not answer.
        RunError: another process is at work in the folder, it has another judge's replies, is damaged, or full.
        ConfigError: the model can't be built, or has no price where dollars are limited.
    """
    baseline = baseline or next(iter(answers))
    asked = _asking(judge, items, answers, baseline)
    questions = asked.all()
    async with asking(judge.asked, folder, monitor, questions=len(questions), budgets=budgets) as asker:
        found = await asker.all(questions)
    said = {id_: None if isinstance(one, Unanswered) else one for id_, one in found.items()}
    ratings = {
        model: {id_: cast("Rating | None", said[question.id]) for id_, question in by_item.items()}
        for model, by_item in asked.ratings.items()
    }
    pairs = {model: _pairs(asked.pairs[model], items, answers[model], answers[baseline], said) for model in asked.pairs}
    current = [one for one in people if _is_of(one, answers)]
    result = judging(judge.name, baseline, len(items), ratings, pairs, current)
    return result._replace(outdated=len(people) - len(current))


def _is_of(rated: Rated, answers: Mapping[str, Mapping[str, Answer]]) -> bool:
    """Whether what was rated is still the answer."""
    answer = answers[rated.model].get(rated.id)
    return answer is not None and rated.output in {None, answer.text}


def judging(  # noqa: PLR0913, PLR0917 - one for each thing a judge said
    judge: str,
    baseline: str,
    items: int,
    ratings: Mapping[str, Mapping[str, Rating | None]],
    pairs: Mapping[str, Sequence[Pair]],
    people: Sequence[Rated] = (),
) -> Judging:
    """The figures of what a judge said, see `Judging`."""
    beside = [(rated.rating, said) for rated in people if (said := ratings.get(rated.model, {}).get(rated.id))]
    among = _among(people)
    return Judging(
        judge,
        baseline,
        items,
        ratings,
        pairs,
        {model: _levels(by_item.values()) for model, by_item in ratings.items()},
        {model: preference(found, len(pairs)) for model, found in pairs.items()},
        agreement(beside) if people else None,
        agreement(among) if among else None,
    )


def _asking(judge: Judge, items: Sequence[Item], answers: Mapping[str, Mapping[str, Answer]], baseline: str) -> _Asking:
    tasks = {
        item.id: task_json(item.instruction, item.input, item.references if judge.references else ()) for item in items
    }
    ratings = {
        model: {
            item.id: judge.rating(item.id, tasks[item.id], given[item.id].text) for item in items if item.id in given
        }
        for model, given in answers.items()
    }

    def pair(id_: str, one: Answer, other: Answer) -> tuple[Question[str], Question[str]] | None:
        if one.text.strip() == other.text.strip():
            return None
        orders = (one.text, other.text), (other.text, one.text)
        first, second = (judge.preference(id_, tasks[id_], *order) for order in orders)
        return first, second

    pairs = {
        model: [pair(id_, answers[baseline][id_], given[id_]) for id_ in _both(items, given, answers[baseline])]
        for model, given in answers.items()
        if model != baseline
    }
    return _Asking(ratings, pairs)


def _both(items: Sequence[Item], one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    return [item.id for item in items if item.id in one and item.id in other]


def _pairs(
    asked: Sequence[tuple[Question[str], Question[str]] | None],
    items: Sequence[Item],
    given: Mapping[str, Answer],
    baseline: Mapping[str, Answer],
    said: Mapping[str, str | None],
) -> list[Pair]:
    found = []
    for id_, questions in zip(_both(items, given, baseline), asked, strict=True):
        longer = len(given[id_].text) - len(baseline[id_].text)
        one, other = [cast("Better | None", said[question.id]) for question in questions] if questions else (None, None)
        found.append(Pair(one, other, longer, same=questions is None))
    return found


def _levels(ratings: Iterable[Rating | None]) -> Levels:
    known, missing = [], 0
    for rating in ratings:
        if rating is None:
            missing += 1
        else:
            known.append(rating)

    def percent(*levels: Rating) -> Estimate:
        return intervals.share([100.0 * (rating in levels) for rating in known], LEVEL)

    return Levels(len(known), missing, {level: percent(level) for level in RATINGS}, percent("A", "B"))


def _among(people: Sequence[Rated]) -> list[tuple[Rating, Rating]]:
    """Each two ratings of one answer."""
    by_answer: dict[tuple[str, str], list[Rating]] = {}
    for rated in people:
        by_answer.setdefault((rated.id, rated.model), []).append(rated.rating)
    return [
        (one, other) for given in by_answer.values() for place, one in enumerate(given) for other in given[place + 1 :]
    ]
