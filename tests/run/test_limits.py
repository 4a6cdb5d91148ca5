"""Limits, asked one by one: when each is reached, and what is said."""

from __future__ import annotations

import time
from typing import Any

import pytest

from selfinstruct_chains import Monitor
from selfinstruct_chains.config import Price
from selfinstruct_chains.errors import BudgetReached, ConfigError, RunStopped
from selfinstruct_chains.run.budget import Budget
from selfinstruct_chains.run.usage import Usage

PRICE = Price(input=10_000, output=10_000)
UNCOUNTED = "the provider does not count its tokens, so that no budget of {} can be kept"


def monitor(usage: Usage, prices: Any = None, in_flight: int = 0) -> Monitor:
    """That of a run that has spent this."""
    found = Monitor()
    found.begin(10, {("classification", "m"): usage}, prices or {"classification": PRICE}, [])
    found.in_flight = in_flight
    return found


@pytest.mark.parametrize(
    ("limits", "usage", "budget", "said"),
    [
        ({"calls": 1000}, Usage(calls=1000), "calls", "the budget of 1,000 calls is used up"),
        ({"tokens": 1234}, Usage(3, 1000, 500), "tokens", "the budget of 1,234 tokens is used up (1,500 so far)"),
        ({"dollars": 0.5}, Usage(3, 50, 75), "dollars", "the budget of $0.50 is used up ($1.25 so far)"),
        ({"tokens": 1234}, Usage(1, unknown=1), "", UNCOUNTED.format("tokens")),
        ({"dollars": 0.5}, Usage(1, unknown=1), "", UNCOUNTED.format("dollars")),
        ({"calls": 2, "tokens": 9}, Usage(2, 9, 9, unknown=1), "calls", "the budget of 2 calls is used up"),
        ({"tokens": 9, "dollars": 0.01}, Usage(2, 9), "tokens", "the budget of 9 tokens is used up (9 so far)"),
    ],
)
def test_a_limit_that_is_reached_is_said(limits: Any, usage: Usage, budget: str, said: str) -> None:
    """The first of them; with what was spent where it may be more."""
    found = monitor(usage)
    with pytest.raises(BudgetReached) as raised:
        Budget(limits, found).check()

    assert (str(raised.value), raised.value.budget) == (said, budget)
    assert found.stopping is raised.value


@pytest.mark.parametrize(
    ("limits", "usage"),
    [
        ({}, Usage(10**6, 10**9, 10**9, unknown=5)),
        ({"calls": 1000}, Usage(999, unknown=999)),
        ({"tokens": 1501}, Usage(3, 1000, 500)),
        ({"dollars": 0.5}, Usage(3)),
        ({"minutes": 1.0}, Usage(3)),
        ({"calls": 9, "tokens": 9, "dollars": 9.0, "minutes": 9.0}, Usage(8, 4, 4)),
    ],
)
def test_a_limit_that_is_not_reached_stops_nothing(limits: Any, usage: Usage) -> None:
    """What is not limited may be spent."""
    found = monitor(usage)
    Budget(limits, found).check()

    assert found.stopping is None


@pytest.mark.parametrize(("minutes", "reached"), [(59.0, True), (61.0, False)])
def test_minutes_count_from_the_start_of_the_run(minutes: float, reached: bool) -> None:
    """Which may have been before there was a budget: steps may have gone before."""
    found = monitor(Usage())
    found.started = time.time() - 3600
    budget = Budget({"minutes": minutes}, found)
    if reached:
        with pytest.raises(BudgetReached, match=r"^the budget of 59 minutes is used up$"):
            budget.check()
    else:
        budget.check()


def test_without_a_run_minutes_count_from_the_budget() -> None:
    """A monitor that nobody began has no start."""
    Budget({"minutes": 1.0}, Monitor()).check()


def test_a_run_that_is_being_ended_lets_nothing_through() -> None:
    """Its own reason stays, also beside a limit that is reached; a closed one has ended for whatever reason."""
    found, reason = monitor(Usage(calls=5)), RunStopped("enough")
    found.stop(reason)
    for limits in ({}, {"calls": 1}):
        with pytest.raises(RunStopped, match=r"^enough$"):
            Budget(limits, found).check()  # type: ignore[arg-type]
    budget = Budget({"calls": 1}, monitor(Usage(calls=5)))
    budget.close()

    with pytest.raises(RunStopped, match=r"^the run has ended$"):
        budget.check()


@pytest.mark.parametrize(
    ("prices", "roles", "section"),
    [
        ({"instructions": None}, "instructions", "instructions"),
        ({"instructions": PRICE, "classification": None}, "classification", "classification"),
        ({"input_first": None, "output_first": None}, "input_first, output_first", "instances.input_first"),
        ({"output_first": None}, "output_first", "instances.output_first"),
    ],
)
def test_dollars_need_prices(prices: Any, roles: str, section: str) -> None:
    """The roles that have none are named, with what to set; other limits need none."""
    found = monitor(Usage(), prices)
    Budget({"calls": 5}, found)
    with pytest.raises(ConfigError) as raised:
        Budget({"dollars": 5.0}, found)

    assert str(raised.value) == (
        f"a budget of dollars needs the price of each model, and that of {roles} is not known; "
        "state it in dollars for a million tokens (--set 'model.price={input: 0.4, output: 1.6}', for one role "
        f"{section}.model.price), or limit the calls instead (--max-calls)"
    )
