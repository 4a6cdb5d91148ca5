"""What our HTTP clients refuse, to the byte and in full: no provider's client takes part."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from selfinstruct_chains.errors import ProviderError
from selfinstruct_chains.models.faults import NoReply
from selfinstruct_chains.models.http import MIB, GuardedSession, guards, ours

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

URL = "http://127.0.0.1:9/v1"
TOO_LARGE = "the response is larger than 1 MiB (model.max_response_mib)"
AWAY = (
    "http://127.0.0.1:9 answered 302 and points to {!r}; redirects are not followed: "
    "put the address that answers into model.base_url"
)


class Parts(httpx.AsyncByteStream):
    """A body of two parts, which knows whether it was closed."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b" " * 1000
        yield b" " * (self.size - 1000)

    async def aclose(self) -> None:
        self.closed = True


def client(response: httpx.Response) -> httpx.AsyncClient:
    """A guarded client that gets this response, whatever it asks for."""
    return httpx.AsyncClient(transport=httpx.MockTransport(lambda request: response), **guards(1))


async def test_the_bound_to_the_byte() -> None:
    """A response of just so many bytes is read, one of a byte more is not."""
    async with client(httpx.Response(200, stream=Parts(2**20))) as within:
        assert len((await within.post(URL)).content) == MIB == 2**20
    async with client(httpx.Response(200, stream=Parts(2**20 + 1))) as beyond:
        with pytest.raises(NoReply) as refused:
            await beyond.post(URL)

    assert str(refused.value) == TOO_LARGE


async def test_what_is_not_read_is_closed() -> None:
    """Closing a response closes what it came through."""
    parts = Parts(2000)
    async with client(httpx.Response(200, stream=parts)) as asked, asked.stream("POST", URL):
        assert not parts.closed

    assert parts.closed


@pytest.mark.parametrize(("to", "shown"), [("/else", "/else"), ("/" * 300, "/" * 200)])
async def test_where_a_redirect_points(to: str, shown: str) -> None:
    """It is told, as far as 200 characters go."""
    async with client(httpx.Response(302, headers={"Location": to})) as asked:
        with pytest.raises(ProviderError) as refused:
            await asked.post(URL)

    assert str(refused.value) == AWAY.format(shown)
    assert not guards(1)["follow_redirects"]


class Session:
    """In the place of botocore's, with a response that is sent."""

    def __init__(self, status: int, size: int = 1000, **headers: str) -> None:
        self.did: list[object] = []
        stream: Iterator[bytes] = iter([b" " * 500, b" " * (size - 500)])
        raw = SimpleNamespace(stream=lambda: stream, close=lambda: self.did.append("closed the response"))
        self.response = SimpleNamespace(status_code=status, headers=headers, raw=raw, _content=b"")

    def send(self, request: Any) -> Any:
        self.did.append(request.stream_output)
        return self.response

    def close(self) -> None:
        self.did.append("closed")


@pytest.mark.parametrize(
    ("session", "size"),
    [
        (Session(200, 2**20), 2**20),
        (Session(200), 1000),
        (Session(201, location="/made"), 1000),
        (Session(400, location="/else"), 1000),
        (Session(304), 1000),
    ],
)
def test_botocores_session(session: Session, size: int) -> None:
    """A response is read as it comes, counted, and closed."""
    request = SimpleNamespace(url=URL, stream_output=False)
    guarded = GuardedSession(session, 1)

    assert guarded.send(request) is session.response
    assert session.response._content == b" " * size
    guarded.close()
    assert session.did == [True, "closed the response", "closed"]


@pytest.mark.parametrize(
    ("session", "kind", "said"),
    [
        (Session(200, 2**20 + 1), NoReply, TOO_LARGE),
        (Session(302, location="/else"), ProviderError, AWAY.format("/else")),
    ],
)
def test_what_botocores_session_refuses(session: Session, kind: type[ProviderError], said: str) -> None:
    """The same as other clients; the response is closed then, too."""
    with pytest.raises(kind) as refused:
        GuardedSession(session, 1).send(SimpleNamespace(url=f"{URL}/x?y", stream_output=False))

    assert str(refused.value) == said
    assert session.did == [True, "closed the response"]


def test_what_a_guard_raised_is_found_behind_a_clients_error() -> None:
    """By cause or context, and in a ring of them not."""
    guarded, cause, context, other = NoReply("too large"), OSError("a"), OSError("b"), OSError("c")
    cause.__cause__, context.__context__ = guarded, guarded
    assert [ours(one) for one in (guarded, cause, context, other)] == [guarded, guarded, guarded, None]

    cause.__cause__, other.__cause__ = other, cause
    assert ours(cause) is None
