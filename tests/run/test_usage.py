"""What calls have cost: sums of counts, dollars, and the counts as LangChain and the journal have them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from selfinstruct_chains.config import Price
from selfinstruct_chains.run.usage import Usage, counts, dollars, total, usage_metadata, wrong_count

if TYPE_CHECKING:
    from selfinstruct_chains.run.usage import Spent

COUNTED = {"input_tokens": 7, "output_tokens": 2, "total_tokens": 9}
PARTS = {"cache_read_tokens": 3, "cache_write_tokens": 1, "reasoning_tokens": 2}
DETAILS = {"input_token_details": {"cache_read": 3, "cache_creation": 1}, "output_token_details": {"reasoning": 2}}
SOME = Usage(
    calls=1,
    input_tokens=10,
    output_tokens=5,
    unknown=2,
    faults=3,
    milliseconds=40,
    cache_read_tokens=4,
    cache_write_tokens=2,
    reasoning_tokens=1,
)


def test_a_reply_more() -> None:
    """It counts once, with its tokens, their parts and its time; a fault only as a fault."""
    assert SOME.plus(COUNTED | PARTS, 15) == Usage(2, 17, 7, 2, 3, 55, 7, 3, 3)
    assert SOME.plus(None, None) == Usage(2, 10, 5, 3, 3, 40, 4, 2, 1)
    assert SOME.plus({}, 1) == Usage(2, 10, 5, 2, 3, 41, 4, 2, 1)
    assert SOME.plus_fault() == Usage(1, 10, 5, 2, 4, 40, 4, 2, 1)


def test_all_together() -> None:
    """Each count by itself; nothing is nothing."""
    other = Usage(1, 2, 3, 4, 5, 6, 7, 8, 9)
    both = Usage(2, 12, 8, 6, 8, 46, 11, 10, 10)

    assert SOME.with_(other) == both
    assert total({("instructions", "m"): SOME, ("input_first", "m"): other}) == both
    assert total({}) == Usage() == Usage(0, 0, 0, 0, 0, 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("price", "millionths"),
    [
        (Price(input=10, output=100), 10 * 10 + 5 * 100),
        (Price(input=10, output=100, cached_input=1), 6 * 10 + 4 * 1 + 5 * 100),
        (Price(input=10, output=100, cache_write=20), 8 * 10 + 2 * 20 + 5 * 100),
        (Price(input=10, output=100, cached_input=0, cache_write=0), 4 * 10 + 5 * 100),
    ],
)
def test_what_tokens_cost(price: Price, millionths: float) -> None:
    """Cached and written ones by their own prices where there are any, all others by those of input and output."""
    assert SOME.dollars(price) == pytest.approx(millionths / 1_000_000)


CHEAP, DEAR = Price(input=1, output=1), Price(input=10, output=100)


@pytest.mark.parametrize(
    ("spent", "prices", "millionths"),
    [
        ({}, {}, 0),
        ({("instructions", "m"): SOME}, {"instructions": CHEAP}, 15),
        ({("instructions", "m"): SOME, ("instructions", "n"): SOME}, {"instructions": CHEAP}, 30),
        (
            {("instructions", "m"): SOME, ("input_first", "m"): SOME},
            {"instructions": CHEAP, "input_first": DEAR},
            15 + 600,
        ),
        ({("instructions", "m"): SOME}, {"instructions": None}, None),
        ({("instructions", "m"): SOME}, {"input_first": CHEAP}, None),
        ({("instructions", "m"): SOME, ("input_first", "m"): SOME}, {"instructions": CHEAP}, None),
        ({("instructions", ""): Usage(faults=1), ("input_first", "m"): SOME}, {"input_first": CHEAP}, 15),
    ],
)
def test_what_roles_cost_together(spent: Spent, prices: Any, millionths: float | None) -> None:
    """Not known where a role that got replies has no price; attempts without a reply need none."""
    found = dollars(spent, prices)

    assert found == (None if millionths is None else pytest.approx(millionths / 1_000_000))


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (None, None),
        ({}, None),
        (COUNTED, COUNTED),
        (COUNTED | DETAILS, COUNTED | PARTS),
        (COUNTED | {"input_token_details": {"cache_read": 0}}, COUNTED),
        (COUNTED | {"output_token_details": {"reasoning": 2}}, COUNTED | {"reasoning_tokens": 2}),
        ({"input_tokens": -1, "output_tokens": -2, "total_tokens": 0}, dict.fromkeys(COUNTED, 0)),
    ],
)
def test_what_the_journal_keeps(said: Any, kept: Any) -> None:
    """The counts, none below zero, and those of their parts that are not zero."""
    assert counts(said) == kept


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        (None, None),
        ({}, None),
        (COUNTED, COUNTED),
        (COUNTED | PARTS, COUNTED | DETAILS),
        (COUNTED | {"cache_write_tokens": 1}, COUNTED | {"input_token_details": {"cache_creation": 1}}),
    ],
)
def test_what_the_journal_keeps_is_said_as_it_was(kept: Any, said: Any) -> None:
    """In LangChain's words, each part where LangChain has it."""
    assert usage_metadata(kept) == said


@pytest.mark.parametrize(
    ("kept", "wrong"),
    [
        (COUNTED, None),
        (COUNTED | PARTS, None),
        (dict.fromkeys(COUNTED, 0) | {"reasoning_tokens": 0}, None),
        ({"input_tokens": 7, "output_tokens": 2}, "total_tokens"),
        (COUNTED | {"output_tokens": -1}, "output_tokens"),
        (COUNTED | {"input_tokens": True}, "input_tokens"),
        (COUNTED | {"input_tokens": 1.0}, "input_tokens"),
        (COUNTED | {"cache_write_tokens": "1"}, "cache_write_tokens"),
        (COUNTED | {"other": "x"}, None),
    ],
)
def test_a_count_that_is_none(kept: Any, wrong: str | None) -> None:
    """A whole number from zero on, three of them at least."""
    assert wrong_count(kept) == wrong
