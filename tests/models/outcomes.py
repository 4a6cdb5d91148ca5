"""What came of a call that a provider answered with an error, and whether that is what was due."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, NamedTuple

import pytest

from selfinstruct_chains.errors import ItemRefused, ProviderError
from selfinstruct_chains.models import outcome
from selfinstruct_chains.models.faults import Endpoint

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
    """What we make of an exception, as it arrives in another process."""
    value = pickle.loads(pickle.dumps(outcome.judged(error, Endpoint("m at http://x", patience=PATIENCE))))  # noqa: S301
    try:
        outcome.given(value)
    except outcome.Faulty as faulty:
        return Outcome("retry", wait=faulty.fault.retry_after)
    except ItemRefused as refused:
        return Outcome("item", refused.reason)
    except ProviderError as stopped:
        return Outcome("resumable" if stopped.resumable else "fix")
    raise AssertionError("no reply is no answer")


def is_due(came: Outcome, found: Answer) -> bool:
    """Whether that is what the data say; a 200 may also be a reply, as long as it is not taken for a whole one."""
    if came.requests != 1:
        return False
    if came.fate == "cut":
        return found.status == 200
    if came.fate == "retry" and came.wait != pytest.approx(found.wait, abs=2):
        return False
    return (came.fate, came.reason) == (found.fate, found.reason if found.fate == "item" else "")
