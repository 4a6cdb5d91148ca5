"""How many tasks are to be expected of what is under way."""

from __future__ import annotations

import pytest

from selfinstruct_chains.run.forecast import Forecast


def test_at_first_two_fifths_are_expected() -> None:
    """Four fifths of 40 % become tasks: of 10 instructions that a request asks for, 3.2."""
    forecast = Forecast(10)

    assert forecast.expected(0) == 0
    assert forecast.expected(1) == pytest.approx(3.2)
    assert forecast.expected(3) == pytest.approx(9.6)


def test_what_is_done_counts_and_what_is_open_is_expected_like_it() -> None:
    """After a request with 7 accepted instructions, of which one became a task and one did not."""
    forecast = Forecast(10)
    forecast.committed(7)
    assert forecast.expected(0) == pytest.approx(7 * 4 / 5)
    assert forecast.expected(2) == pytest.approx((7 + 2 * (8 + 7) / 3) * 4 / 5)
    forecast.completed(good=True)
    assert forecast.expected(0) == pytest.approx(1 + 6 * 5 / 6)
    forecast.completed(good=False)

    assert forecast.expected(0) == pytest.approx(1 + 5 * 5 / 7)
    assert forecast.expected(2) == pytest.approx(1 + (5 + 2 * 15 / 3) * 5 / 7)
