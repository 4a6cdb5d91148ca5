"""Proposed and accepted instructions, request by request."""

from __future__ import annotations

from selfinstruct_chains import Rejection
from selfinstruct_chains.run import advice
from selfinstruct_chains.run.acceptance import Acceptance, Drought, Window
from tests.outputs.runs import SEED, task


def counted(*fed: tuple[int, str]) -> Acceptance:
    """What (request, stage) came to; stage "" is a finished task."""
    acceptance = Acceptance()
    for request, stage in fed:
        if stage:
            acceptance.reject(Rejection(id="x", rule="r", stage=stage, text="", request=request))
        else:
            acceptance.finish(task(10 * request, "Do it"))
    return acceptance


def test_an_instruction_that_was_dropped_as_a_task_had_been_accepted() -> None:
    """Instances and whole requests are no instructions, but their request counts."""
    found = counted((0, ""), (0, "task"), (0, "instruction"), (0, "instance"), (1, "request"))

    assert (found.proposed, found.accepted, found.requests) == (3, 2, 2)
    assert found.windows(10) == (Window(0, 0, 3, 2), Window(1, 1, 0, 0))


def test_windows_are_as_many_as_asked_for_at_most() -> None:
    """All but the last have as many requests, and together they hold all there is."""
    found = counted(*((request, "") for request in range(25)))
    windows = found.windows(10)

    assert windows[:2] == (Window(0, 2, 3, 3), Window(3, 5, 3, 3))
    assert (len(windows), windows[-1]) == (9, Window(24, 24, 1, 1))


def test_a_task_without_provenance_is_in_the_totals_alone() -> None:
    """Nobody knows of which request it came."""
    found = counted((0, ""))
    found.finish(SEED)

    assert (found.proposed, found.accepted) == (2, 2)
    assert found.windows(10) == (Window(0, 0, 1, 1),)


def test_a_request_number_from_a_damaged_file_costs_no_time() -> None:
    """Windows are counted by what is there, not by every request there could be."""
    found = counted((0, ""), (10**15, "instruction"))

    assert [window.proposed for window in found.windows(2)] == [1, 1]


def test_nothing_has_no_windows_and_no_rate() -> None:
    """Nothing is divided by nothing."""
    assert Acceptance().windows(10) == ()
    assert Window(0, 0, 0, 0).rate is None
    assert Window(0, 0, 4, 1).rate == 0.25


def test_a_task_from_nowhere_alone_makes_no_request() -> None:
    """It is in the totals, and there is no window to be in."""
    found = Acceptance()
    found.finish(SEED)

    assert (found.requests, found.accepted, found.windows(10)) == (0, 1, ())


def test_a_drought_lasts_until_something_good_comes() -> None:
    """It says how long, what dropped most, and what to do; what was before the last good one is forgotten."""
    novelty, short = (
        Rejection(id="x", rule=rule, stage="instruction", text="", request=0) for rule in ("novelty", "r")
    )
    drought = Drought()
    assert (drought.length, drought.told("requests gave nothing")) == (0, "the last 0 requests gave nothing")
    drought.add([short, short, short, short], good=False)
    drought.add([task(0, "Do it")], good=True)
    assert (drought.length, drought.told("requests gave nothing")) == (0, "the last 0 requests gave nothing")
    drought.add([novelty, short, task(0, "Do it")], good=False)
    drought.add([novelty], good=False)

    assert drought.length == 2
    why = advice.why({("instruction", "novelty"): 2, ("instruction", "r"): 1})
    assert drought.told("requests gave nothing") == f"the last 2 requests gave nothing, {why}"
    assert why.startswith("mostly by novelty (2 of 3): the model repeats itself")
