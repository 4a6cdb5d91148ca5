"""How long a provider asks to wait, in each of the forms in which it says so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest

from selfinstruct_chains.models.waits import wait_of

SOON = datetime.now(UTC) + timedelta(hours=2)
EPOCH = round(SOON.timestamp())


def _near(due: float) -> object:
    """Exactly a number of seconds; about those that are left until an instant, which comes nearer while tests run."""
    left = (SOON - datetime.now(UTC)).total_seconds()
    return pytest.approx(left, abs=60) if due == 7200 else pytest.approx(due)


@pytest.mark.parametrize(
    ("headers", "due"),
    [
        ({"retry-after-ms": "1500", "retry-after": "2"}, 1.5),
        ({"retry-after": "432"}, 432),
        ({"retry-after": "0"}, 0),
        ({"retry-after": "31622400"}, 31622400),
        ({"retry-after": "31622401"}, None),
        ({"x-ratelimit-reset": "31622400"}, 31622400),
        ({"x-ratelimit-reset": "31622401"}, None),
        ({"x-ratelimit-reset": "1m30s"}, 90),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": format_datetime(SOON, usegmt=True)}, 7200),
        ({"retry-after": format_datetime(SOON - timedelta(days=3), usegmt=True)}, 0),
        ({"retry-after": "soon", "x-ratelimit-reset": "2"}, 2),
        ({"ratelimit": '"api";r=0;t=55'}, 55),
        ({"ratelimit": '"api";r=12;t=55'}, None),
        ({"ratelimitbysize-reset": "38"}, 38),
        ({"x-ratelimit-reset": str(EPOCH)}, 7200),
        ({"x-ratelimit-reset-requests": "2m59.56s"}, None),
        ({"reset_at": f"{SOON:%Y-%m-%d %H:%M:%S} UTC"}, 7200),
        ({"reset_at": f"{SOON:%Y-%m-%dT%H:%M:%S}"}, 7200),
        ({"reset_at": SOON.astimezone(timezone(timedelta(hours=2))).isoformat()}, 7200),
    ],
)
def test_headers(headers: dict[str, str], due: float | None) -> None:
    """Milliseconds, seconds, dates, instants, and what remains of a window."""
    assert wait_of(headers, [], "") == (None if due is None else _near(due))


@pytest.mark.parametrize(
    "value", ["nan", "inf", "-5", "1e400", "1_0", "99999999999", "", "Thu, 99 Foo 2020", "9" * 5000, "\uff11"]
)
def test_nothing_absurd_gets_through(value: str) -> None:
    """A wait that is negative, no number, or longer than a year is none."""
    names = ("retry-after", "retry-after-ms", "x-ratelimit-reset", "reset_at", "ratelimit", "ratelimitbysize-reset")

    assert [wait_of({name: value}, [{"retryDelay": value, "estimated_time": value}], "") for name in names] == [
        None
    ] * 6


@pytest.mark.parametrize(
    ("body", "due"),
    [
        ({"error": {"details": [{"retryDelay": "21599.96s"}]}}, 21599.96),
        ({"error": {"details": [{"metadata": {"quotaResetDelay": "5h59m59s"}}]}}, 21599),
        ({"error": "loading", "estimated_time": 20.0}, 20),
        ({"error": {"metadata": {"headers": {"X-RateLimit-Reset": str(EPOCH * 1000)}}}}, 7200),
        ({"error": {"metadata": {"headers": {"X-RateLimit-Reset": "1577836800000"}}}}, None),
        ({"retry_after": 3}, 3),
        ({"retry_after_ms": 1500}, 1.5),
        ({"retry_after": True}, None),
    ],
)
def test_bodies(body: object, due: float | None) -> None:
    """Google's and OpenRouter's fields, and others', at whatever depth; an instant that is over says nothing."""
    assert wait_of({}, [body], "") == (None if due is None else _near(due))


@pytest.mark.parametrize(
    ("words", "due"),
    [
        ("Please try again in 644ms. Visit", 0.644),
        ("Please try again in 7m12s.", 432),
        ("Please try again in 1 day 2 hours", 93600),
        ("try again in 2h16m43.68s", 8203.68),
        ("Please retry after 7 seconds. Please go", 7),
        ("Please retry in 10.689924287s.", 10.689924287),
        ("Please wait 33000 seconds before retrying.", 33000),
        ("available in 2 hours and 5 minutes", 7500),
        ("Try again in 60 seconds. Try again in 30 seconds.", 30),
        ("please wait up to 5 minutes for balances to update and try again", None),
        ("retry in 3 months", None),
        ("within the last 5 minutes wait", None),
        ("retry after a while", None),
    ],
)
def test_prose(words: str, due: float | None) -> None:
    """Durations after "try again in" and the like; other numbers of minutes are none."""
    assert wait_of({}, [], words) == (None if due is None else pytest.approx(due))


def test_headers_before_fields_before_prose() -> None:
    """The finest and most official one counts."""
    body = {"retryDelay": "10s"}

    assert wait_of({"retry-after": "5"}, [body], "retry in 10.7s") == 5
    assert wait_of({}, [body], "retry in 10.7s") == 10


def _within(times: int, *, lists: bool) -> object:
    """A body that names 3 seconds below so many objects or lists."""
    value: object = {"retry_after": 3}
    for _ in range(times):
        value = [value] if lists else {"error": value}
    return value


@pytest.mark.parametrize(
    ("body", "due"),
    [
        (_within(7, lists=False), 3),
        (_within(8, lists=False), None),
        (_within(7, lists=True), 3),
        (_within(8, lists=True), None),
        ([{}] * 19 + [{"retry_after": 3}], 3),
        ([{}] * 20 + [{"retry_after": 3}], None),
    ],
    ids=["7 objects", "8 objects", "7 lists", "8 lists", "20th", "21st"],
)
def test_how_far_a_body_is_looked_through(body: object, due: float | None) -> None:
    """Deeper than any provider's, and no further."""
    assert wait_of({}, [body], "") == due
