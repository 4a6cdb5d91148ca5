"""Limits that hold at their very edge: how fast a gate may open again, what a status means."""

from __future__ import annotations

import httpx
import openai
import pytest

from selfinstruct_chains.errors import ProviderError
from selfinstruct_chains.models.faults import Fault, fault_of
from selfinstruct_chains.models.limits import Attempt, Gate


def test_a_gate_that_is_full_opens_no_wider() -> None:
    """However many replies come in time, no more than `most` may be in flight."""
    gate = Gate(2)
    for _ in range(50):
        gate.speed_up()
    assert gate.limit == 2
    gate.slow_down(Attempt(gate.clock(), 0))
    assert gate.limit == 1
    for _ in range(50):
        gate.speed_up()

    assert gate.limit == 2
    assert gate.full


@pytest.mark.parametrize("status", range(500, 512))
def test_of_the_server_s_own_errors_two_are_for_good(status: int) -> None:
    """501 (not implemented) and 505 (HTTP version not supported) don't pass; all others are asked again."""
    response = httpx.Response(status, request=httpx.Request("POST", "http://127.0.0.1/v1"))
    error = openai.InternalServerError("", response=response, body=None)
    if status in {501, 505}:
        with pytest.raises(ProviderError, match=f"answered {status}"):
            fault_of(error, "m")
        return
    fault = fault_of(error, "m")

    assert isinstance(fault, Fault)
    assert fault.status == status
    assert fault.busy == (status == 503)
