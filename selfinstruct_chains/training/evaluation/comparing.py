"""The scores of several models on the same items: their means, and their differences from one of them, paired by item.

Two controls stand beside the models: one sentence whatever is asked, and the input given back. What does not beat them
says little about answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from selfinstruct_chains.files.predictions import Answer
from selfinstruct_chains.training.evaluation import intervals
from selfinstruct_chains.training.evaluation.scoring import is_unseen, score

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from selfinstruct_chains.files.items import Item
    from selfinstruct_chains.training.evaluation.intervals import Estimate
    from selfinstruct_chains.training.evaluation.scoring import Likelihood, Score

MeasureName = Literal["rouge", "rouge_first", "unicode", "exact", "exact_first", "stops", "words", "nll", "end_nll"]
CONTROLS: Mapping[str, Callable[[Item], Answer]] = {
    "one sentence": lambda _: Answer("This is a good example of what you are looking for."),
    "input echoed": lambda item: Answer(item.input if item.input.strip() else item.instruction),
}
LEVEL = 0.95
"""Of each interval shown."""


class Measure(NamedTuple):
    """What is measured of an answer."""

    title: str
    is_share: bool = False
    """Whether it is 0 or 100 for each answer."""
    digits: int = 1
    """After the point, where it is shown."""


MEASURES: Mapping[MeasureName, Measure] = {
    "rouge": Measure("ROUGE-L"),
    "rouge_first": Measure("ROUGE-L, first paragraph"),
    "unicode": Measure("ROUGE-L, words of any script"),
    "exact": Measure("exact match", is_share=True),
    "exact_first": Measure("exact match, first paragraph", is_share=True),
    "stops": Measure("stops by itself", is_share=True),
    "words": Measure("words"),
    "nll": Measure("answer NLL, lower is better", digits=2),
    "end_nll": Measure("end NLL, lower is better", digits=2),
}


class Difference(NamedTuple):
    """A model's mean minus the baseline's, over the items that both are measured on."""

    estimate: Estimate
    is_clear: bool
    """Whether an interval that is wider for all the comparisons made (Bonferroni) excludes zero."""


class Compared(NamedTuple):
    """Some items, and how models did on them."""

    items: int
    means: Mapping[str, Mapping[MeasureName, Estimate]]
    """By model or control, and measure; measures that are not known for it are left out."""
    differences: Mapping[str, Mapping[MeasureName, Difference]]
    """By model, without the baseline and the controls."""


class Evaluation(NamedTuple):
    """Models compared on an evaluation file."""

    items: Sequence[Item]
    answers: Mapping[str, Mapping[str, Answer]]
    """By model, and the item's id; an item that a model did not answer is not there."""
    scores: Mapping[str, Sequence[Score | None]]
    """By model or control, in the order of the items; None where there is no answer."""
    baseline: str
    whole: Compared
    by_category: Mapping[str, Compared]
    """For each category of the file, where it has several."""

    @property
    def unseen(self) -> int:
        """Items that rouge-score can't see: no reference has an ASCII letter or digit."""
        return sum(map(is_unseen, self.items))

    @property
    def missing(self) -> dict[str, int]:
        """How many items each model has no answer to, where it lacks some: they count in none of its figures."""
        counts = {name: len(self.items) - len(given) for name, given in self.answers.items()}
        return {name: count for name, count in counts.items() if count}

    @property
    def comparisons(self) -> int:
        """Models that are compared with the baseline."""
        return len(self.answers) - 1


def evaluation(
    items: Sequence[Item],
    answers: Mapping[str, Mapping[str, Answer]],
    baseline: str | None = None,
    likelihoods: Mapping[str, Mapping[str, Likelihood]] | None = None,
) -> Evaluation:
    """Score the answers of each model, and compare them.

    Args:
        items: what was asked, one or more.
        answers: by model, each by the item's id; what is not there counts nowhere (`Evaluation.missing`).
        baseline: the model that the others are compared with; the first when None.
        likelihoods: of the references, by model and the item's id, as far as they are known.
    """
    baseline = baseline or next(iter(answers))
    known = likelihoods or {}
    scores = {name: _scores(items, given, known.get(name, {})) for name, given in answers.items()}
    controls: dict[str, list[Score | None]] = {
        name: [score(item, answer(item)) for item in items] for name, answer in CONTROLS.items()
    }
    places = _by_category(items)
    models = list(answers)
    both = scores | controls
    return Evaluation(
        items,
        answers,
        both,
        baseline,
        _compared(both, models, baseline, range(len(items))),
        {name: _compared(both, models, baseline, at) for name, at in places.items()} if len(places) > 1 else {},
    )


def _scores(items: Sequence[Item], given: Mapping[str, Answer], known: Mapping[str, Likelihood]) -> list[Score | None]:
    return [score(item, given[item.id], known.get(item.id)) if item.id in given else None for item in items]


def _by_category(items: Sequence[Item]) -> dict[str, list[int]]:
    places: dict[str, list[int]] = {}
    for place, item in enumerate(items):
        places.setdefault(item.category, []).append(place)
    return dict(sorted(places.items()))


def _compared(
    scores: Mapping[str, Sequence[Score | None]], models: Sequence[str], baseline: str, places: Sequence[int]
) -> Compared:
    here = {name: [given[place] for place in places] for name, given in scores.items()}
    others = [name for name in models if name != baseline]
    return Compared(
        len(places),
        {name: _means(given) for name, given in here.items()},
        {name: _differences(here[name], here[baseline], len(others)) for name in others},
    )


def _means(scores: Sequence[Score | None]) -> dict[MeasureName, Estimate]:
    found: dict[MeasureName, Estimate] = {}
    for name, measure in MEASURES.items():
        values = _known(getattr(one, name, None) for one in scores)
        if values:
            found[name] = (intervals.share if measure.is_share else intervals.mean)(values, LEVEL)
    return found


def _differences(
    scores: Sequence[Score | None], baseline: Sequence[Score | None], comparisons: int
) -> dict[MeasureName, Difference]:
    found: dict[MeasureName, Difference] = {}
    for name, measure in MEASURES.items():
        both = zip(scores, baseline, strict=True)
        pairs = ((getattr(one, name, None), getattr(other, name, None)) for one, other in both)
        values = [one - other for one, other in pairs if one is not None and other is not None]
        if values:
            estimate = intervals.share_difference if measure.is_share else intervals.mean
            wider = estimate(values, 1 - (1 - LEVEL) / comparisons)
            found[name] = Difference(estimate(values, LEVEL), wider.is_clear)
    return found


def _known(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None]
