"""One reading of an answer: codes, parameters, words and statuses, how deep and how far a body is read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from selfinstruct_chains.models.failures import ABOVE_LIMIT, failure


def codes(body: object, headers: dict[str, str] | None = None) -> set[str]:
    """The codes of an answer with such a body."""
    return set(failure(400, headers or {}, body if isinstance(body, str) else json.dumps(body)).codes)


def within(times: int, value: Any, name: str | None = "a") -> Any:
    """A value below so many objects with one field, or lists of one element where there is no name."""
    for _ in range(times):
        value = [value] if name is None else {name: value}
    return value


def told(times: int) -> str:
    """An error's JSON as the message of another error, so many times."""
    text = json.dumps({"code": "x"})
    for _ in range(times):
        text = json.dumps({"message": text})
    return text


@pytest.mark.parametrize(
    ("status", "read"), [(None, None), (200, None), (399, None), (400, 400), (599, 599), (600, None), (1011, None)]
)
def test_statuses_of_errors(status: int | None, read: int | None) -> None:
    """HTTP's errors are 400 to 599; what is below or above tells nothing."""
    assert failure(status, {}, "").status == read


@pytest.mark.parametrize(
    ("body", "status", "found"),
    [
        ({"error": {"code": 503}}, 503, set()),
        ({"error": {"code": "503"}}, 503, set()),
        ({"error": {"code": 503}, "status": 401}, 503, set()),
        ({"error": {"code": 4006}}, None, {"4006"}),
        ({"error": {"code": 700}}, None, {"700"}),
        ({"error": {"code": "12a", "type": "Odd"}}, None, {"12a", "odd"}),
        ({"error": {"type": "503"}}, None, {"503"}),
        ({"error": {"code": True, "type": None, "reason": 1.5}}, None, set()),
        ({"__type": "aws.x#Slow:http://aws", "code": "blocked#a:Limit"}, None, {"slow", "blocked#a:limit"}),
        ({"error": {"failed_generation": "no_money", "code": "x"}}, None, {"failed_generation", "x"}),
        ({"error": {"code": "x"}, "messages": [{"code": "prompt"}]}, None, {"x"}),
    ],
)
def test_what_a_body_names(body: object, status: int | None, found: set[str]) -> None:
    """A code of three digits that is a status counts as one, the first that stands there; all others are codes."""
    read = failure(200, {}, json.dumps(body))

    assert (read.status, set(read.codes)) == (status, found)


def test_parameters_words_and_headers() -> None:
    """What is said once more is told once, what says nothing not at all; names are in lower case."""
    error = {"message": "No  such\nthing", "detail": "No  such\nthing", "msg": "None", "title": "Sorry"}
    body = json.dumps({"error": error, "param": "Seed"})
    read = failure(429, {"Retry-After": "7", "x-amzn-ErrorType": "Throttling:http://aws"}, body)

    assert read.words == "No such thing; Sorry"
    assert read.parameters == {"seed"}
    assert read.codes == {"throttling"}
    assert read.headers == {"retry-after": "7", "x-amzn-errortype": "Throttling:http://aws"}
    assert (read.status, read.wait, read.answered) == (429, 7, True)


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (within(9, {"code": "x"}), {"x"}),
        (within(10, {"code": "x"}), set()),
        (within(9, {"code": "x"}, name=None), {"x"}),
        (within(10, {"code": "x"}, name=None), set()),
        (told(4), {"x"}),
        (told(5), set()),
        (f"failed: {json.dumps(within(8, {'code': 'x'}, 'error'))}", {"x"}),
        (f"failed: {json.dumps(within(9, {'code': 'x'}, 'error'))}", set()),
        (json.dumps({"code": "x", "pad": "a" * 99_976}), {"x"}),
        (json.dumps({"code": "x", "pad": "a" * 99_977}), set()),
        ({"errors": [{"code": f"c{number}"} for number in range(30)]}, {f"c{number}" for number in range(20)}),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else f"{len(value)} codes",
)
def test_how_far_a_body_is_read(body: object, found: set[str]) -> None:
    """Ten levels, also through messages that are JSON and prose with JSON in it; 20 of a list; 100,000 characters."""
    assert codes(body) == found


def test_how_many_words_are_judged() -> None:
    """2,000 characters of them."""
    assert failure(400, {}, "x" * 3000).words == "x" * 2000


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("Error code: 402 - {'error': {'message': 'Add credits', 'code': 'no_money'}}.", {"no_money"}),
        ("{'error': {'code': 'no_money'}}", {"no_money"}),
        ('upstream: {"detail": {"code": "no_money"}} and {"error": {"code": "other"}}', {"no_money"}),
        ('data: {"error": {"code": "no_money"}}\n\ndata: {"error": {"code": "other"}}\n', {"no_money", "other"}),
        ("bad value {'code': 'no_money'}", set()),
        ("one of {'error', 'message'}", set()),
        ("open { only", set()),
        ("} wrong {", set()),
    ],
)
def test_an_error_within_words(body: str, found: set[str]) -> None:
    """The first object in prose is read where it is an error's, as JSON or as Python writes it; so is a stream."""
    assert codes(body) == found


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("<html><style>b {}</style><title>502 Bad Gateway</title><!-- x --></html>", "502 Bad Gateway"),
        (" \n<p>Sorry</p>", "Sorry"),
        ("a < b and <b>c", "a < b and <b>c"),
    ],
)
def test_words_of_a_page(body: str, words: str) -> None:
    """Of HTML what stands between the tags, of other text all."""
    assert failure(502, {}, body).words == words


@pytest.mark.parametrize(
    ("words", "above"),
    [
        ("Limit 6000, Requested 7000", True),
        ("limit: 6,000 tokens per minute, requested: ~10,000", True),
        ("Limit 6000, Requested 6000", False),
        ("Limit 7000, Requested 6000", False),
        ("Requested 7000", False),
    ],
)
def test_a_request_above_a_whole_limit(words: str, above: bool) -> None:
    """It has a code of its own: no wait helps one that asks for more than a minute has."""
    assert codes({"error": {"message": words}}) == ({ABOVE_LIMIT} if above else set())
