"""The counts of several folders are those of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from selfinstruct_chains.config import Price
from selfinstruct_chains.run.several import Several
from selfinstruct_chains.run.usage import Usage

if TYPE_CHECKING:
    from selfinstruct_chains.run.usage import Spent

CHEAP, DEAR = Price(input=1, output=10), Price(input=2, output=20)


def test_what_was_counted_before_is_kept() -> None:
    """Each folder has its own ledger and prices; the notes of all are there, and one number is wanted."""
    monitor = Several(9)
    first: Spent = {("judge", "m"): Usage(2, 1_000_000, 100_000), ("answer", ""): Usage(faults=1)}
    second: Spent = {("judge", "m"): Usage(1, 500_000, 0), ("judge", "n"): Usage(1, 10, 10)}
    monitor.begin(4, first, {"judge": CHEAP}, ["one"])
    started = monitor.started
    monitor.answer(new=True)
    monitor.answer(new=False)
    monitor.replied()
    assert (monitor.wanted, monitor.spent, monitor.cost) == (9, first, pytest.approx(2.0))
    monitor.begin(5, second, {"judge": DEAR}, ["two"])

    assert (monitor.wanted, monitor.finished, monitor.new, monitor.new_calls) == (9, 2, 1, 1)
    assert (monitor.started, monitor.notes) == (started, ["one", "two"])
    assert monitor.spent == {
        ("judge", "m"): Usage(3, 1_500_000, 100_000),
        ("answer", ""): Usage(faults=1),
        ("judge", "n"): Usage(1, 10, 10),
    }
    assert monitor.cost == pytest.approx(2.0 + 1.0 + 0.00022)
    monitor.begin(1, {("answer", "m"): Usage(1, 10, 10)}, {}, [])
    assert monitor.cost is None
    assert monitor.total.calls == 5


def test_a_free_one_costs_nothing() -> None:
    """That is known, too."""
    monitor = Several(1)
    monitor.begin(1, {("judge", "m"): Usage(1, 10, 10)}, {"judge": Price(input=0, output=0)}, [])
    monitor.begin(1, {}, {}, [])

    assert monitor.cost == 0
