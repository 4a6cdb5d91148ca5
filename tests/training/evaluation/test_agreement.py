"""Agreement of two raters, by tables worked out by hand."""

from __future__ import annotations

import pytest

from selfinstruct_chains.training.evaluation.agreement import agreement


def test_by_hand() -> None:
    """Of ten, seven are the same: by chance it would be .5 * .6 + .5 * .4 = .5, so that kappa is .2 / .5."""
    found = agreement([("A", "A")] * 4 + [("A", "B")] + [("B", "A")] * 2 + [("B", "B")] * 3)

    assert (found.ratings, found.same) == (10, 70)
    assert found.kappa == pytest.approx(0.4)
    assert found.weighted_kappa == pytest.approx(0.4), "with two levels that are neighbours the weights are alike"
    assert found.spearman == pytest.approx(1 / 6**0.5), "of two levels, the correlation of zeros and ones"


def test_a_near_miss_weighs_less() -> None:
    """By names A beside B is as wrong as A beside D."""
    near = agreement([("A", "B"), ("B", "A"), ("C", "D"), ("D", "C")])
    far = agreement([("A", "D"), ("B", "C"), ("C", "B"), ("D", "A")])

    assert near.kappa == far.kappa == pytest.approx(-1 / 3)
    assert near.weighted_kappa == pytest.approx(0.6)
    assert far.weighted_kappa == pytest.approx(-1)
    assert (near.spearman, far.spearman) == (pytest.approx(0.6), pytest.approx(-1))


def test_where_nothing_varies_there_is_no_figure() -> None:
    """Both always say A: they agree, and no figure beyond chance can be had."""
    assert agreement([("A", "A")] * 5)[:] == (5, 100, None, None, None)
    assert agreement([("A", "B")] * 5).kappa == 0
    assert agreement([]) == (0, None, None, None, None)
