"""What an experiment shows, in words that follow from its intervals.

The measure is the likelihood of the reference answers, without their ends: what a model learned of *when to stop*
raises ROUGE-L and says nothing of its answers. The positive control says whether this set-up could show a gain at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from selfinstruct_chains.training.evaluation.comparing import MEASURES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from selfinstruct_chains.training.evaluation.comparing import Difference, MeasureName


State = Literal["better", "worse", "unclear"]
_LOWER_IS_BETTER: frozenset[MeasureName] = frozenset({"nll", "end_nll"})


class Comparison(NamedTuple):
    """A model minus another, by item."""

    title: str
    """What of: "own 150 minus base"."""
    differences: Mapping[MeasureName, Difference]


class Found(NamedTuple):
    """What the verdict is of."""

    control: Comparison
    """Trained on seeds, minus base."""
    own: Comparison
    """Trained on all of its generated tasks, minus base."""
    chat: Comparison
    """Trained on all of its generated tasks, minus base asked in its own chat template."""
    others: tuple[Comparison, ...] = ()
    """What else is worth a sentence: growth with size, regenerated outputs, the control against the chat template."""


def verdict(found: Found) -> list[str]:
    """A paragraph for each comparison, and at last what follows."""
    told = [_told(one) for one in (found.control, found.own, found.chat, *found.others)]
    return [*told, f"In short: {_in_short(found)}{_beside_chat(found)}"]


def state(differences: Mapping[MeasureName, Difference], measure: MeasureName) -> State:
    """Whether a difference is one for the better; "unclear" where its interval holds zero, or there is none."""
    difference = differences.get(measure)
    if difference is None or not difference.is_clear:
        return "unclear"
    lower = difference.estimate.mean < 0
    return "better" if lower == (measure in _LOWER_IS_BETTER) else "worse"


def _told(one: Comparison) -> str:
    return f"{one.title}: {'; '.join(_parts(one.differences))}."


def _parts(differences: Mapping[MeasureName, Difference]) -> Iterator[str]:
    for measure in ("nll", "rouge", "rouge_first", "stops"):
        difference = differences.get(measure)
        if difference is None:
            continue
        estimate, digits = difference.estimate, MEASURES[measure].digits
        title = MEASURES[measure].title.partition(", lower")[0]
        if estimate.low is None or estimate.high is None or estimate.detectable is None:
            yield f"{title} {estimate.mean:+.{digits}f}, too few items for an interval"
            continue
        interval = f"{title} {estimate.mean:+.{digits}f} [{estimate.low:+.{digits}f}, {estimate.high:+.{digits}f}]"
        if difference.is_clear:
            yield interval + (f" ({state(differences, measure)})" if measure != "stops" else "")
        elif not estimate.detectable:
            yield f"{interval}, the same for each item"
        else:
            yield f"{interval}, can't tell at n = {estimate.items}: would have seen {estimate.detectable:.{digits}f}"


def _in_short(found: Found) -> str:
    control, own = found.control.differences, found.own.differences
    if state(control, "nll") != "better":
        return (
            "the positive control shows no gain, so that this experiment can't tell what generated data is worth; more "
            "items, or another base, might."
        )
    likelihood, rouge, first = (state(own, measure) for measure in ("nll", "rouge", "rouge_first"))
    if likelihood == "worse" or rouge == "worse":
        return "training on its own data made the model worse, where human data made it better."
    if likelihood == "better":
        written = "what it writes scores higher" if first == "better" else "no gain in what it writes could be shown"
        return f"its own data made the reference answers likelier; {written} (ROUGE-L of the first paragraph)."
    if rouge == "better" and first != "better":
        return "what its own data taught is when to stop: ROUGE-L rose, and that of the first paragraph did not."
    if rouge == "better":
        return "its own data raised ROUGE-L, and did not make the reference answers likelier."
    seen = own["nll"].estimate.detectable if "nll" in own else None
    would = f" (a change of {seen:.2f} in answer NLL would have shown)" if seen is not None else ""
    return f"no effect of its own data could be shown{would}, where that of human data could."


def _beside_chat(found: Found) -> str:
    """A gain over a plain prompt may be what the model's own chat template gives without any training."""
    measures: tuple[MeasureName, ...] = ("nll", "rouge", "rouge_first")
    gained = [measure for measure in measures if state(found.own.differences, measure) == "better"]
    beside = {state(found.chat.differences, measure) for measure in gained}
    if not gained or "better" in beside or state(found.control.differences, "nll") != "better":
        return ""
    how = "better" if "worse" in beside else "as well"
    return f" As far as these items tell, the bare model does {how} when it is asked in its own chat template."
