"""From exceptions made by hand to what they tell: what stands behind them, whose they are, where an answer is found."""

from __future__ import annotations

from itertools import islice
from typing import Any

import aiohttp
import httpx
import pytest
from pydantic import BaseModel

from selfinstruct_chains.models.raised import chain, failure_of, is_providers, package

NOTHING = frozenset[str]()


class Odd(Exception):
    """An exception with fields of one's own choice."""

    def __init__(self, *args: object, **fields: object) -> None:
        super().__init__(*args)
        self.__dict__ |= fields


class Body(BaseModel):
    """A body that a client has made an object of."""

    code: str = "no_money"


def test_what_is_behind() -> None:
    """Causes before contexts, nothing beyond `from None`, and each once."""
    inner, cause, hidden, outer = (ValueError(name) for name in ("inner", "cause", "hidden", "outer"))
    cause.__context__ = inner
    outer.__context__, outer.__cause__ = hidden, cause
    assert list(chain(outer)) == [outer, cause, inner]

    outer.__cause__ = None  # which is what `from None` does
    assert list(chain(outer)) == [outer]

    inner.__cause__ = cause  # a ring
    assert list(islice(chain(inner), 5)) == [inner, cause]
    assert package(httpx.ReadError("")) == "httpx"


def _own_step(request: httpx.Request) -> httpx.Response:
    raise KeyError("a bug")


def test_what_an_http_client_raises_is_the_providers_side() -> None:
    """Of whichever class it is; what a step of the user's own raises is not, though a client had called it."""
    with pytest.raises(TypeError) as theirs:
        httpx.URL(5)  # type: ignore[arg-type]
    with pytest.raises(KeyError) as ours, httpx.Client(transport=httpx.MockTransport(_own_step)) as client:
        client.get("http://127.0.0.1")

    assert is_providers(theirs.value)
    assert not is_providers(ours.value)


def test_one_connection_that_fails_is_enough() -> None:
    """It may stand anywhere behind the error."""
    outer = RuntimeError("own step")
    outer.__cause__ = ConnectionResetError("gone")

    assert is_providers(outer)
    assert is_providers(Odd(status_code=500))
    assert is_providers(EOFError())
    assert not is_providers(RuntimeError("own step"))


@pytest.mark.parametrize("status", [399, 400, 599, 600, 1011, True, "500"])
def test_what_is_a_status(status: Any) -> None:
    """A number from 400 to 599, whatever it is called."""
    is_one = status in {400, 599}

    for error in (Odd("x", status_code=status), Odd("x", code=status), Odd("x", response=Odd(status=status))):
        assert (failure_of(error).status, failure_of(error).answered) == (status if is_one else None, is_one)


def test_the_words_of_the_one_that_has_the_status() -> None:
    """What stands around it speaks of something else; where none has a status, the outermost that speaks."""
    outer = RuntimeError("own words")
    outer.__cause__ = Odd("slow down", code=429)
    assert failure_of(outer)[:4] == (429, NOTHING, NOTHING, "slow down")

    outer.__cause__ = ValueError("other words")
    assert failure_of(outer)[:4] == (None, NOTHING, NOTHING, "own words")


def test_botocores_form() -> None:
    """Status and headers stand beside the error, in one dict."""
    metadata = {"HTTPStatusCode": 429, "HTTPHeaders": {"Retry-After": "7"}}
    error = Odd("x", response={"Error": {"Code": "Throttling", "Message": "Slow down"}, "ResponseMetadata": metadata})
    found = failure_of(error)

    assert found.codes == {"throttling"}
    assert (found.status, found.words, found.wait) == (429, "Slow down", 7)
    assert found.headers == {"retry-after": "7"}
    assert failure_of(Odd("x", response={"Error": {}, "ResponseMetadata": None})).status is None


def test_a_status_that_no_server_sent() -> None:
    """A response line that aiohttp can't read is a 400 to it."""
    error = aiohttp.ClientResponseError(None, (), status=400, message="Bad status line")  # type: ignore[arg-type]
    assert failure_of(Odd("x", response=error)).status == 400
    error.__cause__ = aiohttp.http_exceptions.BadStatusLine("SSH-2.0")

    assert failure_of(error)[:4] == (None, NOTHING, NOTHING, "")
    assert not failure_of(error).answered


@pytest.mark.parametrize(
    "error",
    [
        Odd({"code": "no_money"}),
        Odd([{"code": "no_money"}]),
        Odd(Body()),
        Odd("words", body={"code": "no_money"}),
        Odd("words", body=b'{"code": "no_money"}'),
        Odd("words", body=Body()),
        Odd("words", details='{"code": "no_money"}'),
        Odd("words", error='{"code": "no_money"}'),
        Odd("words", response=Odd(text='{"code": "no_money"}')),
        Odd("words", response=Odd(text="", content=b'{"code": "no_money"}')),
        Odd("words", raw_response=Odd(text='{"code": "no_money"}')),
    ],
)
def test_where_a_body_stands(error: Exception) -> None:
    """In each of the fields that clients keep it in, as text, bytes, JSON's values or an object."""
    assert failure_of(error).codes == {"no_money"}


@pytest.mark.parametrize(
    ("error", "headers"),
    [
        (Odd("x", headers={"Retry-After": 7}), {"retry-after": "7"}),
        (Odd("x", headers="none", response=Odd(headers=httpx.Headers({"A": "b"}))), {"a": "b"}),
        (Odd("x", headers=["Retry-After: 7"]), {}),
        (Odd("x"), {}),
    ],
)
def test_where_headers_stand(error: Exception, headers: dict[str, str]) -> None:
    """On the exception or its response, in whatever has names and values."""
    error.status_code = 429  # type: ignore[attr-defined]

    assert failure_of(error).headers == headers


def _first_choice(response: Any) -> Any:
    return response["choices"][0]


@pytest.mark.parametrize(
    ("response", "codes"),
    [({"choices": None, "error": {"code": "no_money"}}, {"no_money"}), ({"choices": None}, set()), (None, set())],
)
def test_an_envelope_that_an_integration_stumbled_over(response: Any, codes: set[str]) -> None:
    """It is found in the frame that failed."""
    with pytest.raises(TypeError) as raised:
        _first_choice(response)

    assert failure_of(raised.value).codes == codes
