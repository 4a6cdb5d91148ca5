"""A threshold is fitted where the kinds part, and its accuracy is that on what it was not fitted on."""

from random import Random

import pytest

from selfinstruct_chains.method.calibration import FEWEST, Known, balanced, fit, fitted, wilson


def known(yes: list[float], no: list[float]) -> list[Known]:
    """Log-odds of classification tasks, and of others."""
    return [*(Known(odds, True) for odds in yes), *(Known(odds, False) for odds in no)]  # noqa: FBT003


@pytest.mark.parametrize(
    ("yes", "no", "expected"),
    [([1.0, 2.0], [-1.0, 0.0], 0.5), ([-5.0, -6.0], [-9.0], -7.5), ([1.0], [1.0], 1.0), ([2.0, 4.0, 9.0], [3.0], 3.5)],
)
def test_it_stands_between_the_kinds(yes: list[float], no: list[float], expected: float) -> None:
    """In the middle between two log-odds; where all are equal, nothing is above it."""
    assert fitted(known(yes, no)) == expected


def test_who_always_says_the_same_has_a_half() -> None:
    """However few classification tasks there are."""
    assert balanced([(True, False), *[(False, False)] * 9]) == 0.5
    with pytest.raises(ValueError, match="none of a kind"):
        balanced([(True, True)])


def test_chance_is_not_taken_for_skill() -> None:
    """On log-odds that say nothing the best threshold looks good on what it was picked on, and not by folds."""
    random, picked, found = Random(1), [], []
    for _ in range(40):
        odds = known([random.gauss() for _ in range(15)], [random.gauss() for _ in range(60)])
        best = fitted(odds)
        picked.append(balanced([(one.is_classification, one.odds > best) for one in odds]))
        found.append(fit(odds))
    assert sum(picked) / 40 > 0.58
    assert 0.46 < sum(one.accuracy for one in found) / 40 < 0.53
    assert sum(one.low <= 0.5 <= one.high for one in found) >= 36


def test_skill_is_seen() -> None:
    """Where the kinds part cleanly all are told right, and the interval ends at one."""
    found = fit(known([2.0 + i / 10 for i in range(10)], [-i / 10 for i in range(40)]))
    assert found.accuracy == found.high == pytest.approx(1.0)
    assert 0.75 < found.low < 1.0
    assert 0.0 < found.threshold < 2.0


def test_too_few_give_none() -> None:
    """Each fold needs some of either kind."""
    with pytest.raises(ValueError, match=f"fewer than {FEWEST}"):
        fit(known([1.0] * (FEWEST - 1), [0.0] * 50))


@pytest.mark.parametrize(
    ("count", "of", "low", "high"), [(0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (10, 10, 0.7225, 1.0)]
)
def test_interval_of_a_share(count: int, of: int, low: float, high: float) -> None:
    """Wilson's, as scipy's `proportion_ci` and textbooks have it."""
    assert wilson(count, of) == pytest.approx((low, high), abs=1e-4)
