"""Proposed and accepted instructions, request by request."""

from __future__ import annotations

from selfinstruct_chains import Rejection
from selfinstruct_chains.run.acceptance import Acceptance, Window
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
