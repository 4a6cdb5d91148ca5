"""Intervals beside values from other sources; that they hold the truth is measured by `benchmarks/intervals.py`."""

from __future__ import annotations

import pytest

from selfinstruct_chains.training.evaluation.intervals import (
    FEWEST,
    counted,
    counted_in_groups,
    counted_share,
    mean,
    share,
    share_difference,
    unpaired_share_difference,
)


def test_students_t_for_values_without_skew() -> None:
    # n = 100, mean 0, sd 1.00504: t(99, .975) = 1.98422, so 0.19942 to each side; the bootstrap's ends lie inside.
    found = mean([1.0, -1.0] * 50)

    assert found.low == pytest.approx(-0.19942, abs=2e-3)
    assert found.high == pytest.approx(0.19942, abs=2e-3)
    assert found.detectable == pytest.approx((1.95996 + 0.84162) * 0.100504, abs=1e-4)
    assert not found.is_clear


def test_wilsons_interval() -> None:
    # 10 of 100: the textbook's 0.0552 to 0.1744.
    found = share([100.0] * 10 + [0.0] * 90)

    assert found.low is not None
    assert found.high is not None
    assert (found.mean, round(found.low, 2), round(found.high, 2)) == (10, 5.52, 17.44)


def test_adjusted_wald_interval_of_paired_shares() -> None:
    # 20 won, 5 lost of 100: (21 - 6) / 102, and 1.96 standard errors of sqrt((27/102 - (15/102)^2) / 102).
    found = share_difference([100.0] * 20 + [-100.0] * 5 + [0.0] * 75)

    assert found.mean == 15
    assert found.low == pytest.approx(100 * (15 / 102 - 0.09563), abs=0.02)
    assert found.high == pytest.approx(100 * (15 / 102 + 0.09563), abs=0.02)
    assert found.is_clear
    assert found.detectable == pytest.approx(9.563 * (1 + 0.84162 / 1.95996), abs=0.02)


def test_shares_that_never_differ_could_differ() -> None:
    # Of 48 items none: (1 - 1) / 50, and 1.96 standard errors of sqrt((2/50 - 0) / 50).
    found = share_difference([0.0] * 48)

    assert (found.mean, found.low, found.high) == (0, pytest.approx(-5.54, abs=0.01), pytest.approx(5.54, abs=0.01))
    assert found.detectable == pytest.approx(5.54 * (1 + 0.84162 / 1.95996), abs=0.02)


def test_equal_values_have_no_width() -> None:
    assert mean([3.0] * FEWEST)[:4] == (3, 3, 3, 0)


@pytest.mark.parametrize("interval", [mean, share, share_difference])
def test_none_for_too_few_items(interval: type) -> None:
    found = interval([0.0, 100.0])

    assert (found.mean, found.low, found.high, found.detectable, found.items) == (50, None, None, None, 2)
    assert not found.is_clear


def test_a_wider_level_is_wider() -> None:
    values = [float(number % 7) for number in range(60)]
    one, other = mean(values), mean(values, 0.99)

    assert one.low is not None
    assert other.low is not None
    assert other.low < one.low


def test_the_same_each_time() -> None:
    values = [float(number**2 % 91) for number in range(60)]

    assert mean(values) == mean(values)


def test_newcombes_interval_of_shares_of_other_items() -> None:
    # Newcombe 1998, table II, (a): 56/70 less 48/80 is 0.2, from 0.0524 to 0.3339 by method 10.
    found = unpaired_share_difference(counted(56, 70), counted(48, 80))

    assert found.low is not None
    assert found.high is not None
    assert (round(found.mean, 1), round(found.low, 2), round(found.high, 2)) == (20.0, 5.24, 33.39)
    assert found.is_clear
    assert found.detectable == pytest.approx((33.39 - 5.24) / 2 * (1 + 0.84162 / 1.95996), abs=0.01)


@pytest.mark.parametrize(("yes", "of"), [(0, 10), (10, 10), (0, 1)])
def test_shares_at_their_ends_have_intervals_that_stay_within(yes: int, of: int) -> None:
    one, none = counted(yes, of), counted(0, of)
    share_, difference = counted_share(one), unpaired_share_difference(one, none)

    assert 0 <= (share_.low or 0) < (share_.high or 0) <= 100
    assert -100 <= (difference.low or 0) < (difference.high or 0) <= 100


def test_of_nothing_there_is_no_interval() -> None:
    for found in (counted_share(counted(0, 0)), unpaired_share_difference(counted(0, 0), counted(1, 2))):
        assert (found.low, found.high, found.detectable) == (None, None, None)
        assert not found.is_clear


def test_groups_that_are_alike_inside_count_for_less() -> None:
    # Ten groups of eight that are all yes or all no tell as much as ten things; mixed ones as much as eighty.
    alike = counted_in_groups([(8, 8)] * 5 + [(0, 8)] * 5)
    mixed = counted_in_groups([(4, 8)] * 10)

    assert (alike.yes, alike.of) == (mixed.yes, mixed.of) == (40, 80)
    assert alike.effective == pytest.approx(9)
    assert mixed.effective == 80
    assert (counted_share(alike).low or 0) < (counted_share(mixed).low or 0)
    assert counted_in_groups([(8, 8)] * 3) == (24, 24, 24)
    assert counted_in_groups([]) == (0, 0, 0)
