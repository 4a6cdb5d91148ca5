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


def found(control, nll, rouge, first=SAME) -> Found:
    """An experiment whose control and own data did so."""
    own = {"nll": nll, "rouge": rouge, "rouge_first": first, "stops": difference(47, 8)}
    return Found(Comparison("seeds minus base", {"nll": control}), Comparison("own 150 minus base", own))


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
    control, own, _ = verdict(found(LESS, UNCLEAR, SAME))

    assert control == "seeds minus base: answer NLL -0.30 [-0.40, -0.20] (better)."
    assert "ROUGE-L +1.4 [-2.6, +5.4], can't tell at n = 252: would have seen 5.6" in own
    assert own.endswith("stops by itself +47.0 [+39.0, +55.0].")


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
