"""What a page may send."""

from __future__ import annotations

from typing import Any

import pytest

from selfinstruct_chains.outputs.review.cards import Entry, NotAVerdictError, entry_of

LEAST = {"entry": "p", "id": "000000-00"}


@pytest.mark.parametrize(
    "more",
    [
        {"entry": "p" * 64},
        {"comment": "c" * 10_000},
        {"comment": ""},
        {"seconds": 0},
        {"seconds": 0.5},
        {"answers": {"valid_instruction": True, "correct_output": "unsure"}},
        {"settled": True},
        {"unheard_of": 5},
    ],
)
def test_an_entry_is_taken_as_it_is(more: dict[str, Any]) -> None:
    """Up to its limits; what it does not say is as little as can be, and what is not known is left out."""
    found = entry_of(LEAST | more)

    usual = dict.fromkeys(("answers", "comment", "seconds", "seen", "text")) | {"settled": False}
    known = {name: one for name, one in (LEAST | more).items() if name in Entry.model_fields}
    assert found.model_dump() == usual | known


def test_an_entry_can_be_a_key() -> None:
    """It is a value: it does not change, and equal ones are one."""
    assert len({entry_of(LEAST), entry_of(LEAST)}) == 1


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"entry": ""}, "entry: String should have at least 1 character"),
        ({"entry": "p" * 65}, "entry: String should have at most 64 characters"),
        ({"entry": 5}, "entry: Input should be a valid string"),
        ({"comment": "c" * 10_001}, "comment: String should have at most 10000 characters"),
        ({"seconds": -0.1}, "seconds: Input should be greater than or equal to 0"),
        ({"seconds": "1"}, "seconds: Input should be a valid number"),
        ({"settled": "yes"}, "settled: Input should be a valid boolean"),
        ({"settled": 1}, "settled: Input should be a valid boolean"),
        ({"answers": {"valid_instruction": 1}}, "answers.valid_instruction.bool: Input should be a valid boolean"),
        ({"text": {"instruction": "x", "instances": []}}, "text.instances: Tuple should have at least 1 item"),
        ({"text": {"instruction": "x", "instances": [{"output": 5}]}}, "text.instances.0.output: Input"),
    ],
)
def test_what_is_no_entry_is_refused(more: dict[str, Any], said: str) -> None:
    """With the first thing that is wrong, and where it is."""
    with pytest.raises(NotAVerdictError) as caught:
        entry_of(LEAST | more)

    assert str(caught.value).startswith(said)
