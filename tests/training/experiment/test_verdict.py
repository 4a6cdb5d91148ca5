"""The words of an experiment follow from its intervals."""

from __future__ import annotations

import pytest

from selfinstruct_chains.training.evaluation.comparing import Difference
from selfinstruct_chains.training.evaluation.intervals import Estimate
from selfinstruct_chains.training.experiment.verdict import Comparison, Found, state, verdict


def difference(mean: float, reach: float) -> Difference:
    """A paired difference and half its interval; clear where that excludes zero."""
    return Difference(Estimate(mean, mean - reach, mean + reach, 1.4 * reach, 252), abs(mean) > reach)


UNCLEAR, LESS, MORE = difference(0.01, 0.1), difference(-0.3, 0.1), difference(0.3, 0.1)
UP, DOWN, SAME = difference(8.0, 4.0), difference(-8.2, 5.0), difference(1.4, 4.0)


def found(control, nll, rouge, first=SAME, chat=UNCLEAR) -> Found:
    """An experiment whose control and own data did so; `chat`: the latter's answer NLL beside the chat template."""
    own = {"nll": nll, "rouge": rouge, "rouge_first": first, "stops": difference(47, 8)}
    beside = Comparison("own 150 minus base, chat template", {"nll": chat})
    return Found(Comparison("seeds minus base", {"nll": control}), Comparison("own 150 minus base", own), beside)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (found(UNCLEAR, LESS, UP), "the positive control shows no gain"),
        (found(MORE, LESS, UP), "the positive control shows no gain"),
        (found(LESS, LESS, SAME), "made the reference answers likelier; no gain in what it writes could be shown"),
        (found(LESS, LESS, UP, UP), "made the reference answers likelier; what it writes scores higher"),
        (found(LESS, MORE, SAME), "made the model worse"),
        (found(LESS, UNCLEAR, DOWN), "made the model worse"),
        (found(LESS, UNCLEAR, UP), "what its own data taught is when to stop"),
        (found(LESS, UNCLEAR, UP, UP), "raised ROUGE-L, and did not make the reference answers likelier"),
        (found(LESS, UNCLEAR, SAME), "no effect of its own data could be shown (a change of 0.14 in answer NLL"),
    ],
)
def test_what_follows(given: Found, says: str) -> None:
    """No gain is claimed that an interval does not show, and none at all where the control shows none."""
    assert says in verdict(given)[-1]


def test_each_comparison_has_its_intervals() -> None:
    """Means, ends, and what could have been seen where nothing was."""
    control, own, chat, _ = verdict(found(LESS, UNCLEAR, SAME))

    assert control == "seeds minus base: answer NLL -0.30 [-0.40, -0.20] (better)."
    assert "ROUGE-L +1.4 [-2.6, +5.4], can't tell at n = 252: would have seen 5.6" in own
    assert own.endswith("stops by itself +47.0 [+39.0, +55.0].")
    assert chat.startswith("own 150 minus base, chat template: answer NLL +0.01 [-0.09, +0.11], can't tell")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (found(LESS, LESS, UP), "the bare model does as well when it is asked in its own chat template."),
        (found(LESS, UNCLEAR, UP), "the bare model does as well when it is asked in its own chat template."),
        (found(LESS, LESS, UP, chat=MORE), "the bare model does better when it is asked in its own chat template."),
        (found(LESS, LESS, UP, chat=LESS), ""),
        (found(LESS, UNCLEAR, SAME), ""),
        (found(UNCLEAR, LESS, UP), ""),
    ],
)
def test_a_gain_that_the_chat_template_gives_too(given: Found, said: str) -> None:
    """A gain over a plain prompt is none over the model as its makers meant it to be asked."""
    _, _, told = verdict(given)[-1].partition(" As far as these items tell, ")
    assert told == said


def test_answers_that_are_all_the_same() -> None:
    """Where no item differs there is no width, and nothing that would have shown."""
    same = Difference(Estimate(0.0, 0.0, 0.0, 0.0, 252), is_clear=False)

    assert "ROUGE-L +0.0 [+0.0, +0.0], the same for each item" in verdict(found(LESS, UNCLEAR, same))[1]


def test_few_items_decide_nothing() -> None:
    """Without an interval a difference is unclear, and says so."""
    few = Difference(Estimate(9.0, None, None, None, 12), is_clear=False)

    assert state({"rouge": few}, "rouge") == "unclear"
    assert "ROUGE-L +9.0, too few items for an interval" in verdict(found(LESS, UNCLEAR, few))[1]


def test_lower_is_better_for_likelihoods() -> None:
    """A fall of NLL is a gain, one of ROUGE-L a loss."""
    assert (state({"nll": LESS}, "nll"), state({"rouge": DOWN}, "rouge"), state({}, "nll")) == (
        "better",
        "worse",
        "unclear",
    )
