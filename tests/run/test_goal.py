"""A goal that comes in pieces."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.runnables import AddableDict

from selfinstruct_chains.run.goal import summed


@pytest.mark.parametrize(
    ("pieces", "whole"),
    [
        ([], None),
        ([{"n": 1}], {"n": 1}),
        ([{"n": 1}, {"n": 2}], {"n": 2}),
        ([AddableDict(n=1), AddableDict(budgets={"calls": 5})], {"n": 1, "budgets": {"calls": 5}}),
        ([AddableDict(n=1), AddableDict(n=2), AddableDict(seeds=[])], {"n": 3, "seeds": []}),
        ([AddableDict(n=1), 5], 5),
        (["ab", "c"], "abc"),
    ],
)
def test_pieces_are_added_where_they_can_be(pieces: list[Any], whole: Any) -> None:
    """Else the last one counts, which is the whole."""
    assert summed(pieces) == whole
