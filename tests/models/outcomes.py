"""What came of a call that a provider answered with an error, and whether that is what was due."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

from selfinstruct_chains.errors import ItemRefused, ProviderError
from selfinstruct_chains.models.faults import fault_of

if TYPE_CHECKING:
    from selfinstruct_chains.testing.answers import Answer

PATIENCE = 600.0
WHOLE = {"stop", "tool_calls"}
UNREADABLE = {"malformed_200_schema_ignored"}
"""Whole replies in another form than was asked for: the parsers' to refuse."""


class Outcome(NamedTuple):
    """What came of a call."""

    fate: str
    """As in `Answer`; "whole" and "cut" for a reply."""
    reason: str = ""
    wait: float | None = None
    requests: int = 1


def judged(error: Exception) -> Outcome:
    """What we make of an exception."""
    try:
        fault = fault_of(error, "m at http://x", patience=PATIENCE)
    except ItemRefused as refused:
        return Outcome("item", refused.reason)
    except ProviderError as stopped:
        return Outcome("resumable" if stopped.resumable else "fix")
    return Outcome("retry", wait=fault.retry_after)


def is_due(outcome: Outcome, found: Answer) -> bool:
    """Whether that is what the data say; a 200 may also be a reply, as long as it is not taken for a whole one."""
    if outcome.requests != 1:
        return False
    if outcome.fate == "cut":
        return found.status == 200
    if outcome.fate == "retry" and outcome.wait != pytest.approx(found.wait, abs=2):
        return False
    return (outcome.fate, outcome.reason) == (found.fate, found.reason if found.fate == "item" else "")
