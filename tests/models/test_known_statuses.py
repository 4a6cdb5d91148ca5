"""At which statuses a row of the table holds: each that is in, and each that is left out."""

from __future__ import annotations

import json
from typing import Any

import pytest

from selfinstruct_chains.models.failures import Failure, failure
from selfinstruct_chains.models.fates import ANY_STATUS
from selfinstruct_chains.models.known_failures import fate_of, with_status

ALL: list[int | None] = [None, *range(400, 600)]
SOME: list[int | None] = [None, *range(400, 432), 451, 498, 499, *range(500, 512), 529, 598, 599]
"""Each that the table names, its neighbours, and both ends."""
REFUSED = {status for status in SOME if status is None or status < 500}
SETUP = REFUSED - {408, 409, 425, 429, 499}
PROMPT = (REFUSED | {500}) - {401, 402, 404, 405, 407, 408, 409, 410, 425, 429, 499}
QUOTA = {400, 403, 429, None}
FOR_GOOD = {501, 505}

TOO_LONG, FILTERED, INVALID = ("item", "context_too_long"), ("item", "content_filter"), ("item", "invalid")
MONEY, KEY, MODEL, PARAMETER = ("fix", "money"), ("fix", "key"), ("fix", "model"), ("fix", "parameter")
AGAIN, LATER, UNCLEAR = ("retry", ""), ("resumable", ""), ("unclear", "")


def judged(status: int | None, body: object, headers: dict[str, str] | None = None) -> tuple[str, str]:
    """Fate, and reason or what is to be mended."""
    row = fate_of(failure(status, headers or {}, json.dumps(body)))
    return row.fate, row.why


def said(words: str) -> Any:
    """A body that says so."""
    return {"error": {"message": words}}


@pytest.mark.parametrize(
    ("body", "due", "at"),
    [
        (said("Content exists risk"), FILTERED, PROMPT),
        (said("max_tokens must be at least 1, got -5"), TOO_LONG, PROMPT),
        (said("This model's maximum context length is 2048"), TOO_LONG, PROMPT),
        (said("Request too large for model m"), TOO_LONG, PROMPT | {429}),
        (said("Limit 6000, Requested 7000: insufficient credits"), TOO_LONG, {413, 429}),
        (said("inputs cannot be empty"), INVALID, PROMPT),
        (said("Insufficient balance"), MONEY, REFUSED),
        (said("You will regain access on 2026-12-01"), LATER, QUOTA),
        (said("Quota exceeded for metric x, limit: 0"), ("fix", "plan"), {429, None}),
        (said("Too many requests per day"), LATER, {429}),
        (said("Incorrect API key provided"), KEY, SETUP),
        (said("Your country is not supported"), ("fix", "region"), SETUP),
        (said("You are behind a firewall"), ("fix", "network"), {403}),
        (said("Access denied"), ("fix", "access"), {400, 403, 412, None}),
        (said("The model m does not exist"), MODEL, SETUP),
        (said("temperature must be less than or equal to 2"), PARAMETER, SETUP | FOR_GOOD),
        (said("Unrecognized request argument supplied: x"), PARAMETER, SETUP | FOR_GOOD),
        ({"type": "unauthorized"}, KEY, {400, 401, 403}),
        ({"type": "forbidden"}, ("fix", "access"), {403}),
        ({"param": "model"}, MODEL, SETUP),
        ({"param": "seed"}, PARAMETER, SETUP | FOR_GOOD),
    ],
    ids=lambda value: f"{len(value)} statuses" if isinstance(value, set | frozenset) else str(value)[:40],
)
def test_where_a_row_holds(body: object, due: tuple[str, str], at: set[int | None]) -> None:
    """What is said decides at some statuses, and at no other."""
    assert {status for status in SOME if judged(status, body) == due} == at


def test_what_holds_at_any_status() -> None:
    """A machine without the memory for a model may say so with each of the errors that HTTP has."""
    body = said("model requires more system memory than is available")

    assert {status for status in ALL if judged(status, body) == ("fix", "memory")} == set(ALL) == ANY_STATUS


@pytest.mark.parametrize(
    ("header", "due"),
    [("x-ratelimitbysize-remaining-month", LATER), ("x-ratelimit-limit-req-minute", ("fix", "plan"))],
)
def test_where_a_header_decides(header: str, due: tuple[str, str]) -> None:
    """Mistral's, with a rate limit alone, and at 0 alone."""
    assert {status for status in SOME if judged(status, {}, {header: "0"}) == due} == {429}
    assert judged(429, {}, {header: "1"}) == AGAIN


def test_bare_statuses() -> None:
    """What a status means that comes without a word."""
    known: dict[int | None, tuple[str, str]] = {
        401: KEY,
        402: MONEY,
        404: ("fix", "address"),
        405: ("fix", "address"),
        407: ("fix", "proxy"),
        410: ("fix", "address"),
        413: TOO_LONG,
        451: ("fix", "region"),
        498: FILTERED,
        501: PARAMETER,
        505: PARAMETER,
    }
    known |= dict.fromkeys([None, 408, 409, 425, 429, 499, *range(500, 600)], AGAIN) | known

    assert {status: judged(status, {}) for status in ALL} == dict.fromkeys(ALL, UNCLEAR) | known


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("rate_limit_error", 429),
        ("rate_limit_exceeded", 429),
        ("resource_exhausted", 429),
        ("throttlingexception", 429),
        ("overloaded_error", 529),
        ("server_is_overloaded", 503),
        ("serviceunavailableexception", 503),
        ("unavailable", 503),
        ("authentication_error", 401),
        ("permission_error", 403),
        ("not_found_error", 404),
        ("validationexception", 400),
        ("invalid_argument", 400),
        ("invalid_request_error", 400),
        ("another", None),
    ],
)
def test_codes_that_come_without_a_status(code: str, status: int | None) -> None:
    """Within a stream a code stands for the status that it comes with elsewhere; a status that came counts."""
    assert with_status(Failure(codes=frozenset({code, "unknown"}))).status == status
    assert with_status(Failure(status=418, codes=frozenset({code}))).status == 418


def test_a_wait_changes_nothing_of_what_is_for_good() -> None:
    """No money is no money, with a Retry-After too; a day's limit that names its wait is waited for."""
    wait = {"retry-after": "5"}

    assert judged(429, said("Insufficient balance"), wait) == MONEY
    assert judged(429, said("Too many requests per day"), wait) == AGAIN


def test_one_of_several_codes_is_enough() -> None:
    """A provider's type stands beside the code."""
    assert judged(400, {"error": {"code": "content_filter", "type": "invalid_request_error"}}) == FILTERED
