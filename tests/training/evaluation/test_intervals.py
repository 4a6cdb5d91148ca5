"""Intervals beside values from other sources; that they hold the truth is measured by `benchmarks/intervals.py`."""

from __future__ import annotations

import pytest

from selfinstruct_chains.training.evaluation.intervals import FEWEST, mean, share, share_difference


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
