"""What our HTTP clients refuse of a response: more bytes than a reply has, and being sent to another address.

Works for clients of httpx, of httpx2, which OpenAI's and Anthropic's packages use, and of botocore.
"""

from __future__ import annotations

from contextlib import closing
from importlib import import_module
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from selfinstruct_chains.errors import ProviderError
from selfinstruct_chains.models.faults import NoReply

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator

MIB = 2**20
_SHOWN = 200  # characters of an address in a message
_REDIRECT = 3  # hundred


def guards(max_response_mib: int) -> dict[str, Any]:
    """Options for an asynchronous client that reads no response beyond `max_response_mib` MiB and follows no redirect.

    A larger one is `NoReply`, raised as soon as it is larger, compressed or not; a redirect is a `ProviderError` that
    names base_url. The client's owner may wrap them: see `ours`.
    """

    async def guard(response: Any) -> None:
        _refuse_redirect(response)
        _bound(response, max_response_mib)

    return {"follow_redirects": False, "event_hooks": {"response": [guard]}}


def ours(error: BaseException) -> ProviderError | None:
    """What a guard raised, if that is what is behind the error of the client's owner."""
    seen: set[int] = set()
    behind: BaseException | None = error
    while behind is not None and id(behind) not in seen:
        if isinstance(behind, ProviderError):
            return behind
        seen.add(id(behind))
        behind = behind.__cause__ or behind.__context__
    return None


class GuardedSession:
    """A session of botocore's that refuses the same; `session` sends the requests."""

    def __init__(self, session: Any, max_response_mib: int) -> None:
        self._session = session
        self._mib = max_response_mib

    def send(self, request: Any) -> Any:
        """The response to a request; raises as the guards of other clients."""
        request.stream_output = True  # or else the session reads it whole
        response = self._session.send(request)
        with closing(response.raw):
            if "location" in response.headers and response.status_code // 100 == _REDIRECT:
                raise _redirected(request.url, response)
            response._content = b"".join(_counted(response.raw.stream(), self._mib))  # noqa: SLF001 - what it has read
        return response

    def close(self) -> None:
        """Close the session."""
        self._session.close()


def _refuse_redirect(response: Any) -> None:
    if response.has_redirect_location:
        raise _redirected(str(response.request.url), response)


def _redirected(url: str, response: Any) -> ProviderError:
    at, to = urlsplit(url), response.headers["location"][:_SHOWN]
    return ProviderError(
        f"{at.scheme}://{at.netloc} answered {response.status_code} and points to {to!r}; redirects are not followed: "
        "put the address that answers into model.base_url"
    )


def _bound(response: Any, mib: int) -> None:
    """Have the response decoded and counted while it is read."""
    stream = import_module(type(response).__module__.partition(".")[0]).AsyncByteStream
    inner = type(response)(response.status_code, headers=response.headers, stream=response.stream)
    response.stream = type("Bounded", (_Bounded, stream), {})(inner, mib)
    for header in ("content-encoding", "content-length"):
        response.headers.pop(header, None)


class _Bounded:
    """The bytes of a response, decoded, up to a limit."""

    def __init__(self, response: Any, mib: int) -> None:
        self._response = response
        self._mib = mib

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for part in self._response.aiter_bytes():
            size += len(part)
            _refuse_beyond(size, self._mib)
            yield part

    async def aclose(self) -> None:
        await self._response.aclose()


def _counted(parts: Iterable[bytes], mib: int) -> Iterator[bytes]:
    size = 0
    for part in parts:
        size += len(part)
        _refuse_beyond(size, mib)
        yield part


def _refuse_beyond(size: int, mib: int) -> None:
    if size > mib * MIB:
        raise NoReply(f"the response is larger than {mib} MiB (model.max_response_mib)")
