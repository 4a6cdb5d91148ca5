"""What the monitor counts, figure by figure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from selfinstruct_chains import Monitor, Rejection
from selfinstruct_chains.config import Price
from selfinstruct_chains.errors import Interrupted, RunStopped
from selfinstruct_chains.models.fleet.counts import NodeCount
from selfinstruct_chains.models.patience import Wait
from selfinstruct_chains.run.monitor import Pauses, Waiting
from selfinstruct_chains.run.usage import Usage
from tests.outputs.runs import task
from tests.run.test_monitor import Clock

if TYPE_CHECKING:
    from collections.abc import Callable

ONE = Usage(
    calls=3,
    input_tokens=100,
    output_tokens=20,
    unknown=1,
    faults=2,
    cache_read_tokens=50,
    cache_write_tokens=7,
    reasoning_tokens=5,
)
SPENT: Any = {("instructions", "m"): ONE, ("input_first", "m"): Usage(calls=1, input_tokens=10, output_tokens=4)}
PRICES: Any = {"instructions": Price(input=1, output=10), "input_first": Price(input=2, output=20)}
BLANK: dict[str, Any] = {
    "finished": 0,
    "wanted": 0,
    "accepted": 0,
    "candidates": 0,
    "requests": 0,
    "rejected": {},
    "in_flight": 0,
    "waiting": None,
    "seconds_left": None,
    "calls": 0,
    "faults": 0,
    "input_tokens": 0,
    "output_tokens": 0,
    "cache_read_tokens": 0,
    "cache_write_tokens": 0,
    "reasoning_tokens": 0,
    "unknown_tokens": 0,
    "dollars": 0.0,
    "calls_per_second": 0.0,
}


def dropped(rule: str, stage: str = "instruction") -> Rejection:
    """A dropped candidate."""
    return Rejection(id="000004-00", rule=rule, stage=stage, text="Go", request=4)


def begun(wanted: int = 10) -> tuple[Monitor, Clock]:
    """One of a run that has begun, and its clock, which is at 1000."""
    clock = Clock()
    monitor = Monitor(clock=clock)
    monitor.begin(wanted, {}, {}, [])
    return monitor, clock


def test_a_monitor_that_nobody_told_anything() -> None:
    """Counts nothing, and waits for nothing."""
    monitor = Monitor()

    assert monitor.snapshot() == BLANK
    assert (monitor.new, monitor.classification, monitor.instances, monitor.new_calls) == (0, 0, 0, 0)
    assert (monitor.replies_used, monitor.started, monitor.ended, monitor.stopping) == (0, 0.0, 0.0, None)
    assert (monitor.notes, list(monitor.nodes())) == ([], [])


def test_all_that_there_is_to_say() -> None:
    """As JSON values: each count under its name."""
    clock = Clock()
    monitor = Monitor(nodes=lambda: [NodeCount("a", 1, 2, 3, 4)], clock=clock)
    monitor.wanted, monitor.ledger, monitor.prices = 40, SPENT, PRICES
    monitor.finish(task(0, "Do it", ("a", "b"), ("c", "d"), labels=True))
    monitor.finish(task(1, "Do that"), new=False)
    monitor.leave(4, accepted=True)
    monitor.leave(4, accepted=True)
    monitor.leave(4, accepted=False)
    for one in (dropped("r"), dropped("echo", "instance"), dropped("novelty"), dropped("r"), dropped("x", "task")):
        monitor.reject(one)
    monitor.wait("a", Wait("m is busy", 30.4, 590))
    with monitor.call("b"), monitor.call("c"):
        monitor.replied()
        clock.now += 10
        monitor.started, monitor.ended = 500.0, 507.0
        seen = monitor.snapshot()

    assert seen == {
        "finished": 2,
        "wanted": 40,
        "accepted": 2,
        "candidates": 5,
        "requests": 5,
        "rejected": {"instance.echo": 1, "instruction.novelty": 1, "instruction.r": 2, "task.x": 1},
        "in_flight": 2,
        "waiting": {"calls": 1, "why": "m is busy", "seconds": 20, "patience_left": 580},
        "seconds_left": None,
        "calls": 4,
        "faults": 2,
        "input_tokens": 110,
        "output_tokens": 24,
        "cache_read_tokens": 50,
        "cache_write_tokens": 7,
        "reasoning_tokens": 5,
        "unknown_tokens": 1,
        "dollars": pytest.approx((100 + 200 + 20 + 80) / 1e6),
        "calls_per_second": 0.14,
        "nodes": [{"node": "a", "workers": 1, "in_flight": 2, "replies": 3, "lost": 4}],
    }
    assert (monitor.in_flight, monitor.calls, monitor.tokens, monitor.new_calls) == (0, 4, 134, 1)
    assert (monitor.new, monitor.classification, monitor.instances) == (1, 1, 3)
    assert monitor.cost == seen["dollars"]
    assert monitor.total == Usage(4, 110, 24, 1, 2, 0, 50, 7, 5)


def test_without_a_price_the_cost_is_not_known() -> None:
    """What was spent is known all the same."""
    monitor = Monitor(ledger=SPENT, prices={"instructions": PRICES["instructions"]})

    assert (monitor.cost, monitor.snapshot()["dollars"], monitor.spent) == (None, None, SPENT)


@pytest.mark.parametrize(
    ("later", "took", "rate"),
    [
        (0, 0.5, 5.0),  # less than a second is one
        (0, 30.0, 5 / 30),
        (29, 30.0, 5 / 30),
        (29, 500.0, 5 / 60),
        (30, 500.0, 2 / 60),  # those of a minute ago are over
        (60, 500.0, 0.0),
    ],
)
def test_the_rate_is_of_the_last_minute_or_of_this_start(later: float, took: float, rate: float) -> None:
    """Three replies in one second, two half a minute later; then so many seconds."""
    monitor, clock = begun()
    for _ in range(3):
        monitor.replied()
    clock.now += 30
    monitor.replied()
    monitor.replied()
    clock.now += later
    monitor.ended = monitor.started + took

    assert monitor.seconds == pytest.approx(took)
    assert monitor.rate == pytest.approx(rate)
    clock.now += 0.25
    monitor.replied()
    assert monitor.new_calls == 6


def test_the_time_that_is_left_goes_by_what_is_new() -> None:
    """From the first call on; none is left where there is more than was wanted, or the run has ended."""
    monitor, clock = begun()
    with monitor.call("a"):
        clock.now += 10
    with monitor.call("b"):
        clock.now += 10
    for new in (True, False, True, True):
        monitor.answer(new=new)
    assert monitor.left == pytest.approx(20 * 6 / 3)
    monitor.finished = 12
    assert monitor.left == 0.0
    monitor.finished, monitor.ended = 4, 5.0
    assert monitor.left is None


@pytest.mark.parametrize("act", [lambda monitor: monitor.stop(RunStopped("x")), lambda monitor: None])
def test_a_run_may_be_stopped_before_it_begins(act: Callable[[Monitor], None]) -> None:
    """That is kept; what stopped an earlier run is not."""
    monitor = Monitor()
    act(monitor)
    before = monitor.stopping
    monitor.begin(5, SPENT, PRICES, ["a"])
    assert monitor.stopping is before
    monitor.stop(RunStopped("y"))
    monitor.answer(new=True)
    monitor.begin(6, {}, {}, [])

    assert (monitor.stopping, monitor.wanted, monitor.finished, monitor.ledger) == (None, 6, 0, {})
    assert monitor.started > 1e9


def test_an_interruption_counts_before_another_reason() -> None:
    """And the first of two; one that ends for another reason is not interrupted by it."""
    monitor, first = Monitor(), Interrupted("first")
    monitor.stop(RunStopped("x"))
    monitor.interrupt(first)
    monitor.interrupt(Interrupted("second"))
    monitor.stop(RunStopped("y"))

    assert monitor.stopping is first


def test_a_call_that_fails_is_not_in_flight() -> None:
    """However it ends."""
    monitor = Monitor()
    with pytest.raises(ValueError, match="x"), monitor.call("a"):
        raise ValueError("x")

    assert monitor.in_flight == 0


def test_pauses_end_one_by_one() -> None:
    """By their keys, each with its own end; a call pauses no more when it is made."""
    monitor, clock = begun()
    monitor.wait("a", Wait("x", 30, 590))
    monitor.wait("b", Wait("y", 40, 25))
    both = monitor.waiting
    clock.now += 5
    monitor.wait("a", Wait("z", 1, 8))
    assert both == {"a": Waiting("x", 1030, 1590), "b": Waiting("y", 1040, 1025)}
    assert monitor.waiting == {"a": Waiting("z", 1006, 1013), "b": Waiting("y", 1040, 1025)}
    assert monitor.pauses() == Pauses(2, "y", 1, 8)
    monitor.go_on("c")
    monitor.go_on("b")

    assert monitor.pauses() == Pauses(1, "z", 1, 8)
    with monitor.call("a"):
        assert monitor.waiting == {}
