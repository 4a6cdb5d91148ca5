"""What came of an experiment: all arms scored on the same items, and the comparisons that its verdict is of."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from selfinstruct_chains.files import shipped
from selfinstruct_chains.files.items import read_items
from selfinstruct_chains.files.predictions import read_predictions
from selfinstruct_chains.training.evaluation.comparing import evaluation
from selfinstruct_chains.training.evaluation.folder import answers_file
from selfinstruct_chains.training.evaluation.likelihoods import read_likelihoods
from selfinstruct_chains.training.experiment.figure import Dot, Level, Line, Panel
from selfinstruct_chains.training.experiment.plan import BASE, CHAT, CONTROL
from selfinstruct_chains.training.experiment.steps import EVALUATION
from selfinstruct_chains.training.experiment.verdict import Comparison, Found, verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from selfinstruct_chains.files.items import Item
    from selfinstruct_chains.files.predictions import Answer
    from selfinstruct_chains.training.evaluation.comparing import Evaluation, MeasureName
    from selfinstruct_chains.training.evaluation.scoring import Likelihood
    from selfinstruct_chains.training.experiment.plan import Arm, Plan

SHOWN = 10
"""Items whose answers before and after are shown."""
_PANELS: dict[MeasureName, str] = {
    "nll": "Answer NLL, nats per token (lower is better)",
    "rouge": "ROUGE-L",
    "rouge_first": "ROUGE-L, first paragraph",
}


class Before(NamedTuple):
    """An item, and what was answered to it."""

    item: Item
    answers: Mapping[str, str]
    """By arm: the base, the largest on own data, the control."""


class Findings(NamedTuple):
    """All of it."""

    whole: Evaluation
    """Each arm against the base."""
    verdict: list[str]
    panels: list[Panel]
    sample: list[Before]


def findings(plan: Plan, out: Path) -> Findings:
    """Score the answers and likelihoods that the experiment in `out` has.

    Raises:
        DataError: they are damaged.
    """
    measured = _Measured.read(plan, out / EVALUATION)
    whole = measured.against(BASE)
    return Findings(whole, verdict(_found(plan, measured, whole)), _panels(plan, whole), measured.sample(plan))


class _Measured(NamedTuple):
    items: list[Item]
    answers: dict[str, Mapping[str, Answer]]
    likelihoods: dict[str, Mapping[str, Likelihood]]

    @classmethod
    def read(cls, plan: Plan, folder: Path) -> _Measured:
        items = read_items(Path(plan.on) if plan.on else shipped.HELDOUT)
        names = [BASE, CHAT, *(arm.name for arm in plan.arms)]
        answers: dict[str, Mapping[str, Answer]] = {
            name: read_predictions(answers_file(folder, name), items, allow_missing=True) for name in names
        }
        return cls(items, answers, {name: read_likelihoods(folder, name) for name in names})

    def against(self, baseline: str, *names: str) -> Evaluation:
        """Those of `names`, or all, compared with one."""
        wanted = (baseline, *names) if names else tuple(self.answers)
        answers: dict[str, Mapping[str, Answer]] = {name: self.answers[name] for name in wanted}
        return evaluation(self.items, answers, baseline, self.likelihoods)

    def comparison(self, name: str, baseline: str) -> Comparison:
        differences = self.against(baseline, name).whole.differences[name]
        return Comparison(f"{name} minus {baseline}", differences)

    def sample(self, plan: Plan) -> list[Before]:
        """Items that stand at even distances in the file."""
        step = max(1, len(self.items) // SHOWN)
        names = (BASE, _largest(plan).name, CONTROL)
        return [
            Before(item, {name: self.answers[name][item.id].text for name in names if item.id in self.answers[name]})
            for item in self.items[::step][:SHOWN]
        ]


def _found(plan: Plan, measured: _Measured, whole: Evaluation) -> Found:
    own = _largest(plan).name
    against_base = {name: Comparison(f"{name} minus {BASE}", whole.whole.differences[name]) for name in (CONTROL, own)}
    others = tuple(measured.comparison(name, baseline) for name, baseline in _pairs(plan, own))
    return Found(against_base[CONTROL], against_base[own], measured.comparison(own, CHAT), others)


def _pairs(plan: Plan, own: str) -> Iterator[tuple[str, str]]:
    """Further comparisons: growth with size, the outputs of a stronger model, the control and the chat template."""
    if len(plan.sizes) > 1:
        yield own, f"own {plan.sizes[0]}"
    if plan.regenerate:
        yield f"regenerated {plan.sizes[-1]}", own
    yield CONTROL, CHAT


def _largest(plan: Plan) -> Arm:
    return [arm for arm in plan.arms if arm.size and not arm.is_regenerated][-1]


def _panels(plan: Plan, whole: Evaluation) -> list[Panel]:
    means = whole.whole.means
    return [
        Panel(
            title,
            [line for line in _lines(plan, whole, measure) if line.dots],
            [Level(name, means[name][measure]) for name in (BASE, CHAT, CONTROL) if measure in means[name]],
        )
        for measure, title in _PANELS.items()
        if measure in means[BASE]
    ]


def _lines(plan: Plan, whole: Evaluation, measure: MeasureName) -> Iterator[Line]:
    means = whole.whole.means
    for name, is_regenerated in (("own data", False), ("regenerated", True)):
        arms = [arm for arm in plan.arms if arm.size and arm.is_regenerated == is_regenerated]
        yield Line(name, [Dot(arm.size or 0, means[arm.name][measure]) for arm in arms if measure in means[arm.name]])
